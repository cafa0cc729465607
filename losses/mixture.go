package losses

import (
	"math"

	"softloss/internal/dense"
	"softloss/losses/internal/kernel"
)

// mixture holds some rows of M predictions p, their mean m, and -log m.
type mixture struct {
	of          []component
	mean, minus []float64
	sum         []float64 // of the ratios of predictions that nearly agree
	terms       []float64 // of a divergence
	apart       []bool    // the rows in which predictions do not agree
	factors     []float64 // of the rows' gradients
	memory      []float64
}

// component is a prediction: its logits z, l = log p, p, and d = log p - log m; and of every row
// its divergence KL(p ‖ m).
type component struct {
	z, l, p, d []float64
	losses     []float64
}

// grow makes place for n rows of k elements of each of count predictions.
func (m *mixture) grow(count, n, k int) {
	const each, shared = 4, 4
	memory := dense.Grow(&m.memory, ((each*count+shared)*k+count)*n)
	next := func(n int) (x []float64) {
		x, memory = memory[:n:n], memory[n:]
		return x
	}
	size := n * k
	m.mean, m.minus, m.sum, m.terms, m.of = next(size), next(size), next(size), next(size), m.of[:0]
	for range count {
		m.of = append(m.of, component{z: next(size), l: next(size), p: next(size), d: next(size), losses: next(n)})
	}
}

// part returns the elements [lo, hi).
func (c component) part(lo, hi int) component {
	return component{z: c.z[lo:hi], l: c.l[lo:hi], p: c.p[lo:hi], d: c.d[lo:hi]}
}

// relate makes l and minus of a row, the elements [lo, hi), relative to log p of the first
// prediction, in the classes in which all predictions nearly agree: so their difference has all its
// digits. With y_i = log(p_i/p_0) it is y_i - log(1 + v), v the mean of the exp(y_i) - 1. It
// overwrites d.
func (m *mixture) relate(lo, hi int) {
	first, sum := m.of[0].part(lo, hi), m.sum[lo:hi]
	clear(sum)
	for _, c := range m.of[1:] {
		c = c.part(lo, hi)
		kernel.ShiftRatios(c.d, sum, c.ratios(first))
	}
	kernel.MeanRatios(m.minus[lo:hi], first.l, sum, 1/float64(len(m.of)))
	for _, c := range m.of[1:] {
		kernel.TakeRatios(c.l[lo:hi], c.d[lo:hi], sum)
	}
	for k, x := range sum {
		if x != x && m.minus[lo+k] > far {
			m.divide(lo + k)
		}
	}
}

// far is the -log m beside which what rounding takes from it counts where predictions disagree.
const far = 1 << 5

// divide makes l and minus of element k log(p/m) and 0.
func (m *mixture) divide(k int) {
	mean := m.mean[k]
	if mean == 0 {
		return
	}
	for _, c := range m.of {
		if p := c.p[k]; p >= kernel.Tiny[float64]() {
			c.l[k] = math.Log(p / mean)
		} else { // p has lost its digits
			c.l[k] -= kernel.Log(mean)
		}
	}
	m.minus[k] = 0
}

// ratios stores x in d and returns log(1 + w), the sum of which is log(p/q), q that of another
// prediction; NaN where it is not small.
//
// x is the difference of the logits less that at a class in which both nearly agree, and w makes
// the probabilities sum up to 1. Where x is small p is (1+w) q exp(x), so that 1 + w = (Q + D)/(Q +
// E) with Q = Σ q and E = Σ q (exp(x) - 1) there, and D = Σ (q - p) in the other classes. Where
// these are more than half of q, D has too few digits beside Q.
func (c component) ratios(other component) (shift float64) {
	a := c.agreed(other)
	if a < 0 {
		return math.NaN()
	}
	q, e, d := kernel.Ratios(c.d, c.z, other.z, c.p, other.p, a)
	if !(q > 0.5) {
		return math.NaN()
	}
	return math.Log1p((d - e) / (q + e))
}

// agreed returns the likeliest class of those in which both predictions nearly agree, or -1.
func (c component) agreed(other component) (a int) {
	a, most := -1, 0.0
	for k, p := range other.p {
		if p > most && math.Abs(c.d[k]-other.d[k]) < kernel.Alike {
			a, most = k, p
		}
	}
	return a
}
