//go:build !purego

package vec

import (
	"math/bits"

	"softloss/losses/internal/kernel/spec"
)

// Even and sure rows of a block: no class of theirs is likely, as in most rows of many classes, or
// one and no other, as a trained model has them. Only that is computed apart from the others, and a
// kernel does for all rows what is done once a row.

// An evenPlan is what the kernels of these rows take for a loss.
type evenPlan struct {
	odds    [evenPars]float64
	factors [evenFactorPars]float64
}

// evenFor returns the plan of p, of blocks that are steep or not.
func evenFor[T spec.Float](p *plan, steep bool) (e evenPlan) {
	most := termsFor[T](p)
	e.factors = [evenFactorPars]float64{evenFactor: p.smallFactor(), evenSlope: 1}
	first := e.odds[evenFirst:]
	switch {
	case steep:
		most = p.steepFor()
		by := byTable()
		e.factors[evenFactor] = by
		if first[1] = p.bySteep; p.kind == focalPow {
			e.factors[evenSlope] = by
		} else {
			e.factors[evenSlope], e.factors[evenSlopeC] = 0, p.steep*by
		}
		first[0] = -p.steep * by
	case p.smooth != nil:
		first[0] = 2 / p.smooth.small.most
		e.factors[evenSlope], e.factors[evenSlopeC] = 0, p.smooth.small.slope
	case p.kind == gce:
		first[0], first[1], first[2] = p.a, p.a-float64(T(p.a)), lowest32/p.a
	}
	e.odds[evenMost], e.odds[evenTop], e.odds[evenLse] = most.p, most.m, most.lse
	return e
}

// blocks computes rows; one is for row j of those from row i on, where it is neither even nor sure.
func (b *oddsRows[T]) blocks(p *plan, loss []float64, grad, z, t, scale []T, one func(i, j int) (valid bool)) (
	bad int) {
	b.steep = p.steep > 0
	q := evenFor[T](p, b.steep)
	for i := 0; i < len(loss); i += b.most {
		n := min(b.most, len(loss)-i)
		b.exps(grad, z, i, n)
		left := b.evenRows(p, &q, loss, grad, z, t, scale, i, n)
		if bad := eachRejected(left, i, n, func(j int) bool { return one(i, j) }); bad >= 0 {
			return bad
		}
	}
	return -1
}

// evenRows computes what of the rows from row i on, which exps has begun, is even or sure, and
// returns the bits of the others, for separable.
func (b *oddsRows[T]) evenRows(p *plan, q *evenPlan, loss []float64, grad, z, t, scale []T, i, n int) (left uint32) {
	s, all := b.block, uint32(1)<<n-1
	u := singleOf(b.u)
	sure := b.sure(q.odds[evenMost], grad, z, t, i, n)
	run := u.evenClass
	switch {
	case b.steep:
		run = u.evenSteep
	case p.smooth != nil:
		run = u.evenSmooth
	case p.kind == gce:
		run = u.evenPow
	}
	even := run(float(&b.termNumbers()[0]), &s.coefs[0], &s.others[0], &s.tops[0], &s.class[0], &q.odds[0],
		float(&s.lane[0])) & all &^ b.declined
	if sure &= even; sure != 0 {
		b.family.at(doublesFor[T](), s.class[:], n, b.v.lanes())
	}
	if even != all {
		b.ready(grad, z, nil, i, n)
	}
	b.blockTerms(p, b.exponentials(grad, i), z[i*b.k:], t[i*b.k:], n, even)
	left = all
	if even != 0 {
		left &^= b.finish(q, loss, grad, scale, even, sure, i, n)
	}
	if left != 0 && even == all {
		b.ready(grad, z, nil, i, n)
	}
	return left
}

// ones are 1 for every row of a block.
var ones = [tileRows]float64{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}

// sure finds the rows of a block with a p > 1/2 of which all others are less than most, and readies
// all for the kernels of even and sure rows.
func (b *oddsRows[T]) sure(most float64, grad, z, t []T, i, n int) (sure uint32) {
	s, w, es := b.block, b.u.lanes(), b.exponentials(grad, i)
	largest, shift, em := s.numbers(laneMax, w), s.numbers(laneShift, w), s.numbers(laneCoef, w)
	s.others, s.tops, s.topLabel = s.sumExps, ones, [tileRows]float64{}
	for j, sum := range s.sumExps[:n] {
		if !(sum < 2*float64(em[j])) || b.declined>>j&1 != 0 {
			continue
		}
		o, e := &b.rows[j], spec.Row(es, j, b.k)
		if b.u.above(&s.at[0], &e[0], b.k, T(most)*em[j]) != 1 {
			continue
		}
		o.set(largest[j], shift[j], em[j], b.k)
		o.top = int(s.at[0])
		s.others[j], s.tops[j] = o.wideSumBut(b.v, e, spec.Row(z, i+j, b.k), o.top, b.family.gentle()), 0
		s.topLabel[j] = float64(t[(i+j)*b.k+o.top])
		sure |= 1 << j
	}
	return sure
}

// finish makes losses and gradients of the even and sure rows of a block, and returns the bits of
// those of which it does: none with a label or a number that is for separable.
func (b *oddsRows[T]) finish(q *evenPlan, loss []float64, grad, scale []T, even, sure uint32, i, n int) (done uint32) {
	s, u, e := b.block, singleOf(b.u), b.exponentials(grad, i)
	f, _ := rowFactors(scale, s.padScale[:], i, n, b.u.lanes())
	done = u.evenFactors(float(&b.termNumbers()[0]), &s.losses[0], &s.coefs[0], &s.padLoss[0], &s.padLSE[0],
		&s.topLabel[0], &s.class[0], &s.tops[0], float(f), &q.factors[0])
	done &= even &^ b.signs
	for j, end := nextRun(done, 0, n); j < n; j, end = nextRun(done, end, n) {
		copy(loss[i+j:i+end], s.losses[j:end])
		if grad != nil {
			at := j * b.k
			u.blockCombine(float(&e[at]), float(&s.terms[at]), b.k, end-j, float(&b.termNumbers()[j]))
		}
	}
	if grad != nil {
		for m := done & sure; m != 0; m &= m - 1 {
			j := bits.TrailingZeros32(m)
			e[j*b.k+b.rows[j].top] = T(s.tops[j])
		}
	}
	return done
}
