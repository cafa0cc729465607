//go:build !purego

package vec

import (
	"math"

	"softloss/losses/internal/kernel/spec"
)

// steepest is how often an error of e may count in a function of a smooth family.
const steepest = 1.44

// leastGCE is the least Q of GCE that a kernel of odds takes: powers of small numbers are denormal,
// which takes long.
const leastGCE = 0x1p-40

// oddsFor returns the plan of a kernel of odds with AVX2 for a family.
func oddsFor(f pieceFamily) *piecesPlan {
	return byOdds(f, oddsCount,
		func(table []float32, i, j int, at func(e float64) float64, most float64) (middle, half float64, ok bool) {
			const step = 1. / (oddsCount - 1)
			table = table[i*(oddsTerms+1)*oddsCount+j:]
			middle, half = float64(j)*float64(float32(step)), step/2
			lost, ok := fitInterval(table, oddsTerms, oddsCount, middle, half, at, most, 1)
			lowest := &table[(oddsTerms-1)*oddsCount]
			table[oddsTerms*oddsCount], *lowest = *lowest, lost
			return middle, half, ok
		})
}

// fineFor returns that with AVX-512.
func fineFor(f pieceFamily) *piecesPlan {
	return byOdds(f, fineCount,
		func(table []float32, i, j int, at func(e float64) float64, most float64) (middle, half float64, ok bool) {
			half = 0.5 / fineScale
			middle = (2*float64(j) + 1) * half
			_, ok = fitInterval(table[i*fineTerms*fineCount+j:], fineTerms, fineCount, middle, half, at, most, 1)
			return middle, half, ok
		})
}

// byOdds returns the plan of a kernel for a family, of which fit stores what function i is in
// interval j of count. Those that are multiplied by an exponential are smaller, as that is raised.
func byOdds(f pieceFamily, count int,
	fit func(table []float32, i, j int, at func(e float64) float64, most float64) (middle, half float64, ok bool),
) *piecesPlan {
	p := newPlan(piecesPars)
	par := p.par
	k, x := f.a, 1/f.a
	var functions []func(e float64) float64
	var most []float64
	add := func(limit float64, of func(e, log float64) float64) {
		functions = append(functions, func(e float64) float64 {
			if math.Abs(e) < 0x1p-60 {
				e = 0x1p-60
			}
			return of(e, math.Log1p(e))
		})
		most = append(most, limit)
	}
	switch f.Family {
	case spec.GCE:
		p.ok = k >= leastGCE
		add(8, func(e, log float64) float64 { return -math.Expm1(-k*log) / (k * e) })
		add(8, func(_, log float64) float64 { return math.Exp(-(1 + k) * log) })
	default:
		x = f.last()
		const beside = 64. / raise // the slopes of both classes cancel where labels are about alike
		sides := func(e, log float64) (near, nearSlope, far, farSlope float64) {
			p, q := spec.SidesOf(1, e, log)
			near, nearSlope = f.beyond(p)
			far, farSlope = f.loss(q)
			by := 1 / e / raise
			return near * by, nearSlope * by, far, farSlope * by
		}
		add(beside, func(e, log float64) float64 { v, _, _, _ := sides(e, log); return v })
		add(beside, func(e, log float64) float64 { _, v, _, _ := sides(e, log); return v })
		add(0x1p30, func(e, log float64) float64 { _, _, v, _ := sides(e, log); return v })
		add(beside, func(e, log float64) float64 { _, _, _, v := sides(e, log); return v })
	}
	par[oddsRate], par[oddsRateLow] = float32(k), float32(k-float64(float32(k)))
	par[oddsLowest], par[oddsParameter] = float32(lowest32/k), float32(x)
	for i, at := range functions {
		for j := range count {
			middle, half, ok := fit(par[oddsTables:], i, j, at, most[i])
			p.ok = p.ok && ok
			if f.Smooth() {
				p.ok = p.ok && middle*math.Abs(at(middle+half)/at(middle-half)-1) <= steepest*2*half
			}
		}
	}
	return p
}
