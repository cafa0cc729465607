//go:build !purego

package vec

import (
	"math"

	"softloss/losses/internal/kernel/spec"
)

// productsFor returns the plan of a kernel of marginProducts.
func productsFor(a spec.Asymmetric) *piecesPlan {
	m, gamma := a.Margin, a.GammaNeg
	p := newPlan(piecesPars)
	if p.ok = hasMarginKernel(a) && a.GammaPos == 0; !p.ok {
		return p
	}
	par, end := p.par, math.Log((1-m)/m)
	par[parEnd] = float32(end)
	par[parEnd+1] = float32(end - float64(float32(end)))
	// What a likely no costs, over x^(γ+1), and its derivative over x^γ, and those of no that is not,
	// over 1 and exp(-a).
	near := func(a float64) [2]float64 {
		x, e := end-a, math.Exp(-a)
		d, log := marginOver(m, x)
		w := math.Pow(d, gamma-1)
		return [2]float64{w * d * log, e / ((1 + e) * (1 + e)) * w * (d/(1-d*x) + gamma*log)}
	}
	far := func(a float64) [2]float64 {
		_, no := spec.Sides(a)
		d, p := no.Rest-m, no.Rest
		w, log := math.Pow(d, gamma-1), -math.Log(no.P+m)
		return [2]float64{w * d * log, p * p * w * (d/(no.P+m) + gamma*log)}
	}
	const closest = 1.0001 / (pieceCount - 1) // as closely as pieces reach the end
	byX, okNear := fitSide(par[parPieces:], end, near, func(x float64) float64 { return end - x }, closest*end)
	bySize, okFar := fitSide(par[parPieces+pieceCount:], math.Inf(1), far, func(a float64) float64 { return a },
		1.3, 1.375, 1.5)
	par[productByX], par[productBySize] = float32(-1/byX), float32(1/bySize)
	par[productLast] = float32(-(pieceCount - 1 - 0x1p-19) * bySize)
	p.ok = okNear && okFar
	return p
}

// marginOver returns d/x and -log(1-d)/x of d = p - m for the logit that lies x beyond that of m.
func marginOver(m, x float64) (d, log float64) {
	if x == 0 {
		return m * (1 - m), m * (1 - m)
	}
	grown := math.Expm1(x) / x
	d = m * (1 - m) * grown / (1 + m*x*grown)
	return d, -math.Log1p(-d*x) / x
}

// fitSide stores the pieces of functions of a, numbered by x, of which at is the inverse: as far as
// reach, or of all numbers. The first pieces have the first of the widths that is exact enough, and
// is returned.
func fitSide(tables []float32, reach float64, f func(a float64) [2]float64, at func(x float64) float64,
	widths ...float64) (width float64, ok bool) {
	for _, width = range widths {
		last, all := width*(pieceCount-1), math.IsInf(reach, 1)
		ok = all || reach < last
		for i, end := range f(at(last)) {
			ok = ok && (!all || math.Abs(end/f(at(40))[i]-1) <= 0x1p-24)
		}
		for j := 0; j < pieceCount && ok; j++ {
			from := width * (math.Ldexp(4+float64(j%4), j/4-2) - 1)
			if from >= reach {
				break
			}
			half := width * math.Ldexp(1, j/4-3)
			middle := middleOf(at(from+half), f)
			tables[productMiddle*2*pieceCount+placeOf(j)] = middle
			for i := range 2 {
				table := tables[i*pieceTerms*2*pieceCount+placeOf(j):]
				slack := 1 + 0.6*float64(i) // what derivatives are multiplied by has lost little
				_, fits := fitInterval(table, pieceTerms, 2*pieceCount, float64(middle), -half,
					func(a float64) float64 { return f(a)[i] }, 0x1p30, slack)
				ok = ok && fits
			}
		}
		if ok {
			break
		}
	}
	return width, ok
}

// middleOf returns a number of float32 next to a where that loses least of both functions.
func middleOf(a float64, f func(a float64) [2]float64) (middle float32) {
	x, least := float32(a), math.Inf(1)
	for range 512 {
		lost := 0.0
		for _, v := range f(float64(x)) {
			lost = max(lost, math.Abs(float64(float32(v))/v-1))
		}
		if lost < least {
			middle, least = x, lost
		}
		x = math.Nextafter32(x, float32(math.Inf(1)))
	}
	return middle
}
