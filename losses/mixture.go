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
	apart       []bool    // the rows in which predictions do not agree
	factors     []float64 // of the rows' gradients
	memory      []float64
}

// component is a prediction: its logits z, l = log p, p, d = log p - log m, and h, the terms of
// KL(p ‖ m); and of every row that divergence.
type component struct {
	z, l, p, d, h []float64
	losses        []float64
}

// grow makes place for n rows of k elements of each of count predictions.
func (m *mixture) grow(count, n, k int) {
	const each, shared = 5, 2
	memory := dense.Grow(&m.memory, ((each*count+shared)*k+count)*n)
	next := func(n int) (x []float64) {
		x, memory = memory[:n:n], memory[n:]
		return x
	}
	size := n * k
	m.mean, m.minus, m.of = next(size), next(size), m.of[:0]
	for range count {
		m.of = append(m.of, component{
			z: next(size), l: next(size), p: next(size), d: next(size), h: next(size), losses: next(n)})
	}
}

// part returns the elements [lo, hi).
func (c component) part(lo, hi int) component {
	return component{z: c.z[lo:hi], l: c.l[lo:hi], p: c.p[lo:hi], d: c.d[lo:hi], h: c.h[lo:hi]}
}

// diverge computes d and h of the elements [lo, hi).
func (m *mixture) diverge(lo, hi int) {
	for i := range m.of {
		c := &m.of[i]
		kernel.Divergence(c.h[lo:hi], c.d[lo:hi], c.p[lo:hi], c.l[lo:hi], m.mean[lo:hi], m.minus[lo:hi])
	}
}

// sum computes the divergences of the predictions of the rows [lo, hi) of k.
func (m *mixture) sum(lo, hi, k int) {
	for _, c := range m.of {
		kernel.RowSums(c.losses[lo:hi], c.h[lo*k:hi*k], k)
	}
}

// divergences computes d and h, and the divergences of all rows of k. Rows that agree are computed
// together, and so are others; to which of them a row belongs is not for its neighbours to say.
func (m *mixture) divergences(alike float64, k int) {
	m.compare(alike, k)
	for lo, n := 0, len(m.apart); lo < n; {
		apart, hi := m.apart[lo], lo+1
		for hi < n && m.apart[hi] == apart {
			hi++
		}
		if apart {
			m.divergeApart(lo, hi, alike, k)
		} else {
			m.relateRows(lo, hi, k)
			m.diverge(lo*k, hi*k)
			m.sum(lo, hi, k)
		}
		lo = hi
	}
}

// divergeApart is diverge and sum for the rows [lo, hi) of k, in which predictions disagree. Where
// the least divergence is below alike, it is that of the logarithms that relate computes.
func (m *mixture) divergeApart(lo, hi int, alike float64, k int) {
	kernel.MinusLogs(m.minus[lo*k:hi*k], m.mean[lo*k:hi*k], -math.Log(kernel.Tiny[float64]()))
	m.diverge(lo*k, hi*k)
	m.sum(lo, hi, k)
	for i := lo; i < hi; i++ {
		least := math.Inf(1)
		for _, c := range m.of {
			least = min(least, c.losses[i])
		}
		if least < alike {
			m.relate(i*k, (i+1)*k)
			m.diverge(i*k, (i+1)*k)
			m.sum(i, i+1, k)
		}
	}
}

// compare finds the rows of k that are apart: not all predictions are so close to the first in all
// classes that their divergences are below most. With |p_i - p_0| < s p_0 they are less than s
// (2M-3)/M of p_0 from the mean, and
//
//	KL(p ‖ m) <= Σ (p - m)²/m < (s (2M-3)/M)²/(1-s).
func (m *mixture) compare(most float64, k int) {
	count := float64(len(m.of))
	share := min(math.Sqrt(most)*count/(2*count-3), 1./8)
	share *= 1 - share
	apart := dense.Grow(&m.apart, len(m.mean)/k)
	clear(apart)
	for _, c := range m.of[1:] {
		kernel.Disagree(apart, c.p, m.of[0].p, share, k)
	}
}

// relateRows is relate for the rows [lo, hi) of k of predictions that agree.
func (m *mixture) relateRows(lo, hi, k int) {
	lo, hi = lo*k, hi*k
	first := m.of[0].part(lo, hi)
	sum := first.h
	clear(sum)
	for _, c := range m.of[1:] {
		c = c.part(lo, hi)
		kernel.CloseRatios(c.l, c.h, sum, c.z, first.z, first.p, k)
	}
	kernel.MeanRatios(m.minus[lo:hi], first.l, sum, 1/float64(len(m.of)))
}

// relate makes l and minus of a row, the elements [lo, hi), relative to log p of the first
// prediction, in the classes in which all predictions nearly agree: so their difference has all its
// digits. With y_i = log(p_i/p_0) it is y_i - log(1 + v), v the mean of the exp(y_i) - 1.
func (m *mixture) relate(lo, hi int) {
	first := m.of[0].part(lo, hi)
	sum := first.h
	clear(sum)
	for _, c := range m.of[1:] {
		c = c.part(lo, hi)
		kernel.ShiftRatios(c.h, sum, c.ratios(first))
	}
	kernel.MeanRatios(m.minus[lo:hi], first.l, sum, 1/float64(len(m.of)))
	for _, c := range m.of[1:] {
		kernel.TakeRatios(c.l[lo:hi], c.h[lo:hi], sum)
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

// ratios stores x in h and returns log(1 + w), the sum of which is log(p/q), q that of another
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
	q, e, d := kernel.Ratios(c.h, c.z, other.z, c.p, other.p, a)
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
