//go:build !purego

package vec

import (
	"softloss/internal/isa"
	"softloss/losses/internal/kernel/spec"
)

// HasTempered reports whether [Tempered] is for these parameters and k classes: with AVX2 rows of
// more than 16 take less time one by one.
func HasTempered(t1, t2 float64, k int) bool {
	q := spec.Question{Kind: spec.BiTempered, A: t1, B: t2}
	return (k <= 16 || inUse == isa.AVX512) && temperedPlanFor(q).steps32 > 0
}

// Tempered computes the bi-tempered loss of rows with labels t or, where t is nil, class indices.
// Unless labelGrad is nil it stores the gradients by the labels t there. row is that of [NCE].
func Tempered[T spec.Float](t1, t2 float64, loss []float64, grad, labelGrad, z, t []T, index []int, scale []T, k int,
	row func(j int) (valid bool)) (bad int) {
	p := temperedPlanFor(spec.Question{Kind: spec.BiTempered, A: t1, B: t2})
	par, soft, steps, whole := &p.par[0], len(t), p.rowSteps(k), 0
	if spec.Size[T]() == 4 {
		par, whole = &p.par32[0], p.whole
	} else {
		steps++
	}
	return doubleTiles(doublesFor[T](), wideOf[T](), loss, grad, labelGrad, z, t, index, scale, k,
		func(u double, s *tile[float64], i, n, w int) {
			labels := first(s.labelsFrom(0, labelGrad != nil))
			u.temperedTile(labels, &s.e[0], &s.h[0], &s.z[0], &s.t[0], k, tilesOf(n, w), steps, soft, len(grad), &s.declined[0],
				&s.lane[0], par, whole)
			s.takeLosses(laneLoss, loss[i:i+n], w)
		}, row)
}

// rowSteps returns after how many steps the last is small for ordinary rows of k classes in
// float32.
func (p *temperedPlan) rowSteps(k int) (n int) {
	c, n := p.par[parC], 2
	for _, most := range []float64{0.3, 0.5, 1} {
		if c > most {
			n++
		}
	}
	if k > 16 {
		n++
	}
	return n
}
