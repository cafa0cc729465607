package spec

import "math"

// A Side is one of the two classes of an element, whose logits are z and 0: log p, p and 1-p.
type Side struct{ L, P, Rest float64 }

// Sides returns the classes of the logits z and 0, NaN for z = +Inf. With e = exp(-|z|) the likely
// one has p = 1/(1+e) and log p = -log1p(e), the other e/(1+e) and -(|z| + log1p(e)): nothing
// cancels.
func Sides(z float64) (yes, no Side) {
	if math.IsInf(z, 1) {
		z = math.NaN()
	}
	e := math.Exp(-math.Abs(z))
	return SidesOf(z, e, math.Log1p(e))
}

// SidesOf is [Sides] with e and log1p(e), which are NaN where z is NaN or +Inf.
func SidesOf(z, e, log float64) (yes, no Side) {
	p, rest := 1/(1+e), e/(1+e)
	likely, other := Side{-log, p, rest}, Side{-(math.Abs(z) + log), rest, p}
	if z > 0 {
		return likely, other
	}
	return other, likely
}

// SigmoidCrossEntropy computes, for every element with the label yes of z and no of 0,
//
//	loss = yes log(1 + exp(-z)) + no log(1 + exp(z)),   grad = scale (no σ(z) - yes σ(-z))
//
// where scale holds one factor for all elements or one an element; a nil grad is not computed. The
// labels are finite, and negative where a caller knows that they may be. A nil no stands for 1 -
// yes: then ok is false when a label is not in [0, 1], and what was stored means nothing.
func SigmoidCrossEntropy[T Float](loss []float64, grad, z, yes, no, scale []T) (ok bool) {
	return Elements(Sides, loss, grad, z, yes, no, scale, func(yes, no Side, t, u float64) (loss, slope float64) {
		return labelled(t, -yes.L) + labelled(u, -no.L), u*yes.P - t*no.P
	})
}

// SigmoidSeparable is [Separable] for elements as [SigmoidCrossEntropy] takes them.
func SigmoidSeparable[T Float](f Family, a float64, loss []float64, grad, z, yes, no, scale []T) (ok bool) {
	return Elements(Sides, loss, grad, z, yes, no, scale, func(yes, no Side, t, u float64) (loss, slope float64) {
		return SeparableSides(f, a, yes, no, t, u)
	})
}

// SeparableSides returns a separable loss for the labels t and u, and its derivative by z.
func SeparableSides(f Family, a float64, yes, no Side, t, u float64) (loss, slope float64) {
	if t != 0 {
		v, dv, _ := Phi(f, a, yes.L, yes.Rest)
		loss, slope = t*v, t*dv*yes.Rest
	}
	if u != 0 {
		v, dv, _ := Phi(f, a, no.L, no.Rest)
		loss, slope = loss+u*v, slope-u*dv*no.Rest
	}
	return loss, slope
}

// SigmoidMAE is [MAE] for elements as [SigmoidCrossEntropy] takes them.
func SigmoidMAE[T Float](loss []float64, grad, z, yes, no, scale []T) (ok bool) {
	return Elements(Sides, loss, grad, z, yes, no, scale, MAESides)
}

// MAESides is that of [SeparableSides]. A label that has lost digits of the other one is 1 less
// that.
func MAESides(yes, no Side, t, u float64) (loss, slope float64) {
	d, other := yes.less(t, u), no.less(u, t)
	return math.Abs(d) + math.Abs(other), yes.P * yes.Rest * (Sign(d) - Sign(other))
}

// less returns p - t for a label t beside u.
func (s Side) less(t, u float64) float64 {
	if !(s.P > 0.5) {
		return s.P - t
	}
	return Complement(t, u) - s.Rest
}

// Complement returns 1 - t for a label t beside u: that, where t has lost digits of it.
func Complement(t, u float64) float64 {
	if IsComplement(t, u) {
		return u
	}
	return 1 - t
}

// IsComplement reports whether the label u is a small 1 - t, of which the label t has lost digits,
// but for a rounding of their sum.
func IsComplement(t, u float64) bool {
	return u > 0 && u < 0.25 && math.Abs(t+u-1) <= 0x1p-51
}

// SigmoidKL is [KL] for elements as [SigmoidCrossEntropy] takes them, of labels that sum to 1 but
// for roundings:
//
//	loss = yes (log yes - log p) + no (log no - log q) + (1 - yes - no)
//
// where the last term is what the logarithm of the larger label lacks of the digits of the smaller
// one.
func SigmoidKL[T Float](loss []float64, grad, z, yes, no, scale []T) (ok bool) {
	return Elements(Sides, loss, grad, z, yes, no, scale, KLSides)
}

// KLSides is that of [SeparableSides].
func KLSides(yes, no Side, t, u float64) (loss, slope float64) {
	lost := (1 - max(t, u)) - min(t, u)
	return labelled(t, Log(t)-yes.L) + labelled(u, Log(u)-no.L) + lost, u*yes.P - t*no.P
}

// labelled returns t x, 0 where the label t is 0.
func labelled(t, x float64) float64 {
	if t == 0 {
		return 0
	}
	return t * x
}

// BothLabels returns the labels of element i's two classes, of which no may be nil: 1 less that of
// yes. ok is false where that is no share.
func BothLabels[T Float](yes, no []T, i int) (t, u float64, ok bool) {
	t = float64(yes[i])
	if no != nil {
		return t, float64(no[i]), true
	}
	return t, 1 - t, t >= 0 && t <= 1
}

// Elements computes a loss of elements as [SigmoidCrossEntropy] does. f returns the loss of the
// labels t of yes and u of no, and its derivative by z.
func Elements[T Float](sides func(z float64) (yes, no Side), loss []float64, grad, z, yes, no, scale []T,
	f func(yes, no Side, t, u float64) (loss, slope float64)) (ok bool) {
	ok = true
	for i, x := range z {
		t, u, valid := BothLabels(yes, no, i)
		ok = ok && valid
		a, b := sides(float64(x))
		v, d := f(a, b, t, u)
		if a.P != a.P {
			v, d = a.P, a.P
		}
		if loss[i] = v; grad != nil {
			grad[i] = T(Factor(scale, i) * d)
		}
	}
	return ok
}
