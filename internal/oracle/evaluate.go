package oracle

import (
	"math"
	"math/big"
	"slices"

	"softloss/losses"
)

// Batch is what a criterion is evaluated on: N rows of K numbers each, one after the other, all of
// them numbers of the dtype that is tested.
type Batch struct {
	N, K     int
	Logits   []float64 // probabilities for a criterion with FromProbs
	Labels   []float64 // nil where there is an index; under SigmoidLink K is 1 and there are labels
	Index    []int
	Weights  []float64 // of the rows; nil for 1 each
	Upstream []float64 // one, or one a row with None; nil for 1
}

// Value is an exact result.
type Value struct {
	Exact *big.Float
	// Size is the sum of the absolute values of the terms that the result was added up from: where
	// it is much larger than the result, digits have cancelled.
	Size *big.Float
	Skip bool // the result is infinite, or not defined
}

// Result holds what losses.Outputs holds. Gradients that the target has none of are nil.
type Result struct {
	Loss, Grad, TargetGrad, WeightGrad []Value
}

// Evaluate returns the exact results of c on b. Class weights, where there are any, and
// probabilities are positive; a logit may be -Inf where the target, smoothed, is 0 and the loss is
// not NCE.
func Evaluate(c losses.Criterion, b Batch) (Result, error) {
	e := evaluation{tape: tape{prec: precision(c, b)}, c: c, b: b}
	cost, rows, err := e.cost()
	if err != nil {
		return Result{}, err
	}
	var r Result
	for _, x := range rows {
		r.Loss = append(r.Loss, Value{Exact: x.v, Size: x.size})
	}
	e.differentiate(cost)
	for _, x := range e.logits {
		r.Grad = append(r.Grad, Value{Exact: x.slope, Size: x.steep})
	}
	for i, x := range e.labels {
		skip := b.Labels[i] == 0 && !differentiableAtZero(c.Loss) ||
			c.Link == losses.SigmoidLink && b.Labels[i] == 1 && !differentiableAtZero(c.Loss) || math.IsInf(b.Logits[i], -1)
		r.TargetGrad = append(r.TargetGrad, Value{Exact: x.slope, Size: x.steep, Skip: skip})
	}
	for n, x := range e.weights {
		v := Value{Exact: x.slope, Size: x.steep}
		if !e.kept(n) {
			v = Value{Exact: new(big.Float), Size: new(big.Float)}
		}
		r.WeightGrad = append(r.WeightGrad, v)
	}
	return r, nil
}

// differentiableAtZero reports whether the loss has a finite derivative by a label that is 0.
func differentiableAtZero(l losses.Loss) bool {
	switch l := l.(type) {
	case losses.KL:
		return false
	case losses.MAE: // p may be so small that it is 0, too
		return false
	case losses.BiTempered:
		return l.T1 < 1
	case losses.WeightedSum:
		return !slices.ContainsFunc(l, func(t losses.Term) bool { return !differentiableAtZero(t.Loss) })
	}
	return true
}

// precision returns the bits that a batch needs: 1 - p of a row whose logits are apart by s has
// lost s log2(e) of them.
func precision(c losses.Criterion, b Batch) uint {
	apart := 0.0
	for n := range b.N {
		least, most := math.Inf(1), math.Inf(-1)
		for k, z := range b.Logits[n*b.K : (n+1)*b.K] {
			if math.IsInf(z, -1) {
				continue
			}
			if c.LogitShift != nil {
				z += c.LogitShift[k]
			}
			least, most = min(least, z), max(most, z)
			if c.Link == losses.SigmoidLink {
				least, most = min(least, 0), max(most, 0)
			}
		}
		apart = max(apart, most-least)
	}
	if c.Temperature > 0 {
		apart /= c.Temperature
	}
	return 256 + 64*uint(apart*2*math.Log2E/64)
}

// evaluation is one evaluation of a criterion on a tape.
type evaluation struct {
	tape
	c                       losses.Criterion
	b                       Batch
	logits, labels, weights []*num
}

// kept reports whether row n takes part.
func (e *evaluation) kept(n int) bool {
	if e.b.Weights != nil && e.b.Weights[n] == 0 {
		return false
	}
	return e.b.Index == nil || !slices.Contains(e.c.Ignore, e.b.Index[n])
}

// cost returns the sum of the losses, each times its upstream gradient, and the losses: one, or one
// a row with None.
func (e *evaluation) cost() (cost *num, out []*num, err error) {
	for _, z := range e.b.Logits {
		if math.IsInf(z, -1) {
			z = 0 // an excluded class: no formula sees it
		}
		e.logits = append(e.logits, e.number(z))
	}
	for _, x := range e.b.Labels {
		e.labels = append(e.labels, e.number(x))
	}
	for _, w := range e.b.Weights {
		e.weights = append(e.weights, e.number(w))
	}
	sum, mass, count := e.number(0), e.number(0), 0
	for n := range e.b.N {
		l := e.number(0)
		if e.kept(n) {
			count++
			weight := e.number(1)
			if e.weights != nil {
				weight = e.weights[n]
			}
			of, s, err := e.row(n)
			if err != nil {
				return nil, nil, err
			}
			l, mass = e.mul(weight, of), e.add(mass, e.mul(weight, s))
		}
		sum = e.add(sum, l)
		out = append(out, l)
	}
	switch e.c.Reduction {
	case losses.None:
		cost = e.number(0)
		for n, l := range out {
			cost = e.add(cost, e.scale(e.upstream(n), l))
		}
		return cost, out, nil
	case losses.Mean:
		if count == 0 {
			sum = e.number(0)
		} else {
			sum = e.quo(sum, e.number(float64(count)))
		}
	case losses.WeightedMean:
		if mass.v.Sign() == 0 {
			sum = e.number(0)
		} else {
			sum = e.quo(sum, mass)
		}
	}
	return e.scale(e.upstream(0), sum), []*num{sum}, nil
}

// upstream returns the upstream gradient of row n.
func (e *evaluation) upstream(n int) float64 {
	if e.b.Upstream == nil {
		return 1
	}
	return e.b.Upstream[n]
}

// row returns the loss of row n before its sample weight, and its mass S.
func (e *evaluation) row(n int) (loss, mass *num, err error) {
	labels := e.target(n)
	plain, weighted := e.sum(labels), labels
	if e.c.ClassWeights != nil {
		weighted = nil
		for k, x := range labels {
			weighted = append(weighted, e.scale(e.c.ClassWeights[k], x))
		}
	}
	mass = e.sum(weighted)
	linear, isLinear := e.c.Loss.(losses.LinearLoss)
	factor := e.number(1)
	if e.c.ClassWeights != nil && !(e.c.Loss == nil || isLinear && linear.LinearInTarget()) {
		weighted = labels
		if plain.v.Sign() > 0 {
			factor = e.quo(mass, plain)
		}
	}
	r, lse := e.predict(n, e.smooth(e.c.Smoothing, weighted))
	if loss, err = e.loss(e.c.Loss, r); err != nil {
		return nil, nil, err
	}
	loss = e.mul(factor, loss)
	if e.c.ZLoss != 0 {
		loss = e.add(loss, e.scale(e.c.ZLoss, e.mul(lse, lse)))
	}
	return loss, mass, nil
}

// target returns the labels of row n as they are.
func (e *evaluation) target(n int) []*num {
	if e.c.Link == losses.SigmoidLink { // a question is a row of two classes
		return []*num{e.labels[n], e.sub(e.number(1), e.labels[n])}
	}
	if e.labels != nil {
		return e.labels[n*e.b.K : (n+1)*e.b.K]
	}
	var oneHot []*num
	for k := range e.b.K {
		x := 0.0
		if k == e.b.Index[n] {
			x = 1
		}
		oneHot = append(oneHot, e.number(x))
	}
	return oneHot
}

// predict returns row n with the target t, without the classes whose logit is -Inf, and the
// log-sum-exp of its logits.
func (e *evaluation) predict(n int, t []*num) (r row, lse *num) {
	if e.c.Link == losses.SigmoidLink {
		z := e.logits[n]
		if e.c.Temperature != 0 {
			z = e.quo(z, e.number(e.c.Temperature))
		}
		return e.softmax(row{z: []*num{z, e.number(0)}, t: t})
	}
	for k, x := range t {
		at := n*e.b.K + k
		if math.IsInf(e.b.Logits[at], -1) {
			continue
		}
		z := e.logits[at]
		if e.c.FromProbs {
			r.p, r.l = append(r.p, z), append(r.l, e.log(z))
		}
		if e.c.LogitShift != nil {
			z = e.add(z, e.number(e.c.LogitShift[k]))
		}
		if e.c.Temperature != 0 {
			z = e.quo(z, e.number(e.c.Temperature))
		}
		r.z, r.t = append(r.z, z), append(r.t, x)
	}
	if e.c.FromProbs {
		return r, nil
	}
	return e.softmax(r)
}

// softmax completes a row that has logits, and returns their log-sum-exp.
func (e *evaluation) softmax(r row) (row, *num) {
	most := e.number(0) // a constant: softmax and log-sum-exp do not depend on it
	most.v.Set(slices.MaxFunc(r.z, func(a, b *num) int { return a.v.Cmp(b.v) }).v)
	most.size.Abs(most.v)
	total := e.number(0)
	var exps, below []*num
	for _, z := range r.z {
		below = append(below, e.sub(z, most))
		exps = append(exps, e.exp(below[len(below)-1]))
		total = e.add(total, exps[len(exps)-1])
	}
	log := e.log(total)
	for k := range r.z {
		r.p, r.l = append(r.p, e.quo(exps[k], total)), append(r.l, e.sub(below[k], log))
	}
	return r, e.add(most, log)
}
