package oracle

import (
	"math"
	"math/big"
	"slices"

	"softloss/losses"
)

// Batch is what a criterion is evaluated on: N rows of K numbers each, one after the other, all of
// them numbers of the dtype that is tested. Under SigmoidLink every one of them is a question.
type Batch struct {
	N, K     int
	Logits   []float64 // probabilities for a criterion with FromProbs
	Labels   []float64 // nil where there is an index
	Index    []int     // under SigmoidLink, with K = 1, the labels 0 and 1
	Weights  []float64 // of the rows, or of the questions; nil for 1 each
	Upstream []float64 // one, or one for each loss with None; nil for 1
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
// not NCE. Single says that b is one of float32: where a derivative is infinite, that at the
// nearest float32 stands for it, and Size takes the arguments of functions for exact; for float64
// they are taken for rounded as the results are.
func Evaluate(c losses.Criterion, b Batch, single bool) (Result, error) {
	e := evaluation{tape: tape{prec: precision(c, b), rounded: !single}, c: c, b: b, single: single}
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
		edge := b.Labels[i] == 0 || b.Labels[i] == 1
		skip := edge && !differentiableAtZero(c.Loss) || math.IsInf(b.Logits[i], -1)
		r.TargetGrad = append(r.TargetGrad, Value{Exact: x.slope, Size: x.steep, Skip: skip})
	}
	for i, x := range e.weights {
		v := Value{Exact: x.slope, Size: x.steep}
		if b.Weights[i] == 0 { // removed: its slope is defined as 0
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
			low := z - c.AngularMargin
			if c.Margins != nil {
				low -= 2 * math.Abs(c.Margins[k])
			}
			least, most = min(least, low), max(most, z)
			if c.Link == losses.SigmoidLink {
				least, most = min(least, 0), max(most, 0)
			}
		}
		apart = max(apart, most-least)
	}
	if c.Temperature > 0 {
		apart /= c.Temperature
	}
	apart = min(apart, 800) // beyond, p is 0 for a float64, and 1 - p is added up from others
	if l, ok := c.Loss.(losses.BiTempered); ok && l.T2 > 1 {
		apart = min(apart, 100) // its p is a power of the distance
	}
	return 192 + 64*uint(apart*2*math.Log2E/64)
}

// evaluation is one evaluation of a criterion on a tape.
type evaluation struct {
	tape
	c                       losses.Criterion
	b                       Batch
	single                  bool
	logits, labels, weights []*num
}

// units returns how many losses there are before the reduction: the rows, or the questions.
func (e *evaluation) units() int {
	if e.c.Link == losses.SigmoidLink {
		return e.b.N * e.b.K
	}
	return e.b.N
}

// weight returns the sample weight of unit n, nil for 1.
func (e *evaluation) weight(n int) *num {
	if e.weights == nil {
		return nil
	}
	return e.weights[n*len(e.weights)/e.units()]
}

// kept reports whether unit n takes part.
func (e *evaluation) kept(n int) bool {
	if w := e.weight(n); w != nil && w.v.Sign() == 0 {
		return false
	}
	return e.b.Index == nil || !slices.Contains(e.c.Ignore, e.b.Index[n*e.b.N/e.units()])
}

// read makes numbers of what the cost is differentiated by.
func (e *evaluation) read() {
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
}

// cost returns the sum of the losses, each times its upstream gradient, and the losses: one, or one
// a unit with None.
func (e *evaluation) cost() (cost *num, out []*num, err error) {
	e.read()
	sum, mass, count := e.number(0), e.number(0), 0
	for n := range e.units() {
		l := e.number(0)
		if e.kept(n) {
			count++
			of, s, err := e.unit(n)
			if err != nil {
				return nil, nil, err
			}
			if w := e.weight(n); w != nil {
				of, s = e.mul(w, of), e.mul(w, s)
			}
			l, mass = of, e.add(mass, s)
		}
		sum = e.add(sum, l)
		out = append(out, l)
	}
	divisor := e.number(1)
	switch e.c.Reduction {
	case losses.None:
		cost = e.number(0)
		for n, l := range out {
			cost = e.add(cost, e.scale(e.upstream(n), l))
		}
		return cost, out, nil
	case losses.Mean:
		divisor = e.number(float64(count))
	case losses.WeightedMean:
		divisor = mass
	}
	if divisor.v.Sign() == 0 {
		sum = e.number(0)
	} else {
		sum = e.quo(sum, divisor)
	}
	return e.scale(e.upstream(0), sum), []*num{sum}, nil
}

// upstream returns the upstream gradient of loss n.
func (e *evaluation) upstream(n int) float64 {
	if e.b.Upstream == nil {
		return 1
	}
	return e.b.Upstream[n]
}

// unit returns the loss of unit n before its sample weight, and its mass S.
func (e *evaluation) unit(n int) (loss, mass *num, err error) {
	labels := e.target(n)
	weighted := e.weigh(n, labels)
	mass = e.sum(weighted)
	factor := e.number(1)
	linear, ok := e.c.Loss.(losses.LinearLoss)
	weighs := e.c.ClassWeights != nil || e.c.PosWeight != nil
	if weighs && e.c.Loss != nil && !(ok && linear.LinearInTarget()) {
		if plain := e.sum(labels); plain.v.Sign() > 0 {
			factor = e.quo(mass, plain)
		}
		weighted = labels
	}
	smoothing := e.c.Smoothing
	if e.c.Link == losses.SigmoidLink { // the prior is that of the negative class, then of the positive one
		smoothing.Prior = slices.Clone(smoothing.Prior)
		slices.Reverse(smoothing.Prior)
	}
	r, lse := e.predict(n, labels, e.smooth(smoothing, weighted))
	if loss, err = e.loss(e.c.Loss, r); err != nil {
		return nil, nil, err
	}
	if e.c.Link == losses.SigmoidLink && e.c.ClassWeights != nil {
		w := e.number(e.ofClass(e.c.ClassWeights, n))
		factor, mass = e.mul(w, factor), e.mul(w, mass)
	}
	loss = e.mul(factor, loss)
	if e.c.ZLoss != 0 {
		loss = e.add(loss, e.scale(e.c.ZLoss, e.mul(lse, lse)))
	}
	return loss, mass, nil
}
