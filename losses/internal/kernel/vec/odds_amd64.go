//go:build !purego

package vec

import (
	"math"

	"softloss/losses/internal/kernel/spec"
)

// mostOdds is the largest exponent of the focal loss that sigmoidFocalOdds takes: an error of e
// counts half as often in (1+e)^-(1+γ).
const mostOdds = 3.75

// oddsFor returns the plan of a kernel of odds for a family.
func oddsFor(f pieceFamily) *piecesPlan {
	p := &piecesPlan{ok: f.a <= mostOdds}
	par := p.par()
	k, x := 1+f.a, f.a
	n := func(e, log float64) float64 { return math.Exp(-f.a*log) * log / e }
	s := func(e, log float64) float64 { return math.Exp(-k*log) * (1 + f.a*log/e) }
	w := func(_, log float64) float64 { return math.Exp(-k * log) }
	functions := []func(e, log float64) float64{n, s, w}
	if f.Family == spec.GCE {
		k, x = f.a, 1/f.a
		n = func(e, log float64) float64 { return -math.Expm1(-k*log) / (k * e) }
		w = func(_, log float64) float64 { return math.Exp(-(1 + k) * log) }
		functions, p.ok = []func(e, log float64) float64{n, w}, k >= 0x1p-20
	}
	par[oddsRate], par[oddsRateLow] = float32(k), float32(k-float64(float32(k)))
	par[oddsLowest], par[oddsParameter] = float32(lowest32/k), float32(x)
	for i, f := range functions {
		at := func(e float64) float64 { return f(e, math.Log1p(e)) }
		for j := range oddsCount {
			const step = 1. / (oddsCount - 1)
			table := par[oddsTables+i*(oddsTerms+1)*oddsCount+j:]
			lost, ok := fitInterval(table, oddsTerms, oddsCount, float64(j)*float64(float32(step)), step/2, at, 8, 1)
			lowest := &table[(oddsTerms-1)*oddsCount]
			p.ok, table[oddsTerms*oddsCount], *lowest = p.ok && ok, *lowest, lost
		}
	}
	return p
}
