//go:build !purego

package vec

import (
	"math"

	"softloss/losses/internal/kernel/portable"
)

// denseFor returns the plan of sigmoidDensePieces for elements both of whose classes are of a
// family.
func denseFor(f pieceFamily) *piecesPlan {
	p := &piecesPlan{ok: true}
	par, last := p.par(), f.rate()
	low := last - float64(float32(last))
	par[denseLow] = float32(low)
	for j := range denseCount {
		const wider = 1.01 // as numbers of intervals are of a short inverse
		number := float64(j)
		if j < denseFirst {
			number += denseCount
		}
		least, most := max(denseScale/(number+0.5)-denseFrom, 0), min(denseScale/(number-0.5)-denseFrom, denseEnd)
		middle, half := float64(float32((least+most)/2)), wider*(most-least)/2
		rate := last
		if j != denseFirst {
			rate = f.denseRate(middle, low)
		}
		par[denseRate+j] = float32(rate - low)
		near := func(a float64) (v, slope float64) {
			by := math.Exp((rate - last) * a)
			both := f.near(a)
			return both[0] * by, both[1] * by
		}
		p.ok = p.ok && fitDense(par[denseNear+j:], middle, half, rate, near) &&
			fitDense(par[denseFar+j:], middle, half, 0, func(a float64) (v, slope float64) {
				both := f.far(a)
				return both[0], -both[1]
			})
	}
	const beyond = 28 // exp(-28) is nothing beside 1, exp(28 k) not yet infinite
	steady := func(at func(a float64) [2]float64, grown float64) bool {
		end, last := at(denseEnd), at(beyond)
		return math.Abs(end[0]+grown-last[0]) <= 0x1p-23*math.Abs(last[0]) &&
			math.Abs(end[1]-last[1]) <= 0x1p-23*math.Abs(last[1])
	}
	p.ok = p.ok && steady(f.near, 0) && steady(f.far, beyond-denseEnd)
	return p
}

// fitDense stores the coefficients of a function in middle - a, where that is of the size half at
// most: at returns the function and, with rate times that, its derivative. It reports whether both
// are exact enough.
func fitDense(table []float32, middle, half, rate float64, at func(a float64) (v, slope float64)) (ok bool) {
	const (
		least, most = 0x1p-100, 0x1p30
		exact       = 0x1.8p-24 // relative, of polynomials
		grown       = 4         // what coefficients may sum to
	)
	var c [denseTerms]float64
	portable.Interpolate(c[:denseTerms-1], func(s float64) float64 {
		v, slope := at(middle - half*s)
		return (slope - rate*v) * half
	})
	for i := range denseTerms - 1 {
		c[i] /= float64(denseTerms - 1 - i)
	}
	c[denseTerms-1], _ = at(middle)
	size := 0.
	for i, x := range c {
		size += math.Abs(x)
		table[i*denseCount] = float32(x * math.Pow(half, float64(i-denseTerms+1)))
	}
	for i := range 2*denseTerms + 1 {
		s := math.Cos(math.Pi * float64(i) / (2 * denseTerms))
		v, derivative := 0., 0.
		for _, x := range c {
			derivative = derivative*s + v
			v = v*s + x
		}
		derivative = derivative/half + rate*v
		want, slope := at(middle - half*s)
		fits := math.Abs(v-want) <= exact*math.Abs(want) && math.Abs(derivative-slope) <= exact*math.Abs(slope)
		if x := math.Abs(want); !(fits && x >= least && x <= most && size <= grown*x) {
			return false
		}
	}
	return true
}

// denseRate returns a rate that is low and a number of float32, next to the relative derivative at
// middle, of those by which float32 loses least of the loss there.
func (f pieceFamily) denseRate(middle, low float64) (rate float64) {
	v := f.near(middle)
	k, least := float32(v[1]/v[0]-low), math.Inf(1)
	for range 64 {
		x := v[0] * math.Exp((float64(k)+low-f.rate())*middle)
		if lost := math.Abs(float64(float32(x))/x - 1); lost < least {
			rate, least = float64(k)+low, lost
		}
		k = math.Nextafter32(k, 0)
	}
	return rate
}
