package portable

import "math"

// MostTerms is how many coefficients a polynomial may have.
const MostTerms = 24

// Interpolate stores in c, from the highest degree on, the coefficients of the polynomial in s that
// is f at the Chebyshev nodes of -1 <= s <= 1. Where the coefficients of Chebyshev's polynomials
// fall by half or more from one to the next those of the powers of s are no larger than the values.
func Interpolate(c []float64, f func(s float64) float64) {
	n := len(c)
	var table [4 * MostTerms]float64 // cos(π m/2n)
	for m := range 4 * n {
		table[m] = math.Cos(math.Pi * float64(m) / float64(2*n))
	}
	clear(c)
	for range 2 { // the second time for what rounding has left
		var value [MostTerms]float64
		for k := range n {
			s := table[2*k+1]
			value[k] = f(s) - Horner(c, s)
		}
		var last, this, next [MostTerms]float64
		this[0] = 1 // Chebyshev's polynomial T_j, by powers
		for j := range n {
			var a float64
			for k := range n {
				a += value[k] * table[j*(2*k+1)%(4*n)]
			}
			a /= float64(n)
			twice := 1.0 // T_1 = s, T_{j+1} = 2 s T_j - T_{j-1}
			if j > 0 {
				a, twice = 2*a, 2
			}
			for i := range j + 1 {
				c[n-1-i] += a * this[i]
			}
			next[0] = -last[0]
			for i := range n - 1 {
				next[i+1] = twice*this[i] - last[i+1]
			}
			last, this = this, next
		}
	}
}

// Horner returns the value of a polynomial, its coefficients from the highest degree on.
func Horner(c []float64, x float64) (y float64) {
	for _, c := range c {
		y = math.FMA(y, x, c)
	}
	return y
}
