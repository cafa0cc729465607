package spec

import "math"

// Ratios of predictions that nearly agree: y = log(p/q).

// Alike is how large y is at most.
const Alike = 1. / 3

// Ratios stores x = (z - other) - (z_a - other_a) in h, NaN where it is not small, and returns Σ q
// and Σ q (exp(x) - 1) of the small ones and Σ (q - p) of the others. Differences have all their
// digits.
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

// Regain gives the softmaxes p of z the digits that the differences of the logits from M have lost
// when they were rounded.
func Regain[T Float](p, z []T, k int) {
	for lo := 0; lo < len(z); lo += k {
		m, _ := Argmax(z[lo : lo+k])
		for j := lo; j < lo+k; j++ {
			if _, lost := Difference(float64(z[j]), float64(m)); lost == lost { // not beside infinite ones
				p[j] += T(float64(p[j]) * lost)
			}
		}
	}
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

// CloseRange is how much the logarithms of p/q differ at least in predictions that are apart.
const CloseRange = 1. / 6

// CloseRatios stores w = p/q - 1 and adds f w to mean, of rows of k classes, p and q the softmaxes
// of z and other. It passes over the rows that are apart, and finds those. w has all its digits: of
// the differences x of the logits, relative to their mean by q, log(p/q) is x - log(1 + Σ q (exp(x)
// - 1)).
func CloseRatios[T Float](apart []bool, w, mean []float64, z, other []T, q []float64, f float64, k int) {
	for i := range apart {
		apart[i] = apart[i] || !closeRatios(Row(w, i, k), Row(mean, i, k), Row(z, i, k), Row(other, i, k), Row(q, i, k), f)
	}
}

// closeRatios is CloseRatios for a row; ok is false where predictions are apart.
func closeRatios[T Float](w, mean []float64, z, other []T, q []float64, f float64) (ok bool) {
	at, low := Difference(float64(z[0]), float64(other[0]))
	difference := func(k int) float64 {
		x, lost := Difference(float64(z[k]), float64(other[k]))
		return (x - at) + (lost - low)
	}
	var least, most, centre, excess float64
	for k, v := range q {
		x := difference(k)
		least, most, centre = min(least, x), max(most, x), centre+v*x
	}
	if !(most-least < CloseRange) {
		return false
	}
	whole, lost := Difference(at, -centre)
	at, low = whole, low+lost
	for k, v := range q {
		w[k] = math.Expm1(difference(k))
		excess += v * w[k]
	}
	for k, e := range w {
		w[k] = (e - excess) / (1 + excess)
		mean[k] += f * w[k]
	}
	return true
}
