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
		o, ok = ordinaryRow(u, e, z)
	} else {
		o, ok = ordinaryLabels(u, e, z, t)
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
		labels := b.blockLabels(t, index, i, n, k)
		declined := u.blockSoftmax(&e[i*k], &z[i*k], &labels[0], k, n, &b.softmax[0], &b.sums[0], &b.lane[0])
		b.dropLabels(t, index, i, n, k)
		for j := range n {
			s[i+j] = b.softmaxOf(u, z[(i+j)*k:(i+j+1)*k], j, w)
			if declined>>j&1 != 0 {
				s[i+j] = spec.SoftmaxOf{}
			}
		}
	}
}

// softmaxOf returns what a block says of row j, of logits z.
func (b *tile[T]) softmaxOf(u unit[T], z []T, j, w int) (s spec.SoftmaxOf) {
	number := func(which int) float64 { return b.softmax[which*w+j] }
	odds, top := number(softmaxOdds), number(softmaxTop)
	s = spec.SoftmaxOf{Max: number(softmaxMax), Log: number(softmaxLog), Others: number(softmaxOthers),
		Own: number(softmaxOwn), Top: -1}
	mass, sum := s.Others+s.Own, top+odds
	s.Loss = mass*s.Log - number(softmaxDot)
	if !fits[T](mass, 1) || s.Loss-s.Loss != 0 { // or a NaN, or a label of a logit of -Inf
		return s
	}
	s.Coef = 1 / sum
	if odds < top {
		s.Top, s.Rest = u.find(&z[0], len(z), T(s.Max)), odds/sum
	}
	return s
}
