package losses

import (
	"fmt"
	"reflect"

	"gorgonia.org/tensor"

	"softloss/losses/internal/kernel"
)

// HessianVector returns the product of the Hessian of the loss with respect to the logits
// with a vector v. For cross entropy, with S the sum of the target and p the softmax, a row is
//
//	S p∘(v - ⟨p,v⟩)
//
// and for a loss Σ_k t_k φ(log p_k), with a = v - ⟨p,v⟩, h_k = t_k φ'(l_k) and d_k = t_k φ”(l_k),
//
//	d∘a - p ⟨d,a⟩ - (Σ_k h_k) p∘a.
//
// Shapes: logits and v [N, K], target as for [Criterion.Eval]; the result [N, K]. The Hessian is that of the
// reduced loss; with None of the sum. Cross entropy, [GCE], [Focal] and [Poly1] have second derivatives here.
//
// Errors: those of Eval, [ErrShape] and [ErrDtype] for a v unlike the logits, [ErrLoss] for other losses and with FromProbs.
func (c Criterion) HessianVector(logits, target, v tensor.Tensor) (*tensor.Dense, error) {
	out, err := c.newOutputs(logits, target, true)
	if err != nil {
		return nil, err
	}
	d, err := denseOf("direction", v)
	if err != nil {
		return nil, err
	}
	if err := c.EvalInto(Outputs{Grad: out.Grad}, Inputs{Logits: logits, Target: target, Direction: d}); err != nil {
		return nil, err
	}
	return out.Grad, nil
}

// TwiceDifferentiable reports whether the criterion has the second derivatives that [Inputs].Direction asks for.
func (c Criterion) TwiceDifferentiable() bool {
	_, ok := familyOf(c.loss())
	return ok && !c.FromProbs
}

// loadDirection reads the direction of second derivatives.
func (e *engine[T]) loadDirection(v tensor.Tensor, z *tensor.Dense) error {
	if !e.criterion.TwiceDifferentiable() {
		return argError(ErrLoss, "loss", fmt.Sprintf("%T", e.criterion.loss()), "has no second derivatives here",
			"CrossEntropy, GCE, Focal or Poly1 from logits")
	}
	d, err := likeOf("direction", v, z.Dtype(), z.Shape()...)
	if err != nil {
		return err
	}
	e.direction, err = floats("direction", d, e.axis, &e.buf.direction)
	return err
}

// phi is φ of a separable loss and its derivatives.
type phi struct {
	cross  bool // cross entropy: φ = -l
	family kernel.Family
	a      float64
}

// familyOf returns the φ of a loss that is separable.
func familyOf(l Loss) (phi, bool) {
	switch s := l.(type) {
	case CrossEntropy:
		return phi{cross: true}, true
	case separable:
		f, a := s.family()
		own, ok := s.(fused) // and not a loss that embeds one
		return phi{family: f, a: a}, ok && own.itself() == reflect.TypeOf(l)
	}
	return phi{}, false
}

func (f phi) at(l, q float64) (v, dv, d2v float64) {
	if f.cross {
		return -l, -1, 0
	}
	return kernel.Phi(f.family, f.a, l, q)
}

// directionBlock computes the derivatives of the rows' losses along the direction, and their gradients.
func directionBlock[T kernel.Float](b *block[T]) {
	f, _ := familyOf(b.criterion.loss())
	k := b.k
	w := grow(&b.wide, 8*k)
	z, l, p, t, a, d, tg, labels := w[:k], w[k:2*k], w[2*k:3*k], w[3*k:4*k], w[4*k:5*k], w[5*k:6*k], w[6*k:7*k], w[7*k:]
	for i := range b.loss {
		lo := i * k
		if !b.rowTarget(t, i) {
			b.bad = i
			return
		}
		b.along(i, z, l, p, a)
		// Σ t φ' a, Σ t φ', ⟨d, a⟩
		var slope, sum, da float64
		for j := range p {
			_, df, d2f := f.at(l[j], rest(l[j], p[j]))
			tg[j] = times(df, a[j])
			h := times(t[j], df)
			d[j] = times(a[j], times(t[j], d2f))
			slope += h * a[j]
			sum += h
			da += d[j]
		}
		b.loss[i] = slope
		if b.grad != nil {
			c := b.factor(b.scale, i)
			for j := range p {
				b.grad[lo+j] = T(c * (d[j] - p[j]*da - sum*p[j]*a[j]))
			}
		}
		if b.targetGrad != nil {
			b.storeTargetGrad(i, tg, labels)
		}
	}
}

// along stores logits, log-softmax and softmax of row i and a = v - ⟨p,v⟩, v the direction in the logits that the loss sees.
func (b *block[T]) along(i int, z, l, p, a []float64) {
	k := b.k
	for j, v := range b.input[i*k : (i+1)*k] {
		z[j] = float64(v)
	}
	kernel.LogSoftmax(l, z, k)
	kernel.Softmax(p, z, k)
	var mean float64
	for j, v := range b.direction[i*k : (i+1)*k] {
		a[j] = float64(v) / b.criterion.temperature()
		mean += p[j] * a[j]
	}
	for j := range a {
		a[j] -= mean
	}
}

// addZLossAlong is addZLoss for the derivative along the direction: 2 ZLoss lse ⟨p,v⟩, with the gradient
// 2 ZLoss (⟨p,v⟩ p + lse p∘(v - ⟨p,v⟩)).
func (b *block[T]) addZLossAlong(i int, z, p []T, lse float64) {
	k, t := b.k, b.criterion.temperature()
	kernel.Softmax(p, z, k)
	v := b.direction[i*k : (i+1)*k]
	var mean float64
	for j := range v {
		mean += float64(p[j]) * float64(v[j]) / t
	}
	b.loss[i] += 2 * b.criterion.ZLoss * lse * mean
	if b.grad == nil {
		return
	}
	c := 2 * b.criterion.ZLoss * b.factor(b.plainScale, i) / t
	for j, g := range b.grad[i*k : (i+1)*k] {
		x := float64(p[j]) * (mean + lse*(float64(v[j])/t-mean))
		b.grad[i*k+j] = T(float64(g) + c*x)
	}
}
