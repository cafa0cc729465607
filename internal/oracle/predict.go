package oracle

import (
	"math"
	"math/big"
	"slices"

	"softloss/losses"
)

// target returns the labels of unit n as they are; those of a question are (t, 1-t).
func (e *evaluation) target(n int) []*num {
	if e.c.Link == losses.SigmoidLink {
		var t *num
		switch k := e.b.K; {
		case e.labels != nil:
			t = e.labels[n]
		case k == 1:
			t = e.number(float64(e.b.Index[n]))
		default:
			t = e.hot(n%k == e.b.Index[n/k])
		}
		return []*num{t, e.exact(e.sub(e.number(1), t))}
	}
	if e.labels != nil {
		return slices.Clone(e.labels[n*e.b.K : (n+1)*e.b.K])
	}
	var oneHot []*num
	for k := range e.b.K {
		oneHot = append(oneHot, e.hot(k == e.b.Index[n]))
	}
	return oneHot
}

func (e *evaluation) hot(is bool) *num {
	if is {
		return e.number(1)
	}
	return e.number(0)
}

// weigh returns the labels of unit n times the class weights; of a question, whose class weight
// multiplies the loss, times PosWeight.
func (e *evaluation) weigh(n int, labels []*num) []*num {
	out := slices.Clone(labels)
	switch {
	case e.c.Link == losses.SigmoidLink:
		out[0] = e.scale(e.ofClass(e.c.PosWeight, n), out[0])
	case e.c.ClassWeights != nil:
		for k, x := range out {
			out[k] = e.scale(e.c.ClassWeights[k], x)
		}
	}
	return out
}

// ofClass returns the number of question n's class among one a class or one for all, 1 for none.
func (e *evaluation) ofClass(w []float64, n int) float64 {
	if w == nil {
		return 1
	}
	return w[n%e.b.K%len(w)]
}

// predict returns unit n with the target t, without the classes whose logit is -Inf, and the
// log-sum-exp of its logits; nil where there are none. Labels are those as they are given.
func (e *evaluation) predict(n int, labels, t []*num) (r row, lse *num) {
	if e.c.Link == losses.SigmoidLink {
		z := e.logits[n]
		if e.c.FromProbs {
			return e.question(row{t: t}, z), nil
		}
		return e.softmax(row{z: []*num{e.moved(z, n%e.b.K), e.number(0)}, t: t}, e.number(0))
	}
	row0 := e.b.Logits[n*e.b.K : (n+1)*e.b.K]
	most := e.number(slices.Max(row0)) // a constant: the softmax does not depend on it
	for k, x := range t {
		if math.IsInf(row0[k], -1) {
			continue
		}
		z := e.logits[n*e.b.K+k]
		if e.c.FromProbs {
			r.p, r.l = append(r.p, z), append(r.l, e.log(z))
			r.rest = append(r.rest, e.sub(e.number(1), z))
		} else {
			r.z = append(r.z, e.moved(e.angled(e.lowered(e.asGiven(e.sub(z, most)), labels[k], k), most, labels[k]), k))
		}
		r.t = append(r.t, x)
	}
	if e.c.FromProbs {
		return r, nil
	}
	return e.softmax(r, e.moved(most, -1))
}

// asGiven takes a, which is made of numbers that are given, for one of them.
func (e *evaluation) asGiven(a *num) *num {
	a.size.Abs(a.v)
	return a
}

// lowered returns z - t m for the label t of class k.
func (e *evaluation) lowered(z, t *num, k int) *num {
	if e.c.Margins == nil {
		return z
	}
	return e.sub(z, e.scale(e.c.Margins[k], t))
}

// angled returns, for the label 1 of the class, the logit z = x - most with cos(arccos x + a), or
// -2 less that beyond π - a, for x; others stay.
func (e *evaluation) angled(z, most, t *num) *num {
	a := e.c.AngularMargin
	if a == 0 || t.v.Sign() == 0 {
		return z
	}
	x := e.asGiven(e.add(z, most))
	sin, cos := e.number(0), e.number(0)
	sin.v, cos.v = bigSinCos(t.v.Prec(), a)
	sin.size.Abs(sin.v)
	cos.size.Abs(cos.v)
	psi := e.sub(e.mul(x, cos), e.mul(e.sine(x), sin))
	if new(big.Float).Neg(cos.v).Cmp(x.v) > 0 {
		psi = e.sub(e.number(-2), psi)
	}
	return e.add(z, e.mul(t, e.sub(psi, x)))
}

// sine returns √(1-x²) for a cosine x. Its derivative at ±1, where it is infinite, is that at the
// nearest number between of the batch's type.
func (e *evaluation) sine(x *num) *num {
	at := x
	if new(big.Float).Abs(x.v).Cmp(big.NewFloat(1)) == 0 {
		most := 1 - 0x1p-53
		if e.single {
			most = 1 - 0x1p-24
		}
		at = e.number(float64(x.v.Sign()) * most)
	}
	root := e.pow(e.asGiven(e.mul(e.sub(e.number(1), at), e.add(e.number(1), at))), 0.5)
	if at == x {
		return root
	}
	slope := e.new().Quo(e.new().Neg(at.v), root.v)
	return e.record(e.new(), e.new(), input{x, slope, nil})
}

// moved returns (z + shift)/T for class k, or z/T for k = -1.
func (e *evaluation) moved(z *num, k int) *num {
	if e.c.LogitShift != nil && k >= 0 {
		z = e.add(z, e.number(e.c.LogitShift[k]))
	}
	if e.c.Temperature != 0 {
		z = e.quo(z, e.number(e.c.Temperature))
	}
	return e.exact(z)
}

// question completes a row of two classes with the probability p.
func (e *evaluation) question(r row, p *num) row {
	no := e.asGiven(e.sub(e.number(1), p))
	r.p, r.rest = []*num{p, no}, []*num{no, p}
	r.l = []*num{e.log(p), e.log(no)}
	return r
}

// softmax completes a row that has logits, and returns their log-sum-exp, to which low is added.
func (e *evaluation) softmax(r row, low *num) (row, *num) {
	most := e.number(0)
	most.v.Set(slices.MaxFunc(r.z, func(a, b *num) int { return a.v.Cmp(b.v) }).v)
	most.size.Abs(most.v)
	total := e.number(0)
	var exps, below []*num
	for _, z := range r.z {
		below = append(below, e.exact(e.sub(z, most)))
		exps = append(exps, e.exp(below[len(below)-1]))
		total = e.add(total, exps[len(exps)-1])
	}
	log := e.log(total)
	after := make([]*num, len(exps)+1) // the sums of those behind
	after[len(exps)] = e.number(0)
	for k := len(exps) - 1; k > 0; k-- {
		after[k] = e.add(exps[k], after[k+1])
	}
	before := e.number(0)
	for k := range r.z {
		rest := e.add(before, after[k+1])
		before = e.add(before, exps[k])
		r.p, r.l = append(r.p, e.quo(exps[k], total)), append(r.l, e.exact(e.sub(below[k], log)))
		r.rest = append(r.rest, e.quo(rest, total))
	}
	return r, e.add(e.add(most, log), low)
}
