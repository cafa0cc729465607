package losses

import "gorgonia.org/tensor"

// HessianVector returns the product of the Hessian of the loss with respect to the logits
// with a vector v. For cross entropy, with S the sum of the target and p the softmax, a row is
//
//	S p∘(v - ⟨p,v⟩)
//
// and for a loss Σ_k t_k φ(log p_k), with a = v - ⟨p,v⟩, h_k = t_k φ'(l_k) and d_k = t_k φ″(l_k),
//
//	d∘a - p ⟨d,a⟩ - (Σ_k h_k) p∘a.
//
// That of [KL] is cross entropy's; [Sparsemax] and [Entmax15] have those of their maps.
//
// Shapes: logits and v [N, K], target as for [Criterion.Eval]; the result [N, K]. The Hessian is
// that of the reduced loss; with None of the sum. Beside these losses only [GCE], [Focal], [Poly1],
// [AGCE], [AUL] and [AEL] have second derivatives here.
//
// Errors: those of Eval, [ErrShape] and [ErrDtype] for a v unlike the logits, [ErrLoss] for other
// losses and with FromProbs.
func (c Criterion) HessianVector(logits, target, v tensor.Tensor) (*tensor.Dense, error) {
	out, err := c.newOutputs(logits, true)
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

// TwiceDifferentiable reports whether the criterion has the second derivatives that
// [Inputs].Direction asks for.
func (c Criterion) TwiceDifferentiable() bool {
	_, separable := phiOf(c.loss())
	_, sparse := sparseOf(c.loss())
	return (separable || sparse) && !c.FromProbs
}
