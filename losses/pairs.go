package losses

import (
	"softloss/internal/dense"
	"softloss/losses/internal/kernel"
)

// evaluateElements evaluates the elements of b, by a kernel or as rows of two classes. It returns
// the first element with an invalid label, or -1.
func evaluateElements[T kernel.Float](b *batch[T], l Loss, linear bool) (bad int) {
	if bad, ok := sigmoidRows(b, l, linear); ok {
		return bad
	}
	if bad = b.badShare(); bad >= 0 {
		return bad
	}
	p := b.pairs(linear)
	if bad = evaluateRows(&p, l); bad < 0 {
		b.collect(&p, linear)
	}
	return bad
}

// pairs returns the elements as rows of two classes, in scratch memory.
func (b *batch[T]) pairs(linear bool) batch[T] {
	p := *b
	p.link, p.k, p.twins = SoftmaxLink, 2, true
	p.shift, p.classWeights, p.posWeight, p.rowWeight = nil, nil, nil, nil
	buf := dense.Grow(&b.paired, 10*b.n)
	field := func(j int) []T { return buf[2*j*b.n : 2*(j+1)*b.n] }
	p.input, p.target = field(0), field(1)
	p.labels = p.target
	for i, t := range b.target {
		p.input[2*i], p.input[2*i+1] = b.pair(i)
		if p.target[2*i], p.target[2*i+1] = t, 1-t; linear && b.posWeight != nil {
			q := b.ofClass(b.posWeight, i)
			p.target[2*i] = stillPositive(b.smoothing, T(q*float64(t)), t, q)
		}
	}
	if b.grad != nil {
		p.grad = field(2)
	}
	if b.targetGrad != nil {
		p.targetGrad = field(3)
	}
	if b.direction != nil {
		p.direction = field(4)
		for i, v := range b.direction {
			p.direction[2*i], p.direction[2*i+1] = v, 0
		}
	}
	return p
}

// pair returns the logits, or the probabilities, of the two classes of element i: (z, 0), or (0,
// -z), which is the same to the softmax, so that a z that leaves the dtype when it is divided is a
// sure one.
func (b *batch[T]) pair(i int) (yes, no T) {
	z := b.input[i]
	switch {
	case b.probs:
		return z, 1 - z
	case !b.shiftsLogits() || !finite(z):
		return z, 0
	}
	x := float64(z)
	if b.shift != nil {
		x += b.shift[b.class(i)]
	}
	if x /= b.temperature; x > 0 {
		return 0, T(-x)
	}
	return T(x), 0
}

// collect stores the gradients of the elements, computed from those of the pairs p.
func (b *batch[T]) collect(p *batch[T], linear bool) {
	for i := range b.grad {
		g := p.grad[2*i]
		if b.probs {
			g -= p.grad[2*i+1]
		}
		b.grad[i] = g
	}
	rule, _ := b.smoothing.ofElements()
	for i := range b.targetGrad {
		q, w := b.ofClass(b.posWeight, i), b.ofClass(b.classWeights, i)
		by := func(q float64) float64 {
			yes, no := labelFactors(rule, q)
			return times(yes, float64(p.targetGrad[2*i])) + times(no, float64(p.targetGrad[2*i+1]))
		}
		g := by(q)
		if !linear { // the derivative of (q t + 1 - t) L
			g = b.elementMass(i)*by(1) + times((q-1)*b.shareOf(i)*b.lift, b.loss[i])
		}
		b.targetGrad[i] = T(w * g)
	}
}
