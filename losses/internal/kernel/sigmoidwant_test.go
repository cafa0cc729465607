package kernel

import (
	"math"

	"softloss/internal/numtest"
)

// question is what a loss of elements should give for one, in double-double.
type question struct {
	size             float64
	l, far, p, rest  numtest.DD // -log p of the likely class and of the other, p of both
	likely, other    float64
	positive, narrow bool
}

func ask[T Float](z T, yes, no float64) question {
	q := question{size: math.Abs(float64(z)), likely: no, other: yes, positive: z > 0,
		narrow: elementSize[T]() == 4}
	if q.positive {
		q.likely, q.other = q.other, q.likely
	}
	e := numtest.Num(-min(q.size, 1e4)).Exp()
	q.l, q.p = e.Log1p(), numtest.Num(1).Div(e.Add(numtest.Num(1)))
	q.far, q.rest = q.l.Add(numtest.Num(q.size)), e.Mul(q.p)
	return q
}

// floor is the effect of denormal roundings.
func (q question) floor() float64 {
	if q.narrow {
		return 0x1p-149
	}
	return 0x1p-1074
}

// answer returns loss and gradient of a sum t φ over both classes, with -φ' of each.
func (q question) answer(scale float64, near, nearSlope, far, farSlope numtest.DD) (loss, grad expected) {
	t, u := numtest.Num(q.likely), numtest.Num(q.other)
	loss = expected{what: "loss", floor: q.floor() * (1 + q.likely)}
	if q.likely != 0 {
		loss.v = t.Mul(near)
	}
	if q.other != 0 {
		loss.v = loss.v.Add(u.Mul(far))
	}
	a, b := u.Mul(farSlope).Mul(q.p), t.Mul(nearSlope).Mul(q.rest)
	return loss, q.gradient(scale, a.Sub(b), max(math.Abs(a.Hi), math.Abs(b.Hi)))
}

func (q question) gradient(scale float64, v numtest.DD, magnitude float64) expected {
	if !q.positive {
		v = v.Neg()
	}
	return expected{what: "grad", v: v, magnitude: magnitude, floor: 4 * q.floor() * (1 + q.likely)}.times(scale)
}

func (q question) crossEntropy(scale float64) (loss, grad expected) {
	one := numtest.Num(1)
	return q.answer(scale, q.l, one, q.far, one)
}

func (q question) separable(f Family, a, scale float64) (loss, grad expected) {
	near, nearSlope := phi(f, a, q.l.Neg(), q.rest)
	far, farSlope := phi(f, a, q.far.Neg(), q.p)
	return q.answer(scale, near, nearSlope, far, farSlope)
}

func (q question) mae(scale float64) (loss, grad expected) {
	d := numtest.Num(1).Sub(numtest.Num(q.likely)).Sub(q.rest)
	other := q.rest.Sub(numtest.Num(q.other))
	loss = expected{what: "loss", v: d.Abs().Add(other.Abs())}
	if !q.narrow {
		loss.magnitude = max(math.Abs(1-q.likely), q.rest.Hi, q.other)
	}
	s := numtest.Num(float64(numSign(d.Hi) - numSign(other.Hi)))
	return loss, q.gradient(scale, s.Mul(q.p).Mul(q.rest), 0)
}

// kl allows for the terms of the loss, which cancel in float64.
func (q question) kl(scale float64) (loss, grad expected) {
	loss, grad = q.crossEntropy(scale)
	loss.magnitude = loss.v.Hi
	loss.v = loss.v.Add(numtest.Num(1).Sub(numtest.Num(q.likely)).Sub(numtest.Num(q.other)))
	for _, t := range []float64{q.likely, q.other} {
		if t != 0 {
			x := numtest.Num(t).Mul(numtest.Num(t).Log())
			loss.v, loss.magnitude = loss.v.Add(x), loss.magnitude+math.Abs(x.Hi)
		}
	}
	if q.narrow {
		loss.magnitude /= 1 << 26
	}
	return loss, grad
}

func (q question) asymmetric(a Asymmetric, scale float64) (loss, grad expected) {
	l, m, p, rest, t, u := q.far, q.l, q.rest, q.p, q.other, q.likely // of yes, but m of no
	if q.positive {
		l, m, p, rest, t, u = m, l, rest, p, u, t
	}
	v, h := phi(Focal, a.GammaPos, l.Neg(), rest)
	loss = expected{what: "loss", floor: q.floor() * (1 + q.likely)}
	var slope numtest.DD
	if t != 0 {
		loss.v, slope = v.Mul(numtest.Num(t)), h.Mul(rest).Mul(numtest.Num(t)).Neg()
	}
	magnitude := math.Abs(slope.Hi)
	d, r := p.Sub(numtest.Num(a.Margin)), rest.Add(numtest.Num(a.Margin))
	if a.Margin != 0 {
		m = r.Log().Neg()
	}
	if u != 0 && d.Hi > 0 {
		w, w1 := d.Pow(a.GammaNeg), numtest.Num(0)
		if a.GammaNeg != 0 {
			w1 = d.Pow(a.GammaNeg - 1).Mul(numtest.Num(a.GammaNeg))
		}
		x := w.Mul(p) // r is rest
		if a.Margin != 0 {
			x = w.Div(r).Mul(p).Mul(rest)
		}
		x = x.Add(w1.Mul(m).Mul(p).Mul(rest)).Mul(numtest.Num(u))
		v := w.Mul(m).Mul(numtest.Num(u))
		loss.v, slope = loss.v.Add(v), slope.Add(x)
		loss.magnitude, magnitude = v.Hi, max(magnitude, x.Hi)
		if !q.narrow && a.Margin != 0 { // p less the margin cancels
			magnified := 1 + (1+a.GammaNeg)*p.Hi/d.Hi
			loss.magnitude, magnitude = v.Hi*magnified, max(magnitude, x.Hi*magnified)
		}
	}
	if !q.positive { // which gradient undoes
		slope = slope.Neg()
	}
	return loss, q.gradient(scale, slope, magnitude)
}
