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
	memory      []float64
	one         *mixture // a row
}

// component is a prediction: its logits z, l = log p, p, d = log p - log m, h, the terms of
// KL(p ‖ m), and, of a row, that.
type component struct {
	z, l, p, d, h []float64
	loss          float64
}

// grow makes place for n elements of each of count predictions.
func (m *mixture) grow(count, n int) {
	const each, shared = 5, 2
	memory := dense.Grow(&m.memory, (each*count+shared)*n)
	next := func() (x []float64) {
		x, memory = memory[:n:n], memory[n:]
		return x
	}
	m.mean, m.minus, m.of = next(), next(), m.of[:0]
	for range count {
		m.of = append(m.of, component{z: next(), l: next(), p: next(), d: next(), h: next()})
	}
}

// row returns row i of rows of k elements, until the next call.
func (m *mixture) row(i, k int) *mixture {
	if m.one == nil {
		m.one = new(mixture)
	}
	r, lo, hi := m.one, i*k, (i+1)*k
	r.mean, r.minus, r.of = m.mean[lo:hi], m.minus[lo:hi], r.of[:0]
	for _, c := range m.of {
		r.of = append(r.of, component{z: c.z[lo:hi], l: c.l[lo:hi], p: c.p[lo:hi], d: c.d[lo:hi], h: c.h[lo:hi]})
	}
	return r
}

// diverge computes d and h.
func (m *mixture) diverge() {
	for _, r := range m.of {
		kernel.Divergence(r.h, r.d, r.p, r.l, m.mean, m.minus)
	}
}

// sum computes the divergences of a row's predictions and returns the least.
func (m *mixture) sum() (least float64) {
	least = math.Inf(1)
	for i := range m.of {
		r := &m.of[i]
		r.loss = sumOf(r.h)
		least = min(least, r.loss)
	}
	return least
}

// relate makes l and minus of a row relative to log p of the first prediction, in the classes in
// which all predictions nearly agree: so their difference has all its digits. With y_i = log(p_i/p_0)
// it is y_i - log(1 + v), v the mean of the exp(y_i) - 1.
func (m *mixture) relate() {
	first := m.of[0]
	clear(first.h)
	for _, r := range m.of[1:] {
		r.ratios(first)
		for k, y := range r.h {
			first.h[k] += math.Expm1(y)
		}
	}
	n := float64(len(m.of))
	for k, sum := range first.h {
		if math.IsNaN(sum) {
			continue
		}
		m.minus[k] = -math.Log1p(sum / n)
		for _, r := range m.of[1:] {
			r.l[k] = r.h[k]
		}
		first.l[k] = 0
	}
}

// alike is how much logarithms of probabilities that nearly agree differ at most.
const alike = 1. / 3

// ratios stores y = log(p/q) in h, q that of another prediction; NaN where it is not small.
//
// With x the difference of the logits less that at a class in which both nearly agree it is x +
// log(1 + w): w makes the probabilities sum up to 1. In the classes in which x is small p is (1+w) q
// exp(x), so that 1 + w = (Q + D)/(Q + E) with there Q = Σ q, E = Σ q (exp(x) - 1), and in the others
// D = Σ (q - p).
func (r component) ratios(other component) {
	a := r.agreed(other)
	if a < 0 {
		for k := range r.h {
			r.h[k] = math.NaN()
		}
		return
	}
	at, atLow := difference(r.z[a], other.z[a])
	var q, excess, rest float64
	for k, p := range other.p {
		x, low := difference(r.z[k], other.z[k])
		x = (x - at) + (low - atLow)
		if r.h[k] = x; math.Abs(x) < alike {
			q += p
			excess += p * math.Expm1(x)
		} else {
			rest += p - r.p[k]
			r.h[k] = math.NaN()
		}
	}
	shift := math.Log1p((rest - excess) / (q + excess))
	for k := range r.h {
		if r.h[k] += shift; !(math.Abs(r.h[k]) < alike) {
			r.h[k] = math.NaN()
		}
	}
}

// agreed returns the likeliest class of those in which both predictions nearly agree, or -1.
func (r component) agreed(other component) (a int) {
	a = -1
	for k, p := range other.p {
		if (a < 0 || p > other.p[a]) && math.Abs(r.d[k]-other.d[k]) < alike {
			a = k
		}
	}
	return a
}

// difference returns a - b and what it has lost (Knuth 1969).
func difference(a, b float64) (d, lost float64) {
	d = a - b
	x := d - a
	return d, (a - (d - x)) - (b + x)
}
