//go:build !purego

package vec

import (
	"math"

	"softloss/losses/internal/kernel/spec"
)

// CrossEntropy is [spec.CrossEntropy].
func CrossEntropy[T spec.Float](loss []float64, grad, z, t, scale []T, k int) (bad int) {
	b := entropyRows[T]{loss: loss, grad: grad, z: z, t: t, scale: scale, k: k}
	return b.compute(unitOf[T](), nil)
}

// CrossEntropyIndex is [spec.CrossEntropyIndex].
func CrossEntropyIndex[T spec.Float](loss []float64, grad, z []T, index []int, scale []T, k int) {
	b := entropyRows[T]{loss: loss, grad: grad, z: z, index: index, scale: scale, k: k}
	b.compute(unitOf[T](), nil)
}

// CrossEntropyLabels is [spec.CrossEntropy] and stores the gradients by the labels in labelGrad.
func CrossEntropyLabels[T spec.Float](
	loss []float64, grad, labelGrad, z, t, scale []T, k int, o spec.LabelGrads[T]) (bad int) {
	s := getTile[T]()
	defer putTile(s)
	b := entropyRows[T]{loss: loss, grad: grad, z: z, t: t, scale: scale, k: k}
	return b.compute(unitOf[T](), &labelGrads[T]{o, labelGrad, k, s.lane[:]})
}

// entropyRows are rows of k classes of which cross entropy is computed, with labels t, or with
// index where t is nil. made makes labels of these, unless it is nil: left says then that there are
// rows that are for the caller, of which the loss is NaN.
type entropyRows[T spec.Float] struct {
	loss       []float64
	grad, z, t []T
	index      []int
	scale      []T
	k          int
	made       *spec.Made[T]
	left       bool
}

// compute computes them, and the gradients by the labels, too, unless o is nil: that is not to
// escape with the rest. It returns the first row with an invalid label, or -1.
func (b *entropyRows[T]) compute(u unit[T], o *labelGrads[T]) (bad int) {
	switch {
	case inTiles[T](b.k):
		return b.tiles(u, o)
	case inBlocks(u, b.k) || inOrdinaryBlocks[T](b.k, b.t != nil):
		return b.blocks(u, o)
	}
	return b.rows(u, o)
}

// rows computes them one by one.
func (b *entropyRows[T]) rows(u unit[T], o *labelGrads[T]) (bad int) {
	s := getTile[T]()
	defer putTile(s)
	for i := 0; ; i++ {
		i += b.ordinaryRows(u, s, i, o)
		if i == len(b.loss) {
			return -1
		}
		if !b.one(u, i, o) {
			return i
		}
	}
}

// one computes row i, ordinary or not. It returns false for an invalid label.
func (b *entropyRows[T]) one(u unit[T], i int, o *labelGrads[T]) (valid bool) {
	k, loss := b.k, b.loss[i:i+1]
	x, y, g, f := spec.Row(b.z, i, k), spec.Row(b.t, i, k), spec.Row(b.grad, i, k), spec.Factor(b.scale, i)
	if o != nil {
		o.alone(x, y, i)
	}
	s, ok := begin(u, x)
	switch {
	case b.t == nil && ok && fits[T](1, f):
		s.crossEntropyIndex(u, &loss[0], g, x, b.index[i], f)
	case b.t == nil:
		spec.CrossEntropyIndex(loss, g, x, b.index[i:i+1], spec.FactorOf(b.scale, i), k)
	case !ok || !s.crossEntropy(u, &loss[0], g, x, y, f):
		return spec.CrossEntropy(loss, g, x, y, spec.FactorOf(b.scale, i), k) < 0
	}
	return true
}

// crossEntropyIndex computes one row of the class y.
func (s *softrow[T]) crossEntropyIndex(u unit[T], loss *float64, g, x []T, y int, f float64) {
	var r float64
	if g == nil {
		r, _ = s.odds(u, nil, x, s.sum(u, x))
	} else {
		var a int
		r, a = s.odds(u, g, x, s.exps(u, g, x))
		s.indexGrad(u, g, a, y, r, f)
	}
	*loss = math.Log1p(r) - (float64(x[y]) - float64(s.m))
}

// crossEntropy computes one row. It returns false for a row with an invalid label and for one whose
// labels overflow.
func (s *softrow[T]) crossEntropy(u unit[T], loss *float64, g, x, y []T, f float64) bool {
	var sum, dot, mass float64
	for lo := 0; lo < len(x); lo += chunk(u) {
		n := min(chunk(u), len(x)-lo)
		var ps, pd, pm float64
		var bad uint32
		if g != nil {
			ps, pd, pm, bad = u.expsDot(&g[lo], &x[lo], &y[lo], n, s.m, s.low, s.shift, s.ahead)
		} else {
			ps, pd, pm, bad = u.sumExpDot(&x[lo], &y[lo], n, s.m, s.low, s.shift, s.ahead)
		}
		if bad != 0 {
			return false
		}
		sum, dot, mass = sum+ps, dot+pd, mass+pm
	}
	if !fits[T](mass, f) || spec.Lifts[T](mass) { // which shows what float32 has lost of r, too
		return false
	}
	r, a := s.odds(u, g, x, sum)
	*loss = mass*math.Log1p(r) - dot
	if g != nil {
		s.softGrad(u, g, x, y, a, r, mass, f)
	}
	return true
}

// softGrad turns g, which holds the exponentials of x, into f (S p - y), where a and r are those of
// odds.
func (s *softrow[T]) softGrad(u unit[T], g, x, y []T, a int, r, mass, f float64) {
	if c := mass / ((1 + r) * s.em); spec.Lifts[T](mass * f) {
		spec.Combine(g, y, x, float64(s.m), s.em, c, f)
	} else {
		u.combine(&g[0], &y[0], len(g), T(c), T(f))
	}
	if a < 0 || r >= 1 {
		return
	}
	others := 0.0 // the mass of the other labels
	for _, part := range [2][]T{y[:a], y[a+1:]} {
		for lo := 0; lo < len(part); lo += chunk(u) {
			others += u.sum(&part[lo], min(chunk(u), len(part)-lo))
		}
	}
	g[a] = T(f * (others - (others+float64(y[a]))*(r/(1+r))))
}

// indexGrad turns g, which holds the exponentials, into c (p - [k=y]).
func (s *softrow[T]) indexGrad(u unit[T], g []T, a, y int, r, c float64) {
	rest := r / (1 + r) // 1 - p_y
	if y != a {
		rest = 1 - float64(g[y])/((1+r)*s.em)
	}
	u.scale(&g[0], len(g), T(c/((1+r)*s.em)))
	if a >= 0 {
		g[a] = T(c / (1 + r))
	}
	g[y] = T(-c * rest)
}

// specified computes row j by the specification, or leaves it to the caller where labels are made.
// It returns false for an invalid label.
func (b *entropyRows[T]) specified(j int, o *labelGrads[T]) (valid bool) {
	if b.made != nil {
		b.loss[j], b.left = math.NaN(), true
		return true
	}
	k := b.k
	loss, g, x, f := b.loss[j:j+1], spec.Row(b.grad, j, k), spec.Row(b.z, j, k), spec.FactorOf(b.scale, j)
	if o != nil {
		o.alone(x, spec.Row(b.t, j, k), j)
	}
	mass, y := 1.0, spec.Row(b.t, j, k)
	switch {
	case b.t == nil:
		spec.CrossEntropyIndex(loss, g, x, b.index[j:j+1], f, k)
	case spec.CrossEntropy(loss, g, x, y, f, k) >= 0:
		return false
	default:
		mass = Sum(y)
	}
	if g != nil && spec.Lifts[T](mass*float64(f[0])) { // then the loss is that without a gradient
		row := b.row(j)
		row.grad = nil
		row.compute(unitOf[T](), nil)
	}
	return true
}

// row returns row j.
func (b *entropyRows[T]) row(j int) entropyRows[T] {
	row := entropyRows[T]{loss: b.loss[j : j+1], grad: spec.Row(b.grad, j, b.k), z: spec.Row(b.z, j, b.k),
		t: spec.Row(b.t, j, b.k), scale: spec.FactorOf(b.scale, j), k: b.k}
	if b.t == nil {
		row.index = b.index[j : j+1]
	}
	return row
}

// tiles computes them in tiles, but for the last ones where few are left.
func (b *entropyRows[T]) tiles(u unit[T], o *labelGrads[T]) (bad int) {
	inPairs, w := b.k == 2 && single512[T](), u.lanes()
	switch end := len(b.loss) - fewer(len(b.loss), w, b.k); {
	case inPairs && o == nil:
		return b.pairs(u, nil)
	case o == nil && end == 0:
		return b.alone(u, 0)
	case o == nil:
		if bad = b.wholeTiles(u, end, nil); bad < 0 {
			bad = b.alone(u, end)
		}
		return bad
	}
	if bad = b.wholeTiles(u, len(b.loss), o); bad < 0 && inPairs {
		bad = b.pairs(u, o) // the same whether there are gradients by the labels or not
	}
	return bad
}

// wholeTiles computes those before row end in tiles.
func (b *entropyRows[T]) wholeTiles(u unit[T], end int, o *labelGrads[T]) (bad int) {
	s, w, k, labels := getTile[T](), u.lanes(), b.k, b.t != nil || b.made != nil
	defer putTile(s)
	io, f, step := tiler[T, T](u), (*T)(nil), 0
	for i, n := 0, 0; i < end; i += n {
		n = min(rowsAt(k), end-i)
		tileIn(io, s.z[:], b.z[i*k:], n, s.padZ[:], k)
		sums, tiles := b.loss[i:i+n], tilesOf(n, w)
		if n&(w-1) != 0 {
			sums = s.padLoss[:n]
		}
		classes := s.classes(b.index, i, n, w)
		if b.t != nil {
			tileIn(io, s.t[:], b.t[i*k:], n, s.padT[:], k)
		}
		if b.made != nil {
			makeTiles(u, s, b.made, classes, k, tiles)
		}
		if i == 0 || step != 0 {
			f, step = rowFactors(b.scale, s.padScale[:], i, n, w)
		}
		switch {
		case b.grad != nil && labels:
			u.tileCrossEntropyGrad(
				&s.e[0], &s.z[0], &s.t[0], k, tiles, f, step, &sums[0], &s.declined[0], &s.lane[0])
		case b.grad != nil:
			u.tileCrossEntropyIndexGrad(
				&s.e[0], &s.z[0], classes, k, tiles, f, step, &sums[0], &s.declined[0], &s.lane[0])
		case labels:
			u.tileCrossEntropy(&s.z[0], &s.t[0], k, tiles, &sums[0], &s.declined[0], &s.lane[0])
		default:
			u.tileCrossEntropyIndex(&s.z[0], classes, k, tiles, &sums[0], &s.declined[0], &s.lane[0])
		}
		if b.grad != nil {
			tileOut(io, b.grad[i*k:], s.e[:], n, s.padG[:], k)
		}
		if n&(w-1) != 0 {
			copy(b.loss[i:], sums)
		}
		switch {
		case b.made != nil:
			for j := range tiles {
				s.declined[j] |= s.odd[j]
			}
			if o != nil {
				o.ofTiles(u, s, i, n, s.declined[:])
			}
		case o != nil:
			o.tiles(u, s, b.z, b.t, i, n)
		}
		for j, mask := range s.declined[:tiles] {
			if mask == 0 {
				continue
			}
			if bad := b.rejected(mask, i+j*w, min(w, n-j*w), o); bad >= 0 {
				return bad
			}
		}
	}
	return -1
}

// rejected computes by the specification those of the n rows from row i on that have a bit in mask.
// It returns the first with an invalid label, or -1.
func (b *entropyRows[T]) rejected(mask uint32, i, n int, o *labelGrads[T]) (bad int) {
	return eachRejected(mask, i, n, func(j int) (valid bool) { return b.specified(j, o) })
}

var _ = [1]int{}[spec.MostLift-mostLift] // one number

// alone computes those from row j on one by one, as they are in tiles.
func (b *entropyRows[T]) alone(u unit[T], j int) (bad int) {
	for ; j < len(b.loss); j++ {
		row := b.row(j)
		y := row.t
		if y == nil {
			y = oneHot[T](row.index[0], b.k)
		}
		if !fewCrossEntropy(u, &row.loss[0], row.grad, row.z, y, float64(row.scale[0])) && row.wholeTiles(u, 1, nil) >= 0 {
			return j
		}
	}
	return -1
}

// ordinaryRows computes those from row i on, and the gradients by the labels, too, unless o is nil.
// It stops before a row that is not ordinary, has an invalid label or labels that overflow, and
// returns how many it has done.
func (b *entropyRows[T]) ordinaryRows(u unit[T], s *tile[T], i int, o *labelGrads[T]) (done int) {
	k := b.k
	for j := i; j < len(b.loss); {
		n := min(ordinaryRows, len(b.loss)-j)
		rows, asTheyAre := s.ordinary[:n], spec.Prepared[T]{Factor: 1}
		if b.grad != nil {
			rows = rows[:ordinaryGrads(u, &asTheyAre, rows, b.grad, b.z, b.t, b.index, b.scale, nil, j, k)]
		} else {
			rows = rows[:ordinaryLosses(u, rows, b.z, b.t, b.scale, j, k)]
		}
		for _, x := range rows {
			log := log1p(x.r)
			if b.t != nil {
				b.loss[j] = x.mass*log - x.dot
			} else {
				b.loss[j] = log - (float64(b.z[j*k+b.index[j]]) - x.m)
			}
			if o != nil {
				o.row(u, spec.Row(b.z, j, k), spec.Row(b.t, j, k), j, T(x.m), T(log), 0)
			}
			j++
		}
		if len(rows) < n {
			return j - i
		}
	}
	return len(b.loss) - i
}
