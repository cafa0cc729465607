package spec

import "math"

// Ratios of predictions that nearly agree: y = log(p/q).

// Alike is how large y is at most.
const Alike = 1. / 3

// Ratios stores x = (z - other) - (z_a - other_a) in h, NaN where it is not small, and returns Σ q and Σ q
// (exp(x) - 1) of the small ones and Σ (q - p) of the others. Differences have all their digits.
func Ratios(h, z, other, p, q []float64, a int) (sum, excess, rest float64) {
	at, low := Difference(z[a], other[a])
	for k, v := range q {
		x, lost := Difference(z[k], other[k])
		h[k] = small((x - at) + (lost - low))
		if math.IsNaN(h[k]) {
			rest += v - p[k]
			continue
		}
		sum += v
		excess += v * math.Expm1(h[k])
	}
	return sum, excess, rest
}

// Difference returns a - b and what it has lost (Knuth 1969).
func Difference(a, b float64) (d, lost float64) {
	d = a - b
	back := d - a
	return d, (a - (d - back)) - (b + back)
}

// small returns x, or NaN where it is not small.
func small(x float64) float64 {
	if math.Abs(x) < Alike {
		return x
	}
	return math.NaN()
}

// ShiftRatios adds shift to h, which is NaN where that is not small, and exp(h) - 1 to sum.
func ShiftRatios(h, sum []float64, shift float64) {
	for k, x := range h {
		h[k] = small(x + shift)
		sum[k] += math.Expm1(h[k])
	}
}

// MeanRatios stores -log(1 + f sum) in minus and 0 in l where sum is a number.
func MeanRatios(minus, l, sum []float64, f float64) {
	for k, x := range sum {
		if x == x {
			minus[k], l[k] = -math.Log1p(f*x), 0
		}
	}
}

// TakeRatios stores h in l where sum is a number.
func TakeRatios(l, h, sum []float64) {
	for k, x := range sum {
		if x == x {
			l[k] = h[k]
		}
	}
}
