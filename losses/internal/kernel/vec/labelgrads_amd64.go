//go:build !purego

package vec

import (
	"math/bits"

	"softloss/losses/internal/kernel/spec"
)

// labelGrads are the gradients of cross entropy by the labels, of rows of k.
type labelGrads[T spec.Float] struct {
	spec.LabelGrads[T]
	grad []T
	k    int
	lane []T // the numbers of rows that are in no block
}

// HasLabels says that there are kernels of all losses with gradients by the labels.
const HasLabels = true

// HasSeparableLabels reports whether [Separable] stores those of a loss.
func HasSeparableLabels[T spec.Float](f spec.Family, a float64) bool { return true }

// row stores those of row i of logits x and labels t with the maximum m and log = log1p(r), from
// more on what is added to each y.
func (o *labelGrads[T]) row(u unit[T], x, t []T, i int, m, log, more T) {
	w := u.lanes()
	o.lane[laneScale*w], o.lane[laneMax*w], o.lane[laneLog*w] = spec.FactorOf(o.Factor, i)[0], m, log
	o.rows(u, x, t, i, 1, o.lane, more)
}

// rows stores those of the n rows from row i on, of logits x and labels t, of which lane holds the
// numbers.
func (o *labelGrads[T]) rows(u unit[T], x, t []T, i, n int, lane []T, more T) {
	g := o.grad[i*o.k : (i+n)*o.k]
	odd := u.labelGrads(&g[0], &x[0], o.labels(t), first(o.Weights), first(o.Prior), o.k, n, &lane[0], o.Keep, o.Mix,
		more, o.Above)
	for ; odd != 0; odd &= odd - 1 {
		j := bits.TrailingZeros32(odd)
		o.alone(spec.Row(x, j, o.k), spec.Row(t, j, o.k), i+j)
	}
}

// block stores those of the n rows from row i on of logits z, and of labels t, of which the numbers
// of a block are those from row j on.
func (o *labelGrads[T]) block(u unit[T], s *tile[T], z, t []T, i, n, j int) {
	setLane(s.numbers(laneScale, u.lanes())[j:j+n], o.Factor, i, n)
	o.rows(u, z[i*o.k:], t, i, n, s.lane[j:], 0)
}

// tiles stores those of the n rows from row i on of logits x and labels t, of tiles for which the
// cross entropy has been computed.
func (o *labelGrads[T]) tiles(u unit[T], s *tile[T], x, t []T, i, n int) {
	var odd [mostParts]uint32
	o.ofTiles(u, s, i, n, odd[:])
	for j, w := 0, u.lanes(); j*w < n; j++ {
		eachRejected(odd[j], i+j*w, min(w, n-j*w), func(r int) bool {
			o.alone(spec.Row(x, r, o.k), spec.Row(t, r, o.k), r)
			return true
		})
	}
}

// ofTiles stores those of tiles, of the n rows from row i on, and adds to odd the bits of rows with
// a NaN, tile by tile.
func (o *labelGrads[T]) ofTiles(u unit[T], s *tile[T], i, n int, odd []uint32) {
	w := u.lanes()
	for j := 0; j*w < n; j++ {
		lane, at := s.lane[j*lanesPerRow*w:], j*w*o.k
		setLane(lane[laneScale*w:][:w], o.Factor, i+j*w, min(w, n-j*w))
		odd[j] |= u.tileLabelGrads(&s.h[at], &s.z[at], o.labels(s.t[at:]), first(o.Weights), first(o.Prior), o.k, &lane[0],
			o.Keep, o.Mix, o.Above)
	}
	tileOut[T, T](u, o.grad[i*o.k:], s.h[:], n, s.padG[:], o.k)
}

// preparedTiles is ofTiles for logits that p prepares.
func (o *labelGrads[T]) preparedTiles(u unit[T], s *tile[T], p *spec.Prepared[T], i, n int, odd []uint32) {
	w := u.lanes()
	for j := 0; j*w < n && !p.Off(); j++ {
		z, lane := &s.z[j*w*o.k], &s.lane[j*lanesPerRow*w]
		if p.Hi == nil {
			u.tileDividedLess(z, o.k, lane, p.Factor, p.FactorLow)
		} else {
			u.tileShiftedLess(z, o.k, lane, &p.Hi[0], &p.Low[0], p.Factor, p.FactorLow)
		}
	}
	o.ofTiles(u, s, i, n, odd)
}

// prepared stores those of the n rows from row i on of logits z, which p prepares, and labels t, of
// which s has the numbers. It returns the bits of rows with a NaN.
func (o *labelGrads[T]) prepared(u unit[T], s *tile[T], p *spec.Prepared[T], z, t []T, i, n int) (odd uint32) {
	x := o.less(u, s, p, z, i, n)
	return o.ofRows(u, s, x, t, i, n)
}

// preparedRow is prepared for row i alone, of which the largest logit, at top, is m and log =
// log1p(r). It returns false where there is a NaN.
func (o *labelGrads[T]) preparedRow(u unit[T], s *tile[T], p *spec.Prepared[T], z, t []T, i int, m, log float64,
	top int) bool {
	w := u.lanes()
	s.numbers(laneGrid, w)[0], s.numbers(laneMax, w)[0], s.numbers(laneLog, w)[0] = T(-spec.OnGrid[T](m)), T(m), T(log)
	x := o.less(u, s, p, z, i, 1)
	if !p.Off() {
		s.numbers(laneMax, w)[0] = x[top]
	}
	return o.ofRows(u, s, x, t, i, 1) == 0
}

// less returns the logits that p makes of the n rows of z from row i on: as they are where they are
// z, or with the number in the lane Grid of s added to them, where the gradients go.
func (o *labelGrads[T]) less(u unit[T], s *tile[T], p *spec.Prepared[T], z []T, i, n int) []T {
	k := o.k
	g, z := o.grad[i*k:(i+n)*k], z[i*k:(i+n)*k]
	switch {
	case p.Off():
		return z
	case p.Hi == nil:
		u.dividedLess(&g[0], &z[0], k, n, &s.lane[0], p.Factor, p.FactorLow)
	default:
		u.shiftedLess(&g[0], &z[0], k, n, &s.lane[0], &p.Hi[0], &p.Low[0], p.Factor, p.FactorLow)
	}
	return g
}

// ofRows stores those of the n rows from row i on of logits x, of which s has the numbers.
func (o *labelGrads[T]) ofRows(u unit[T], s *tile[T], x, t []T, i, n int) (odd uint32) {
	setLane(s.numbers(laneScale, u.lanes())[:n], o.Factor, i, n)
	return u.labelGrads(&o.grad[i*o.k], &x[0], o.labels(t[i*o.k:]), first(o.Weights), first(o.Prior), o.k, n, &s.lane[0],
		o.Keep, o.Mix, 0, o.Above)
}

// labels returns where the labels t begin, where they matter.
func (o *labelGrads[T]) labels(t []T) *T {
	if o.Above < 0 {
		return nil
	}
	return &t[0]
}

// alone stores those of row i of logits x and labels t.
func (o *labelGrads[T]) alone(x, t []T, i int) {
	g := spec.Row(o.grad, i, o.k)
	LogSoftmax(g, x, o.k)
	o.Row(g, t, i)
}

// TakeLabelGrads stores in labelGrad what o makes of y, of labels t, in the place of log p.
func TakeLabelGrads[T spec.Float](labelGrad, y, t []T, k int, o spec.LabelGrads[T]) {
	u, s := unitOf[T](), getTile[T]()
	defer putTile(s)
	w, rows := u.lanes(), len(y)/k
	clear(s.numbers(laneMax, w))
	clear(s.numbers(laneLog, w))
	l := &labelGrads[T]{LabelGrads: o}
	for i := 0; i < rows; i += w {
		n := min(w, rows-i)
		setScale(s, o.Factor, i, n, w)
		odd := u.labelGrads(&labelGrad[i*k], &y[i*k], l.labels(t[i*k:]), first(o.Weights), first(o.Prior), k, n, &s.lane[0],
			o.Keep, o.Mix, 0, o.Above)
		eachRejected(odd, i, n, func(j int) bool {
			g := spec.Row(labelGrad, j, k)
			copy(g, spec.Row(y, j, k))
			o.Row(g, spec.Row(t, j, k), j)
			return true
		})
	}
}
