package losses

import (
	"fmt"
	"math"
	"slices"

	"gorgonia.org/tensor"

	"softloss/internal/dense"
)

// Criterion is a loss with everything that surrounds it. Its zero value is the mean cross entropy
// from logits, without smoothing or weights; fields that are zero are off and cost nothing.
//
// It is evaluated on tensors by Eval, EvalGrad and EvalInto, and becomes a node of a
// Gorgonia graph by graph.Apply: the same definition, the same numbers.
//
// With logits z, labels t and class weights w a row is computed in this order:
//
//	z' = (z + LogitShift) / Temperature     what the loss takes the softmax of
//	τ = w∘t, then smoothed                  its target; see ClassWeights for losses that are not linear in it
//	L_n = Loss(z', τ) + ZLoss lse(z')²
type Criterion struct {
	Loss      Loss      // nil means CrossEntropy{}
	Smoothing Smoothing // of the labels, after the class weights
	Reduction Reduction // of the rows' losses

	// FromProbs says that the first argument holds probabilities instead of
	// logits. A value outside [0, 1] is then an error; nothing is renormalised, and
	// the loss and its gradient use max(p, tiny), tiny the smallest normal
	// number of the dtype. Prefer logits: a probability has forgotten what is beyond 1e-38.
	// Temperature, LogitShift and ZLoss have no meaning then and must be off.
	FromProbs bool

	// ClassWeights are K finite numbers >= 0; nil means 1 each. They weigh the labels before the
	// smoothing, τ = w∘t, so that they do not bend the smoothed distribution: with SmoothPrior a
	// smoothed one-hot row of class y is w_y times what it would be without weights. A loss that is
	// not linear in its target ([LinearLoss]) is computed on the labels as they are, and the row
	// multiplied by Σ_k w_k t_k / Σ_k t_k instead; for an index both are the factor w_y. A row all
	// of whose labels have weight 0 costs nothing, whatever it holds.
	ClassWeights []float64

	// Ignore lists indices that remove their row, as a sample weight of 0 does. There is no
	// default: any other index outside [0, K) is an error.
	Ignore []int

	// Temperature divides the logits; 0 means 1. The gradient is that of the loss: multiply by
	// Temperature² to keep its size (Hinton et al. 2015, arXiv:1503.02531).
	Temperature float64
	LogitShift  []float64 // K finite numbers added to the logits, see LogitAdjustment
	ZLoss       float64   // factor >= 0 of the squared log-sum-exp of each row (PaLM, arXiv:2204.02311, section 5)

	// Axis is the class axis of logits and labels, 1 for [N, K, H, W] and [N, K, T]; 0 means the
	// last. The other axes, in their order, are the rows: an index, sample weights and a loss with
	// None have their shape.
	Axis int
}

// loss returns the criterion's loss, never nil.
func (c Criterion) loss() Loss {
	if c.Loss == nil {
		return CrossEntropy{}
	}
	return c.Loss
}

// temperature returns what the logits are divided by.
func (c Criterion) temperature() float64 {
	if c.Temperature == 0 {
		return 1
	}
	return c.Temperature
}

// Validate returns an error when a parameter is out of range, whatever the tensors: [ErrAlpha],
// [ErrSmoothing], [ErrReduction], [ErrWeight], [ErrParam] or what the loss's own Validate returns.
func (c Criterion) Validate() error {
	if err := c.Reduction.Validate(); err != nil {
		return err
	}
	if err := c.Smoothing.Validate(); err != nil {
		return err
	}
	for k, w := range c.ClassWeights {
		if !(w >= 0) || math.IsInf(w, 1) {
			return argError(ErrWeight, "class weights", fmt.Sprintf("class %d: %v", k, w), "is out of range",
				"a finite number >= 0")
		}
	}
	for k, s := range c.LogitShift {
		if s-s != 0 {
			return argError(ErrParam, "logit shift", fmt.Sprintf("class %d: %v", k, s), "is out of range",
				"a finite number")
		}
	}
	if !(c.Temperature >= 0) || math.IsInf(c.Temperature, 1) {
		return argError(ErrParam, "temperature", c.Temperature, "is out of range", "a finite number > 0, or 0 for 1")
	}
	if !(c.ZLoss >= 0) || math.IsInf(c.ZLoss, 1) {
		return argError(ErrParam, "z-loss", c.ZLoss, "is out of range", "a finite number >= 0")
	}
	if c.FromProbs && (c.Temperature != 0 && c.Temperature != 1 || c.LogitShift != nil || c.ZLoss != 0) {
		return argError(ErrParam, "probs", "FromProbs", "has no logits for Temperature, LogitShift or ZLoss",
			"those off, or logits")
	}
	if err := checkLoss(c.loss()); err != nil {
		return within("loss", err)
	}
	if n, ok := c.loss().(interface{ needsLogits() bool }); ok && c.FromProbs && n.needsLogits() {
		return argError(ErrParam, "probs", fmt.Sprintf("%T", c.loss()), "has a softmax of its own", "logits")
	}
	if c.Axis < 0 {
		return argError(ErrShape, "axis", c.Axis, "is negative", "the class axis, 0 for the last")
	}
	return nil
}

// Check is Validate and says also whether the criterion accepts these logits (or probabilities) and
// this target, by shape and dtype. Logits are float32 or float64 [N, K], or [K] for one row, or
// have more dimensions, those beside the class axis being the rows. A target is labels of the shape
// and dtype of the logits, or an index of any integer type, of the shape of the rows,
// [N], or with an axis of one where the classes are, [N, 1].
//
// Errors: those of Validate, [ErrNil], [ErrShape], [ErrDtype], and those of numbers a class that
// are not K: [ErrSmoothing], [ErrWeight], [ErrParam].
func (c Criterion) Check(logits, target Operand) error {
	if err := c.Validate(); err != nil {
		return err
	}
	if missing(logits) {
		return argError(ErrNil, c.inputName(), "nil", "is no tensor", "logits [N, K]")
	}
	if missing(target) {
		return argError(ErrNil, "labels", "nil", "is no tensor", "labels [N, K] or index [N]")
	}
	if err := c.checkLogits(logits); err != nil {
		return err
	}
	s, ts, dt := logits.Shape(), target.Shape(), target.Dtype()
	switch {
	case dense.IsInteger(dt):
		return c.checkRowShape("index", ts, s)
	case dt != tensor.Float32 && dt != tensor.Float64:
		return argError(ErrDtype, "labels", "dtype "+dt.String(), "is not supported",
			logits.Dtype().String()+" labels [N, K], or index [N] of integers")
	case dt != logits.Dtype():
		return argError(ErrDtype, "labels", "dtype "+dt.String(), "differs from the "+c.inputName(),
			logits.Dtype().String())
	}
	return c.checkLabels(ts, s)
}

// checkLabels wants labels of the shape of the logits.
func (c Criterion) checkLabels(labels, logits tensor.Shape) error {
	if c.fitsRows(labels, logits) && !slices.Equal(labels, logits) {
		return shapeError("labels", labels,
			fmt.Sprintf("shape %v, or an index of integers if these are class numbers", logits))
	}
	return checkShape("labels", labels, logits...)
}

// checkLogits checks dtype and shape of the logits and the lengths of what has a number a class.
func (c Criterion) checkLogits(logits Operand) error {
	arg, s := c.inputName(), logits.Shape()
	if err := checkFloat(arg, logits.Dtype()); err != nil {
		return err
	}
	if c.Axis > 0 && c.Axis >= len(s) {
		return argError(ErrShape, arg, fmt.Sprintf("shape %v", s), fmt.Sprintf("has no axis %d", c.Axis),
			fmt.Sprintf("more than %d dimensions", c.Axis))
	}
	if err := checkFull(arg, s); err != nil {
		return err
	}
	k := s[c.axis(s)]
	if err := c.Smoothing.priorFor(k); err != nil {
		return err
	}
	if c.ClassWeights != nil && len(c.ClassWeights) != k {
		return argError(ErrWeight, "class weights", fmt.Sprintf("length %d", len(c.ClassWeights)), "is wrong",
			fmt.Sprintf("%d, a number for each class", k))
	}
	if c.LogitShift != nil && len(c.LogitShift) != k {
		return argError(ErrParam, "logit shift", fmt.Sprintf("length %d", len(c.LogitShift)), "is wrong",
			fmt.Sprintf("%d, a number for each class", k))
	}
	return nil
}

// axis returns the class axis of logits of shape s.
func (c Criterion) axis(s tensor.Shape) int {
	if c.Axis == 0 {
		return len(s) - 1
	}
	return c.Axis
}

// RowShape returns the shape of what the rows have one of, an index, sample weights, losses with
// None: the shape s of the logits without the class axis. It wants an s that Check accepts.
func (c Criterion) RowShape(s tensor.Shape) tensor.Shape {
	a := c.axis(s)
	return append(append(tensor.Shape{}, s[:a]...), s[a+1:]...)
}

// CheckSampleWeights says whether sample weights have the dtype of the logits, which Check accepts,
// and a shape that the rows have. Errors: [ErrNil], [ErrShape], [ErrDtype].
func (c Criterion) CheckSampleWeights(weights, logits Operand) error {
	if missing(weights) {
		return argError(ErrNil, "sample weights", "nil", "is no tensor",
			fmt.Sprintf("shape %v", c.RowShape(logits.Shape())))
	}
	return c.checkPerRow("sample weights", weights, logits)
}

// checkPerRow wants floats of the logits' dtype, one for every row.
func (c Criterion) checkPerRow(arg string, x, logits Operand) error {
	if x.Dtype() != logits.Dtype() {
		return argError(ErrDtype, arg, "dtype "+x.Dtype().String(), "is wrong", logits.Dtype().String())
	}
	return c.checkRowShape(arg, x.Shape(), logits.Shape())
}

// fitsRows reports whether s is the shape of what the rows of logits have one of, as RowShape has
// it or with an axis of one element in place of the class axis.
func (c Criterion) fitsRows(s, logits tensor.Shape) bool {
	a := c.axis(logits)
	if len(s) == len(logits) {
		return s[a] == 1 && slices.Equal(s[:a], logits[:a]) && slices.Equal(s[a+1:], logits[a+1:])
	}
	return len(s) == len(logits)-1 && slices.Equal(s[:a], logits[:a]) && slices.Equal(s[a:], logits[a+1:])
}

// checkRowShape wants s to be such a shape.
func (c Criterion) checkRowShape(arg string, s, logits tensor.Shape) error {
	if c.fitsRows(s, logits) {
		return nil
	}
	return shapeError(arg, s, fmt.Sprintf("shape %v", c.RowShape(logits)))
}

// inputName is what errors call the first argument.
func (c Criterion) inputName() string {
	if c.FromProbs {
		return "probs"
	}
	return "logits"
}
