//go:build !purego

package vec

import (
	"math"

	"softloss/losses/internal/kernel/spec"
)

// usualPower is the exponent of no that kernels in float32 are for, the paper's.
const usualPower = 4

// usual reports whether the exponents are theirs.
func usual(a spec.Asymmetric) bool { return a.GammaNeg == usualPower && usualYes(a) }

// usualYes reports whether that of yes is theirs.
func usualYes(a spec.Asymmetric) bool { return a.GammaPos == 0 || a.GammaPos == 1 }

// hasMarginKernel reports whether marginPieces have one for a, if its functions are not too steep.
func hasMarginKernel(a spec.Asymmetric) bool {
	gamma := a.GammaNeg
	return a.Margin < 0.5 && gamma >= 1 && gamma <= mostMarginPower && gamma == math.Trunc(gamma) && usualYes(a)
}

// marginFor returns the plan of a kernel of marginPieces.
func marginFor(a spec.Asymmetric) *piecesPlan {
	m, gamma := a.Margin, a.GammaNeg
	p := newPlan(piecesPars)
	if p.ok = hasMarginKernel(a); !p.ok {
		return p
	}
	par, end, yes := p.par, math.Log((1-m)/m), pieceFamily{spec.Focal, a.GammaPos}
	first, _ := marginOver(m, end)
	last, _ := marginOver(m, 0)
	// As the powers fall, and half as much as their derivatives do more: exact in float32.
	k := math.Round(gamma*64*math.Log(first/last)/end)/64 + 0.75
	par[parRate], par[parRate+2] = 1, float32(k)
	par[parEnd] = float32(end)
	par[parEnd+1] = float32(end - float64(float32(end)))
	par[parShare], par[parShare+1] = float32(a.GammaPos/raise), float32(1-a.GammaPos)
	par[parYes] = float32(a.GammaPos)
	// The loss of no that is likely, over x^(γ+1) exp(-k a), its derivative over x^γ exp(-k a), and
	// those of no that is not, over 1 and exp(-a).
	near := func(a float64) [2]float64 {
		x := end - a
		over, log := marginOver(m, x)
		by, e := math.Exp(k*a)/raise, math.Exp(-a)
		w := math.Pow(over, gamma-1)
		return [2]float64{w * over * log * by,
			e / ((1 + e) * (1 + e)) * w * (over/(1-over*x) + gamma*log) * by}
	}
	far := func(a float64) [2]float64 {
		_, no := spec.Sides(a)
		d, p := no.Rest-m, no.Rest
		w, log := math.Pow(d, gamma-1), -math.Log(no.P+m)
		return [2]float64{w * d * log, p * p * w * (d/(no.P+m) + gamma*log) / raise}
	}
	for half, of := range [2][2]func(a float64) [2]float64{{near, yes.far}, {yes.near, far}} {
		slopes := func(a float64) [2]float64 { return [2]float64{of[0](a)[1], of[1](a)[1]} }
		tables := par[parPieces+half*pieceCount:]
		for j := range pieceCount {
			a, width := pieceOf(j, pieceWidth)
			within := half == 1 || a-width < end // beyond, x is 0
			middle := middleOf(a, slopes)
			tables[marginMiddle*2*pieceCount+placeOf(j)] = middle
			for i := range 4 {
				most, slack, n := 1., 1., pieceTerms
				if i >= 2 {
					most = 0x1p30
				} else if !within {
					continue
				}
				if i == 3 { // what it is multiplied by has lost little
					slack, n = 1.6, marginTerms
				}
				_, ok := fitAround(float64(middle), width, tables[i*pieceTerms*2*pieceCount:], n, 2*pieceCount, j,
					func(a float64) float64 { return of[i/2](a)[i%2] }, most, slack, true)
				p.ok = p.ok && ok
			}
		}
	}
	return p
}
