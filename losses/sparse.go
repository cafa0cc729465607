package losses

import (
	"math"

	"softloss/losses/internal/kernel"
)

// sparse is a map of a row of logits to probabilities, many of them 0, by its exponent n:
//
//	p_k = max(g_k, 0)^n,   g_k = 1 + (z_k - max z)/n - δ,   δ such that Σ_k p_k = 1
//
// With δ = 1 - p_top^(1/n), top being where the largest logit is, nothing cancels where p_top is
// nearly 1. The g say all that losses and derivatives need: p^(1/n) where they are positive, and
// elsewhere how far below the threshold a logit is.
type sparse int

const (
	sparsemax sparse = 1
	entmax15  sparse = 2
)

// point is a row of logits as a sparse map sees them.
type point struct {
	gap  []float64 // g
	top  int       // where the largest logit is
	rest float64   // 1 - p_top, unless flat
	flat bool      // no p is near 1
}

// leads reports whether p of class j may be so near 1 that p - t is made of what is left of it.
func (at *point) leads(j int) bool { return j == at.top && !at.flat }

// solve finds the g of a row of logits z, in memory that holds 2K numbers. ok is false for a row
// that has no probabilities; then all g are NaN.
func (n sparse) solve(z, memory []float64) (at point, ok bool) {
	gap, others := memory[:len(z):len(z)], memory[len(z):len(z)]
	kernel.Divide(gap, z, nil, float64(n))
	at, one, shift, ok := n.locate(gap, others)
	for j, x := range gap {
		gap[j] = (one + x) + shift
	}
	return at, ok
}

// locate finds which g = (one + gap) + shift are those of a row, of the logits less the largest and
// divided by n in gap, in memory for as many. ok is false for a row that has no probabilities; then
// shift is NaN.
func (n sparse) locate(gap, others []float64) (at point, one, shift float64, ok bool) {
	if sum := kernel.Sum(gap); sum != sum {
		return point{gap: gap, rest: sum}, 1, sum, false
	}
	at = point{gap: gap, top: -1}
	for j, x := range gap {
		switch {
		case !(x > -1): // it has no probability
		case x == 0 && at.top < 0:
			at.top = j
		default:
			others = append(others, 1+x)
		}
	}
	at.rest = n.threshold(others)
	if one, shift = 1, -at.rest; at.rest > 0.5 {
		one, shift, at.flat = 0, n.flatShift(gap, at.rest), true
	}
	if n == entmax15 {
		at.rest *= 2 - at.rest
	}
	return at, one, shift, true
}

// flatShift returns 1 - δ for a row of no p near 1 by a step of Newton's method from the δ given,
// in numbers as small as g, which that would have lost digits of.
func (n sparse) flatShift(gap []float64, delta float64) float64 {
	s := 1 - delta
	var excess, slope precise // Σ p - 1, and its derivative by s
	excess.add(-1)
	for _, y := range gap {
		if g := y + s; g > 0 {
			excess.add(n.power(g))
			slope.add(1 + float64(n-1)*(2*g-1))
		}
	}
	return s - excess.value()/slope.value()
}

// threshold returns the δ for a row of a 1 and others, positive numbers of at most 1, which it
// overwrites. It goes up to δ from below and leaves behind the numbers that it passes.
func (n sparse) threshold(others []float64) (delta float64) {
	if n == entmax15 {
		return entmaxThreshold(others)
	}
	for {
		delta = total(others) / float64(len(others)+1)
		above := others[:0]
		for _, y := range others {
			if y > delta {
				above = append(above, y)
			}
		}
		if len(above) == len(others) {
			excess := -delta // Σ p - 1 by small numbers, where the sum above has lost digits
			for _, y := range others {
				excess += y - delta
			}
			return delta + excess/float64(len(others)+1)
		}
		others = above
	}
}

// entmaxThreshold is threshold by Newton's method for √Σ p - 1, which is convex.
func entmaxThreshold(others []float64) (delta float64) {
	for {
		above := others[:0]
		var sum, squares float64 // of y - δ
		for _, y := range others {
			if g := y - delta; g > 0 {
				above = append(above, y)
				sum += g
				squares += g * g
			}
		}
		others = above
		excess := squares - delta*(2-delta) // Σ p - 1, from the part of the largest that is missing
		root := math.Sqrt(1 + excess)
		step := excess * root / ((1 + root) * (sum + 1 - delta))
		delta += step
		if !(step > 0x1p-50*delta) {
			return delta
		}
	}
}

// power returns p of a g.
func (n sparse) power(g float64) float64 {
	switch {
	case g != g:
		return g
	case g <= 0:
		return 0
	case n == entmax15:
		return g * g
	}
	return g
}

// escort stores in w the weights of the Jacobian, which along v is w∘(v - ⟨w,v⟩/Σ w), divided by
// their sum, which it returns.
func (n sparse) escort(w []float64, at point) (sum float64) {
	for j, g := range at.gap {
		switch {
		case !(g > 0):
			w[j] = max(g, 0) // 0 or NaN
		case n == entmax15:
			w[j] = g
		default:
			w[j] = 1
		}
	}
	sum = total(w)
	for j := range w {
		w[j] /= sum
	}
	return sum
}

// diff stores p - t in d, with all its digits where p is nearly 1; beside is as in a [Row].
func (n sparse) diff(d, t, beside []float64, at point) {
	for j, g := range at.gap {
		d[j] = n.power(g) - t[j]
	}
	if at.flat {
		return
	}
	lacks := 1 - t[at.top]
	if beside != nil {
		lacks = kernel.Complement(t[at.top], beside[at.top])
	}
	d[at.top] = lacks - at.rest
}

// lossOf returns the loss of a target t with d = p - t, a sum of terms of which none is negative.
func (n sparse) lossOf(d, t []float64, at point) float64 {
	var loss precise
	for j, g := range at.gap {
		loss.add(n.term(g, t[j], d[j]))
	}
	return loss.value()
}

// term is the term of a class.
func (n sparse) term(g, t, d float64) float64 {
	switch {
	case !(g > 0):
		if t > 0 || g != g {
			return t * n.slope(t, g, float64(n)/float64(n+1))
		}
		return 0
	case n == entmax15:
		s := math.Sqrt(t)
		x := d / (s + g)
		return 2. / 3 * x * x * (2*s + g)
	}
	return d * d / 2
}

// slope returns n (f t^(1/n) - g), the derivative by a label t for f = 1.
func (n sparse) slope(t, g, f float64) float64 {
	if n == entmax15 {
		t = math.Sqrt(t)
	}
	return float64(n) * (f*t - g)
}

// row is Row for the loss of a sparse map, which the logarithms of a softmax, the logits less a
// number, suit as well as the logits.
func (n sparse) row(r Row) float64 {
	k := len(r.LogP)
	w, m := r.lend(3 * k)
	defer m.free(3 * k)
	at, ok := n.solve(r.LogP, w[:2*k])
	if !ok {
		return math.NaN()
	}
	d := r.Grad
	if d == nil {
		d = w[2*k:]
	}
	n.diff(d, r.Target, r.beside, at)
	for j := range r.TargetGrad {
		r.TargetGrad[j] = n.slope(r.Target[j], at.gap[j], 1)
	}
	return n.lossOf(d, r.Target, at)
}

// wrongSum returns the first row whose target does not sum to 1, as the loss wants it, or -1.
func (b *batch[T]) wrongSum() int {
	for i := 0; b.sumToOne && i < b.n; i++ {
		if !b.sumsToOne(i) {
			return i
		}
	}
	return -1
}

// sumsToOne reports whether the target of row i sums to 1 within 1e-6 K.
func (b *batch[T]) sumsToOne(i int) bool {
	return b.index != nil || math.Abs(sumOf(part(b.target, i, i+1, b.k))-1) <= 1e-6*float64(b.k)
}
