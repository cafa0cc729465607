//go:build !purego

package vec

import (
	"math"

	"softloss/losses/internal/kernel/spec"
)

// RowByRow reports whether rows of k classes are for [SoftmaxRows].
func RowByRow[T spec.Float](k int) bool { return !inTiles[T](k) }

// SoftmaxRows computes the softmax of rows, of which it stores the exponentials in e, for labels t
// or, where t is nil, class indices. Of a row that is not ordinary s says nothing, and e may be
// anything.
func SoftmaxRows[T spec.Float](s []spec.SoftmaxOf, e, z, t []T, index []int, k int) {
	u := unitOf[T]()
	if inBlocks(u, k) {
		softmaxBlocks(u, s, e, z, t, index, k)
		return
	}
	for i := range s {
		x, d, class := spec.Row(z, i, k), spec.Row(e, i, k), 0
		if t == nil {
			class = index[i]
		}
		s[i] = softmaxRow(u, d, x, spec.Row(t, i, k), class)
	}
}

// softmaxRow is SoftmaxRows for one row.
func softmaxRow[T spec.Float](u unit[T], e, z, t []T, index int) (s spec.SoftmaxOf) {
	var o ordinary[T]
	var ok bool
	if t == nil {
		o, ok = ordinaryRow(u, e, z, aheadOfPasses(z))
	} else {
		o, ok = ordinaryLabels(u, e, z, t, aheadOfPasses(z))
	}
	if !ok {
		return s
	}
	s = spec.SoftmaxOf{Max: o.m, Log: math.Log1p(o.r), Others: o.others, Top: -1}
	switch {
	case t != nil:
		s.Own = float64(t[o.a])
		if !fits[T](s.Others+s.Own, 1) {
			return s
		}
		s.Loss = (s.Others+s.Own)*s.Log - o.dot
	default:
		if s.Others = 1; index == o.a {
			s.Others, s.Own = 0, 1
		}
		s.Loss = s.Log - (float64(z[index]) - o.m)
	}
	if o.sure() {
		s.Top, s.Rest = o.a, o.r/(1+o.r)
	}
	s.Coef = o.coef()
	return s
}

// softmaxBlocks is SoftmaxRows for rows that are computed as many at once as a vector has lanes.
func softmaxBlocks[T spec.Float](u unit[T], s []spec.SoftmaxOf, e, z, t []T, index []int, k int) {
	b, w := getTile[T](), u.lanes()
	defer putTile(b)
	for i := 0; i < len(s); i += w {
		n := min(w, len(s)-i)
		var declined uint32
		if t != nil {
			declined = u.blockSoftmax(&e[i*k], &z[i*k], &t[i*k], k, n, &b.softmax[0], &b.sums[0], &b.lane[0])
		} else {
			classes := index[i : i+n]
			for _, y := range classes {
				_ = z[:k][y]
			}
			declined = u.blockIndexSoftmax(&e[i*k], &z[i*k], &classes[0], k, n, &b.softmax[0], &b.sums[0], &b.lane[0])
		}
		for j := range n {
			b.setSoftmax(&s[i+j], u, z[(i+j)*k:(i+j+1)*k], j, w)
			if declined>>j&1 != 0 {
				s[i+j] = spec.SoftmaxOf{}
			}
		}
	}
}

// setSoftmax stores in s what a block says of row j, of logits z.
func (b *tile[T]) setSoftmax(s *spec.SoftmaxOf, u unit[T], z []T, j, w int) {
	number := func(which int) float64 { return b.softmax[which*w+j] }
	odds, top := number(softmaxOdds), number(softmaxTop)
	*s = spec.SoftmaxOf{Max: number(softmaxMax), Log: number(softmaxLog), Others: number(softmaxOthers),
		Own: number(softmaxOwn), Top: -1}
	mass, sum := s.Others+s.Own, top+odds
	s.Loss = mass*s.Log - number(softmaxDot)
	if !fits[T](mass, 1) || s.Loss-s.Loss != 0 { // or a NaN, or a label of a logit of -Inf
		return
	}
	s.Coef = 1 / sum
	const below = 1 - 0x1p-20 // an exponential in odds that is that at the top is rounded, that is not
	if odds < below*top {
		s.Top, s.Rest = u.find(&z[0], len(z), T(s.Max)), odds/sum
	}
}

// eachSoftmax runs row on the rows with labels t of which [SoftmaxRows] says something, with their
// exponentials, in the memory of the gradients where there is any; other runs on those of which it
// says nothing and on those that row declines, and returns false for a row with an invalid label,
// which is returned, else -1. Before, block is run on those from i on that are computed at once, if
// it is not nil. scratch holds k elements.
func eachSoftmax[T spec.Float](grad, z, t, scratch []T, k int, block func(i int, s []spec.SoftmaxOf),
	row func(j int, s *spec.SoftmaxOf, e []T) (ok bool), other func(j int) (valid bool)) (bad int) {
	b := getTile[T]()
	defer putTile(b)
	u, s, most := unitOf[T](), b.rows[:], 1
	if inBlocks(u, k) {
		scratch, most = b.out[:], u.lanes()
	}
	for i, rows := 0, len(z)/k; i < rows; i += most {
		n, e := min(most, rows-i), scratch
		if grad != nil {
			e = grad[i*k:]
		}
		SoftmaxRows(s[:n], e, z[i*k:], t[i*k:], nil, k)
		if block != nil {
			block(i, s[:n])
		}
		for j := range n {
			s := &s[j]
			if (s.Coef == 0 || !row(i+j, s, e[j*k:(j+1)*k])) && !other(i+j) {
				return i + j
			}
		}
	}
	return -1
}

// LogP stores log p of the logits z of an ordinary row.
func LogP[T spec.Float](dst, z []T, s spec.SoftmaxOf) {
	unitOf[T]().shift(&dst[0], &z[0], len(z), T(s.Max), T(s.Log))
}
