package losses

import (
	"fmt"

	"gorgonia.org/tensor"
)

// Criterion is a loss with everything that surrounds it. Its zero value is the
// mean cross entropy from logits, without smoothing.
//
// It is evaluated on tensors by Eval, EvalGrad and EvalInto, and becomes a node of a
// Gorgonia graph by graph.Apply: the same definition, the same numbers.
type Criterion struct {
	Loss      Loss      // nil means CrossEntropy{}
	Smoothing Smoothing // of the labels, before the loss sees them
	Reduction Reduction // of the rows' losses

	// FromProbs says that the first argument holds probabilities instead of
	// logits. A value outside [0, 1] is then an error; nothing is renormalised, and
	// the loss and its gradient use max(p, tiny), tiny the smallest normal
	// number of the dtype. Prefer logits: a probability has forgotten what is beyond 1e-38.
	FromProbs bool
}

// loss returns the criterion's loss, never nil.
func (c Criterion) loss() Loss {
	if c.Loss == nil {
		return CrossEntropy{}
	}
	return c.Loss
}

// Validate returns an error when a parameter is out of range, whatever the
// tensors: [ErrAlpha], [ErrSmoothing], [ErrReduction], [ErrParam] or what the loss's own
// Validate returns.
func (c Criterion) Validate() error {
	if err := c.Reduction.Validate(); err != nil {
		return err
	}
	if err := c.Smoothing.Validate(); err != nil {
		return err
	}
	if v, ok := c.loss().(Validator); ok {
		if err := v.Validate(); err != nil {
			return fmt.Errorf("losses: loss: %w", err)
		}
	}
	return nil
}

// Check is Validate and says also whether the criterion accepts these logits (or
// probabilities) and this target, by shape and dtype: logits [N, K] float32 or float64,
// target [N, K] of the same dtype or [N] of int, int32 or int64.
//
// Errors: those of Validate, [ErrNil], [ErrShape], [ErrDtype], [ErrSmoothing] for a prior that is not of length K.
func (c Criterion) Check(logits, target Operand) error {
	if err := c.Validate(); err != nil {
		return err
	}
	return c.checkOperands(logits, target)
}

// checkOperands is the part of Check that depends on the operands.
func (c Criterion) checkOperands(logits, target Operand) error {
	if missing(logits) {
		return argError(ErrNil, c.inputName(), "nil", "is no tensor", "logits [N, K]")
	}
	if missing(target) {
		return argError(ErrNil, "labels", "nil", "is no tensor", "labels [N, K] or index [N]")
	}
	if err := checkFloat(c.inputName(), logits.Dtype()); err != nil {
		return err
	}
	s := logits.Shape()
	if err := checkMatrix(c.inputName(), s); err != nil {
		return err
	}
	if err := c.Smoothing.priorFor(s[1]); err != nil {
		return err
	}
	dt := target.Dtype()
	switch {
	case isIndex(dt):
		return checkShape("index", target.Shape(), s[0])
	case dt != tensor.Float32 && dt != tensor.Float64:
		return argError(ErrDtype, "labels", "dtype "+dt.String(), "is not supported",
			logits.Dtype().String()+" labels [N, K], or index [N] of int, int32 or int64")
	case dt != logits.Dtype():
		return argError(ErrDtype, "labels", "dtype "+dt.String(), "differs from the "+c.inputName(), logits.Dtype().String())
	}
	return checkShape("labels", target.Shape(), s...)
}

// inputName is what errors call the first argument.
func (c Criterion) inputName() string {
	if c.FromProbs {
		return "probs"
	}
	return "logits"
}

// Eval returns the loss: a scalar tensor, or [N] with Reduction None.
//
// Shapes: logits [N, K] (probabilities with FromProbs), target [N, K] of the same dtype or
// index [N]; the result has the dtype of the logits. Views and transposed
// tensors are read as they are; nothing is modified.
//
// Errors: those of [Criterion.Check], [ErrLabel] for a negative, NaN or infinite label, [ErrIndex] for a class
// outside [0, K), [ErrProb] for a probability outside [0, 1], [ErrLoss]; each names the row and column.
func (c Criterion) Eval(logits, target tensor.Tensor) (*tensor.Dense, error) {
	out, err := c.newOutputs(logits, target, false)
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
	out, err := c.newOutputs(logits, target, true)
	if err != nil {
		return nil, nil, err
	}
	if err := c.EvalInto(out, Inputs{Logits: logits, Target: target}); err != nil {
		return nil, nil, err
	}
	return out.Loss, out.Grad, nil
}

// newOutputs makes the tensors that Eval and EvalGrad return.
func (c Criterion) newOutputs(logits, target tensor.Tensor, grad bool) (out Outputs, err error) {
	z, err := denseOf(c.inputName(), logits)
	if err != nil {
		return out, err
	}
	t, err := denseOf("labels", target)
	if err != nil {
		return out, err
	}
	if err := c.Check(z, t); err != nil {
		return out, err
	}
	if c.Reduction.scalar() {
		out.Loss = newScalar(z.Dtype())
	} else {
		out.Loss = tensor.New(tensor.Of(z.Dtype()), tensor.WithShape(z.Shape()[0]))
	}
	if grad {
		out.Grad = tensor.New(tensor.Of(z.Dtype()), tensor.WithShape(z.Shape()...))
	}
	return out, nil
}
