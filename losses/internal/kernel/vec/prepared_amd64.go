//go:build !purego

package vec

import (
	"math"

	"softloss/losses/internal/kernel/spec"
)

// Prepares reports whether there are kernels of cross entropy for logits prepared by p:
// [CrossEntropyRows] and [CrossEntropyRow].
func Prepares[T spec.Float](p *spec.Prepared[T]) bool {
	return p.Off() || 0x1p-40 < p.Factor && p.Factor < 0x1p40
}

// Lower is [spec.Prepared.Lower].
func Lower[T spec.Float](p *spec.Prepared[T], t []T, margin, shift []float64, temperature float64) (ok bool) {
	u, hi, low, n := wideOf[T](), &p.Hi[0], &p.Low[0], len(p.Hi)
	if spec.Size[T]() == 8 {
		ok = p.Lower(t, margin, shift, temperature)
	} else {
		ok = u.lowered(hi, low, first(t), first(margin), first(shift), n, 1/temperature) <= spec.MostShift
	}
	u.shiftNumbers(&p.Power[0], &p.Rest[0], hi, low, n, 1/p.Factor)
	return ok
}

// Set is [spec.Prepared.Set].
func Set[T spec.Float](p *spec.Prepared[T], k int, s, temperature float64) (ok bool) {
	ok = p.Set(k, s, temperature)
	wideOf[T]().shiftNumbers(&p.Power[k], &p.Rest[k], &p.Hi[k], &p.Low[k], 1, 1/p.Factor)
	return ok
}

// CrossEntropyRow computes the cross entropy of one row of prepared logits y, with labels t or,
// where t is nil, class index, and lse = log Σ exp y. The gradient is that with an additional term,
//
//	grad_k = f ((S + extra lse) q_k - t_k),   q = softmax(y)
//
// ok is false for a row that is not ordinary, or in which extra lse shows what lse has lost. It
// leaves that alone but for grad.
func CrossEntropyRow[T spec.Float](p *spec.Prepared[T], loss *float64, grad, z, t []T, index int, f, extra float64) (
	lse float64, ok bool) {
	m, log, _, ok := crossEntropyRow(p, loss, grad, z, t, index, f, extra)
	return m + log, ok
}

// crossEntropyRow is CrossEntropyRow and returns lse as the largest y, at top, and what is more.
func crossEntropyRow[T spec.Float](p *spec.Prepared[T], loss *float64, grad, z, t []T, index int, f, extra float64) (
	m, log float64, top int, ok bool) {
	o, ok := preparedRow(p, grad, z, t)
	if !ok {
		return 0, 0, 0, false
	}
	u := unitOf[T]()
	log = log1p(o.r)
	mass := 1.0
	if t != nil {
		mass = o.others + float64(t[o.a])
	}
	lse := o.m + log
	if !fits[T](mass+math.Abs(extra*lse), f) || spec.ShowsLost[T](mass, extra, lse) {
		return 0, 0, 0, false
	}
	extra *= lse
	switch {
	case t != nil:
		if *loss = mass*log - o.dot; grad != nil {
			o.softGrad(u, grad, t, mass, f, extra)
		}
	default:
		less := p.Less(z, index, o.a)
		if !(less > math.Inf(-1)) { // NaN, too
			return 0, 0, 0, false
		}
		if *loss = log - less; grad != nil {
			o.indexGrad(u, grad, index, f, extra)
		}
	}
	return o.m, log, o.a, true
}

// preparedRow is ordinaryRow, or with labels ordinaryLabels, for prepared logits, which may be -Inf
// where the label is 0.
func preparedRow[T spec.Float](p *spec.Prepared[T], e, z, t []T) (o ordinary[T], ok bool) {
	switch {
	case !p.Off():
	case t == nil:
		o, ok = ordinaryRow(unitOf[T](), e, z, ahead(z))
	default:
		o, ok = ordinaryLabels(unitOf[T](), e, z, t, ahead(z))
	}
	if ok {
		return o, true
	}
	return otherRow(p, e, z, t)
}

// otherRow is preparedRow by the kernels of logits that are not those in memory.
func otherRow[T spec.Float](p *spec.Prepared[T], e, z, t []T) (o ordinary[T], ok bool) {
	u, f, lost, far := unitOf[T](), p.Factor, p.FactorLow, ahead(z)
	x, to, labels := &z[0], first(e), first(t)
	power, rest, hi, low := first(p.Power), first(p.Rest), first(p.Hi), first(p.Low)
	var sum float64
	var done uint32
	switch n := len(z); {
	case hi == nil && t == nil && e == nil:
		o.m, o.em, sum, o.a, done = u.divided(x, n, f, lost, far)
	case hi == nil && t == nil:
		o.m, o.em, sum, o.a, done = u.dividedExps(to, x, n, f, lost, far)
	case hi == nil && e == nil:
		o.m, o.em, sum, o.dot, o.others, o.a, done = u.dividedDot(x, labels, n, f, lost, far)
	case hi == nil:
		o.m, o.em, sum, o.dot, o.others, o.a, done = u.dividedDotExps(to, x, labels, n, f, lost, far)
	case t == nil && e == nil:
		o.m, o.em, sum, o.a, done = u.shifted(x, n, power, rest, hi, low, f, lost, far)
	case t == nil:
		o.m, o.em, sum, o.a, done = u.shiftedExps(to, x, n, power, rest, hi, low, f, lost, far)
	case e == nil:
		o.m, o.em, sum, o.dot, o.others, o.a, done = u.shiftedDot(x, labels, n, power, rest, hi, low, f, lost, far)
	default:
		o.m, o.em, sum, o.dot, o.others, o.a, done = u.shiftedDotExps(to, x, labels, n, power, rest, hi, low, f, lost, far)
	}
	o.r = sum / o.em
	return o, done != 0
}

// floats returns the first of x, which is float32, nil for none.
func floats[T spec.Float](x []T) *float32 {
	if x == nil {
		return nil
	}
	return any(&x[0]).(*float32)
}
