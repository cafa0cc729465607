//go:build !purego

package vec

import (
	"math"

	"softloss/losses/internal/kernel/portable"
	"softloss/losses/internal/kernel/spec"
)

// singlePlan stores the parameters of sigmoidPolySingle or sigmoidGCESingle. It reports whether
// they are exact enough.
func singlePlan(par []float64, f spec.Family, a float64) (ok bool) {
	other, lost, polynomials := a, a+1, []func(e float64) float64{excessRatio}
	if f == spec.GCE {
		other, lost = 1/a, 1/a
		polynomials = []func(e float64) float64{
			func(e float64) float64 {
				if e < 1e-15 {
					return 1
				}
				return -math.Expm1(-a*math.Log1p(e)) / (a * e)
			},
			func(e float64) float64 { return math.Pow(1+e, -1-a) },
		}
	}
	at := 0
	vector := func(x ...float64) { // repeated
		for i := range 2 {
			par[at] = lanes(x[2*i%len(x)], x[(2*i+1)%len(x)])
			at++
		}
	}
	low := func(x float64) float64 { return x - float64(float32(x)) }
	vector(104.5 / a) // exp(-104.5) is 0
	vector(a*math.Log2E, a, low(a), other)
	vector(a + 1)
	vector(low(lost))
	ok = true
	for _, f := range polynomials {
		var c [singleTerms]float64
		ok = fitHalf(&c, func(s float64) float64 { return f((1 - s) / (1 + s)) }) && ok
		vector(low(c[0]))
		var odd [(singleTerms/2 + 3) / 4 * 4]float64
		for k := 0; k < singleTerms; k += 2 {
			vector(c[k])
			odd[k/2] = c[k+1]
		}
		for k := 0; k < len(odd); k += 4 {
			vector(odd[k : k+4]...)
		}
	}
	return ok
}

// excessRatio returns (L - e p)/e² with p = 1/(1+e) and L = -log p: p² (1/2 + q/3 + q²/4 + …) with
// q = e p.
func excessRatio(e float64) (sum float64) {
	p := 1 / (1 + e)
	for k := 60.; k >= 2; k-- {
		sum = sum*(e*p) + 1/k
	}
	return p * p * sum
}

// fitHalf stores in c, from the lowest degree on, the coefficients of the polynomial that is next
// to f for 0 <= s <= 1. It reports whether it is exact enough for float32, whose roundings do not
// grow.
func fitHalf(c *[singleTerms]float64, f func(s float64) float64) (ok bool) {
	var high [singleTerms]float64
	portable.Interpolate(high[:], func(s float64) float64 { return f((1 + s) / 2) })
	clear(c[:])
	for _, x := range high { // in s for 2s-1
		for i := len(c) - 1; i >= 0; i-- {
			c[i] = -c[i]
			if i > 0 {
				c[i] += 2 * c[i-1]
			}
		}
		c[0] += x
	}
	var worst, growth float64
	for j := range 4*len(c) + 1 {
		s := float64(j) / float64(4*len(c))
		want, sum, size, power := f(s), 0.0, 0.0, 1.0
		for _, x := range c {
			sum, size, power = sum+x*power, size+math.Abs(x*power), power*s
		}
		worst = worse(worst, math.Abs(sum-want)/math.Abs(want))
		growth = worse(growth, size/math.Abs(want))
	}
	return worst < 0x1p-27 && growth < 3
}
