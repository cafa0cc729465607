package kernel

import (
	"math"

	"softloss/internal/numtest"
)

// questions are losses that are no sums of terms of one class.
var questions = []Question{{Kind: Normalised}, {Kind: Penalised, A: 0.1}, {Kind: Penalised, A: 3}, {Kind: Penalised},
	{Kind: Symmetric, A: 0.1, B: 1, C: -6}, {Kind: Symmetric, B: 1, C: -4}, {Kind: Symmetric, A: 1, C: -690}}

// of returns what a should give. Its terms cancel.
func (q question) of(a Question, scale float64) (loss, grad expected) {
	t, u := numtest.Num(q.likely), numtest.Num(q.other)
	cross, _ := q.crossEntropy(1)
	entropy := q.p.Mul(q.l)
	if q.rest.Hi > 0 {
		entropy = entropy.Add(q.rest.Mul(q.far))
	}
	loss = expected{what: "loss", floor: q.floor() * (1 + q.likely)}
	if a.Kind == Normalised {
		d := q.l.Add(q.far)
		loss.v = cross.v.Div(d)
		return loss, q.gradient(scale, u.Sub(t).Mul(entropy).Div(d).Div(d), 0)
	}
	var slope expected
	add := func(x *expected, f float64, v numtest.DD) {
		if v = v.Mul(numtest.Num(f)); f != 0 {
			x.v, x.magnitude = x.v.Add(v), max(x.magnitude, math.Abs(v.Hi))
		}
	}
	both := q.p.Mul(q.rest)
	if a.Kind == Penalised {
		add(&loss, 1, cross.v)
		add(&loss, -a.A, entropy)
		add(&slope, 1, u.Mul(q.p))
		add(&slope, -1, t.Mul(q.rest))
		add(&slope, a.A*min(q.size, 1e4), both)
		return loss, q.gradient(scale, slope.v, slope.magnitude)
	}
	lt, lu := logBeside(q.likely, q.other, a.C), logBeside(q.other, q.likely, a.C)
	add(&loss, a.A, cross.v)
	add(&loss, -a.B, q.p.Mul(lt))
	add(&loss, -a.B, q.rest.Mul(lu))
	add(&slope, a.A, u.Mul(q.p))
	add(&slope, -a.A, t.Mul(q.rest))
	add(&slope, a.B, both.Mul(lu))
	add(&slope, -a.B, both.Mul(lt))
	return loss, q.gradient(scale, slope.v, slope.magnitude)
}

// logBeside returns log t, at least least, by 1 - t where that is u.
func logBeside(t, u, least float64) numtest.DD {
	if t <= 0 {
		return numtest.Num(least)
	}
	x := numtest.Num(t)
	if u > 0 && u < 0.25 && math.Abs(t+u-1) <= 0x1p-51 {
		if x = numtest.Num(1).Sub(numtest.Num(u)); u < 1e-9 {
			return numtest.Num(-u).Sub(numtest.Num(u).Mul(numtest.Num(u / 2)))
		}
	}
	if l := x.Log(); l.Hi > least {
		return l
	}
	return numtest.Num(least)
}
