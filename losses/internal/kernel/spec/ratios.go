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

// Disagree makes apart true of the rows of k classes in which not |p - q| < share q everywhere, of
// numbers that are not so small that they may have lost digits.
func Disagree(apart []bool, p, q []float64, share float64, k int) {
	for j, v := range q {
		if !(math.Abs(p[j]-v) < share*v-LeastAgreed) {
			apart[j/k] = true
		}
	}
}

// LeastAgreed is how large at least a share of a number is that [Disagree] takes.
const LeastAgreed = 0x1p-1000

// CloseRatios stores y = log(p/q) in y and adds p/q - 1 to sum, of rows of k classes, p and q the
// softmaxes of z and other that agree; less is memory for as many numbers. y has all its digits: of
// the differences x of the logits, relative to their mean by q, it is x - log(1 + Σ q (exp(x) -
// 1)).
func CloseRatios(y, less, sum, z, other, q []float64, k int) {
	for lo := 0; lo < len(y); lo += k {
		closeRatios(y[lo:lo+k], less[lo:lo+k], sum[lo:lo+k], z[lo:lo+k], other[lo:lo+k], q[lo:lo+k])
	}
}

func closeRatios(y, less, sum, z, other, q []float64) {
	at, low := Difference(z[0], other[0])
	difference := func(k int) float64 {
		x, lost := Difference(z[k], other[k])
		return (x - at) + (lost - low)
	}
	var mean, excess float64
	for k, v := range q {
		mean += v * difference(k)
	}
	whole, lost := Difference(at, -mean)
	at, low = whole, low+lost
	for k, v := range q {
		y[k] = difference(k)
		less[k] = math.Expm1(y[k])
		excess += v * less[k]
	}
	shift := math.Log1p(excess)
	for k, e := range less {
		y[k] -= shift
		sum[k] += (e - excess) / (1 + excess)
	}
}
