package losses

import (
	"gorgonia.org/tensor"

	"softloss/internal/dense"
	"softloss/losses/internal/kernel"
)

// Inputs are the tensors that a criterion reads. Logits and Target are
// required; the others may be nil.
type Inputs struct {
	Logits tensor.Tensor // [N, K]; probabilities with Criterion.FromProbs
	Target tensor.Tensor // [N, K] of the same dtype, or index [N]

	// SampleWeights [N], of the logits' dtype, finite and >= 0, multiply the losses of the rows. A
	// row of weight 0 is removed: its loss and gradients are 0 even where they would be NaN, its
	// labels are not looked at, and Mean does not count it. Nil means 1 each.
	SampleWeights tensor.Tensor
	// Upstream is the derivative of a cost with respect to the loss, of the loss's shape (scalar,
	// or [N] with None) and the logits' dtype; the gradients are multiplied by it. Nil means 1.
	Upstream tensor.Tensor

	// Direction [N, K], of the logits' dtype, asks for second derivatives. With a direction v the
	// losses are replaced by their derivatives along v, v·dL_n/dlogits, and everything that Outputs
	// hold is that of these: Grad is the Hessian-vector product. See [Criterion.HessianVector].
	Direction tensor.Tensor
}

// Outputs are the tensors that a criterion writes: contiguous, of the logits' dtype, of the shape
// given here, and without memory in common with each other, with the inputs or with the slices of
// the criterion. What is nil is not computed. After an error their content means nothing.
type Outputs struct {
	Loss       *tensor.Dense // scalar, or [N] with None
	Grad       *tensor.Dense // [N, K], the derivative with respect to the logits
	TargetGrad *tensor.Dense // [N, K], the derivative with respect to the labels; index targets have none
	WeightGrad *tensor.Dense // [N], the derivative with respect to the sample weights, 0 for a removed row
}

// EvalInto computes what dst asks for into the caller's tensors. It allocates nothing once it has
// run on these shapes, with every loss of this package and every option; a loss of your own costs
// a few goroutines. Several goroutines may call it at once.
//
// Errors: those of [Criterion.Eval], also for the tensors of dst, and [ErrWeight] for a sample
// weight that is negative, NaN or infinite, and a mass that is too large or small (see
// [Reduction]).
func (c Criterion) EvalInto(dst Outputs, in Inputs) error {
	if c.plain() && c.evalPlainly(&dst, &in) {
		return nil
	}
	z, t, err := c.operands(in.Logits, in.Target)
	if err != nil {
		return err
	}
	if z.Dtype() == tensor.Float32 {
		return evalInto[float32](&c, &dst, &in, z, t)
	}
	return evalInto[float64](&c, &dst, &in, z, t)
}

// Eval returns the loss: a scalar tensor, or [N] with Reduction None.
//
// Shapes: logits [N, K] (probabilities with FromProbs), target [N, K] of the same dtype or index
// [N], or what else [Criterion.Check] accepts; the result has the dtype of the logits. Views and
// transposed tensors are read as they are; nothing is modified.
//
// Errors: those of [Criterion.Check], [ErrLabel] for a negative, NaN or infinite label, [ErrIndex]
// for a class outside [0, K), [ErrProb] for a probability outside [0, 1], [ErrLoss]; each names the
// row and column.
func (c Criterion) Eval(logits, target tensor.Tensor) (*tensor.Dense, error) {
	out, err := c.newOutputs(logits, false)
	if err != nil {
		return nil, err
	}
	if err := c.EvalInto(out, Inputs{Logits: logits, Target: target}); err != nil {
		return nil, err
	}
	return out.Loss, nil
}

// EvalGrad returns the loss as Eval does, and its gradient with respect to the logits
// (the probabilities with FromProbs) in one pass over the data. With Reduction None it is the
// gradient of the sum of the losses.
//
// Shapes: loss scalar or [N], grad [N, K]. Errors are those of Eval.
func (c Criterion) EvalGrad(logits, target tensor.Tensor) (loss, grad *tensor.Dense, err error) {
	out, err := c.newOutputs(logits, true)
	if err != nil {
		return nil, nil, err
	}
	if err := c.EvalInto(out, Inputs{Logits: logits, Target: target}); err != nil {
		return nil, nil, err
	}
	return out.Loss, out.Grad, nil
}

// newOutputs makes the tensors that Eval and EvalGrad return, for EvalInto to check all else.
func (c *Criterion) newOutputs(logits tensor.Tensor, grad bool) (out Outputs, err error) {
	z, err := denseOf(c.inputName(), logits)
	if err != nil {
		return out, err
	}
	if c.Reduction.scalar() {
		out.Loss = dense.New(z.Dtype())
	} else {
		out.Loss = dense.New(z.Dtype(), c.RowShape(z.Shape())...)
	}
	if grad {
		out.Grad = dense.Unset(z.Dtype(), z.Shape()...)
	}
	return out, nil
}

// evalPlainly reports whether evalPlain was for what is asked, and has computed it.
func (c *Criterion) evalPlainly(dst *Outputs, in *Inputs) bool {
	if in.SampleWeights != nil || in.Direction != nil || dst.TargetGrad != nil || dst.WeightGrad != nil {
		return false
	}
	return evalPlain[float32](c.Reduction, dst.Loss, dst.Grad, in.Logits, in.Target, in.Upstream) ||
		evalPlain[float64](c.Reduction, dst.Loss, dst.Grad, in.Logits, in.Target, in.Upstream)
}

// operands returns logits and target as tensors that the criterion accepts.
func (c *Criterion) operands(logits, target tensor.Tensor) (z, t *tensor.Dense, err error) {
	if z, err = denseOf(c.inputName(), logits); err != nil {
		return nil, nil, err
	}
	if t, err = denseOf("labels", target); err != nil {
		return nil, nil, err
	}
	return z, t, c.check(z, t)
}

func evalInto[T kernel.Float](c *Criterion, dst *Outputs, in *Inputs, z, t *tensor.Dense) error {
	e := borrow[T]()
	defer e.give()
	if err := e.load(c, dst, in, z, t); err != nil {
		return err
	}
	e.setScales(c.Reduction.divide(e.counts))
	if err := e.run(); err != nil {
		return err
	}
	if err := c.Reduction.check(e.counts); err != nil {
		return err
	}
	e.store()
	return nil
}
