//go:build !purego && (amd64 || arm64)

package vec

import (
	"math"

	"softloss/losses/internal/kernel/portable"
)

// denseLimits are those of a function.
var denseLimits = [2]float64{0x1p-100, 0x1p30}

// rateLow is what float32 has lost of the rate.
func (f pieceFamily) rateLow() float64 { return f.rate() - float64(float32(f.rate())) }

// fitNear stores k, and N of n coefficients as fitDense does: last says that a may be beyond the
// interval, raised is what exponentials are multiplied by.
func (f pieceFamily) fitNear(
	k, table []float32, n, stride int, middle, half float64, last bool, raised float64) (ok bool) {
	rate, low := f.rate(), f.rateLow()
	if !last {
		rate = f.denseRate(middle, low)
	}
	k[0] = float32(rate - low)
	return fitDense(table, n, stride, middle, half, rate, denseLimits, func(a float64) (v, slope float64) {
		by := math.Exp((rate-f.rate())*a) * raise / raised
		both := f.near(a)
		return both[0] * by, both[1] * by
	})
}

// farFalls is far with the derivative by -a.
func (f pieceFamily) farFalls(a float64) (v, slope float64) {
	both := f.far(a)
	return both[0], -both[1]
}

// steady reports whether the functions of the last interval are those beyond the end.
func (f pieceFamily) steady(end float64) bool {
	const beyond = 28 // exp(-28) is nothing beside 1, exp(28 k) not yet infinite
	same := func(at func(a float64) [2]float64, grown float64) bool {
		end, last := at(end), at(beyond)
		return math.Abs(end[0]+grown-last[0]) <= 0x1p-23*math.Abs(last[0]) &&
			math.Abs(end[1]-last[1]) <= 0x1p-23*math.Abs(last[1])
	}
	return same(f.near, 0) && same(f.far, beyond-end)
}

// fitDense stores n coefficients of a function in middle - a, where that is of the size half at
// most, each stride from the last: at returns the function and, with rate times that, its
// derivative. It reports whether both are exact enough, and the function is within the limits.
func fitDense(table []float32, n, stride int, middle, half, rate float64, limits [2]float64,
	at func(a float64) (v, slope float64)) (ok bool) {
	const (
		exact   = 0x1.8p-24 // relative, of polynomials
		grown   = 4         // what coefficients may sum to
		longest = 8         // polynomial
	)
	var all [longest]float64
	c := all[:n]
	portable.Interpolate(c[:n-1], func(s float64) float64 {
		v, slope := at(middle - half*s)
		return (slope - rate*v) * half
	})
	for i := range n - 1 {
		c[i] /= float64(n - 1 - i)
	}
	c[n-1], _ = at(middle)
	size := 0.
	for i, x := range c {
		size += math.Abs(x)
		y := x * math.Pow(half, float64(i-n+1))
		if math.Abs(y) > math.MaxFloat32 { // of an interval so small that it is nothing, or the check below fails
			y, c[i] = 0, 0
		}
		table[i*stride] = float32(y)
	}
	for i := range 2*n + 1 {
		s := math.Cos(math.Pi * float64(i) / float64(2*n))
		v, derivative := 0., 0.
		for _, x := range c {
			derivative = derivative*s + v
			v = v*s + x
		}
		derivative = derivative/half + rate*v
		want, slope := at(middle - half*s)
		fits := math.Abs(v-want) <= exact*math.Abs(want) && math.Abs(derivative-slope) <= exact*math.Abs(slope)
		if x := math.Abs(want); !(fits && x >= limits[0] && x <= limits[1] && size <= grown*x) {
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
