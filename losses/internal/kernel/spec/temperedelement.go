package spec

import "math"

// The bi-tempered loss of elements. With c = T2-1 the tempered softmax of the logits (z, 0) is the
// softmax of (w, 0) for
//
//	|w| = log1p(c |z| exp(-c L))/c,   L = log1p(exp(-|w|))
//
// as c |z| = x - exp(c L) for the x = exp(c (|w| + L)) of the other class: see [TemperedLogit].

// temperedFlat is where c is so large that beside 2^c the differences of finite logits are nothing.
const temperedFlat = 1000

// TemperedLogit returns the w of a z. The right side is a contraction by q/(1+r), r = exp(-c|w|), q
// the probability of the other class, so that Newton's method takes few steps. w is z for c = 0.
func TemperedLogit(z, c float64) float64 {
	size := math.Abs(z)
	switch {
	case c == 0 || !(size <= math.MaxFloat64): // or an infinity, or NaN
		return z
	case c > temperedFlat:
		return math.Copysign(0, z)
	}
	far := min(c*size, math.MaxFloat64)
	w := math.Log1p(far*math.Exp2(-c)) / c
	for range 100 {
		e := math.Exp(-w)
		y := far * math.Exp(-c*math.Log1p(e))
		step := (math.Log1p(y)/c - w) / (1 - e/(1+e)*(y/(1+y)))
		w += step
		if !(math.Abs(step) > 0x1p-30*w) { // the square of which is nothing
			break
		}
	}
	return math.Copysign(w, z)
}

// temperedBy is [QuestionBy] for BiTempered.
func temperedBy[T Float](
	sides func(z float64) (yes, no Side), q Question, loss []float64, grad, z, yes, no, scale []T) (ok bool) {
	return Elements(func(z float64) (yes, no Side) { return sides(TemperedLogit(z, q.B-1)) },
		loss, grad, z, yes, no, scale, q.tempered)
}

// tempered returns the loss of the labels t and u, and its derivative by z: with e = 1-T1, d = p -
// t for both classes, and α and τ for 1 - p^e and 1 - t^e,
//
//	e (1+e) loss = Σ α (t - e d) - Σ t τ + e (1 - t - u)
//	slope = (d p^(c+e) q^(1+c) - d' q^(c+e) p^(1+c)) / (p^(1+c) + q^(1+c))
func (q Question) tempered(yes, no Side, t, u float64) (loss, slope float64) {
	e, c := 1-q.A, q.B-1
	if e == 0 {
		if loss, slope = KLSides(yes, no, t, u); c == 0 {
			return loss, slope
		}
	}
	d, other := yes.less(t, u), no.less(u, t)
	w := (1 + c) * (yes.L - no.L)
	slope = d*math.Exp((c+e)*yes.L)/(1+math.Exp(w)) - other*math.Exp((c+e)*no.L)/(1+math.Exp(-w))
	if e != 0 {
		of := func(p, t, d float64) float64 {
			return -math.Expm1(e*p)*(t-e*d) + labelled(t, math.Expm1(e*Log(t)))
		}
		loss = (of(yes.L, t, d)+of(no.L, u, other))/e/(1+e) + ((1-t)-u)/(1+e)
	}
	return loss, slope
}
