package losses

import (
	"fmt"
	"slices"

	"gorgonia.org/tensor"

	"softloss/internal/dense"
	"softloss/internal/phrase"
)

// Check is Validate and says also whether the criterion accepts these logits (or probabilities) and
// this target, by shape and dtype. Logits are float32 or float64 [N, K], or [K] for one row, or
// have more dimensions, those beside the class axis being the rows. A target is labels of the shape
// and dtype of the logits, or an index of any integer type, of the shape of the rows,
// [N], or with an axis of one where the classes are, [N, 1].
//
// Errors: those of Validate, [ErrNil], [ErrShape], [ErrDtype], and [ErrSmoothing], [ErrWeight] or
// [ErrParam] for a field that needs K numbers, one for each class, and has another number of them.
func (c Criterion) Check(logits, target Operand) error { return c.check(logits, target) }

func (c *Criterion) check(logits, target Operand) error {
	if err := c.validate(); err != nil {
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
		if c.fitsRows(ts, s) || c.Link == SigmoidLink && slices.Equal(ts, s) {
			return nil
		}
		return c.indexShapeError(ts, s, logits.Dtype())
	case dt != tensor.Float32 && dt != tensor.Float64:
		return argError(ErrDtype, "labels", "dtype "+dt.String(), "is not supported",
			logits.Dtype().String()+" labels [N, K], or index [N] of integers")
	}
	if err := c.checkLabels(ts, s); err != nil {
		return err
	}
	if dt != logits.Dtype() {
		return argError(ErrDtype, "labels", "dtype "+dt.String(), "differs from the "+c.inputName(),
			logits.Dtype().String())
	}
	return nil
}

// indexShapeError is the error of an index of another shape than logits of the dtype want.
func (c *Criterion) indexShapeError(index, logits tensor.Shape, dt tensor.Dtype) error {
	want := fmt.Sprintf("shape %v", c.indexShape(logits))
	switch {
	case len(index) == 0:
		want += ": package tensor makes a scalar of one number without WithShape"
	case slices.Equal(index, logits) && len(logits) == 1:
		want += ": logits [K] are one row; N questions of one logit each want SigmoidLink"
	case slices.Equal(index, logits):
		want += fmt.Sprintf(", or labels of %v if these are labels", dt)
	default:
		for a := 1; a < len(logits); a++ {
			other := Criterion{Axis: a % (len(logits) - 1)} // 0 is the last
			if other.fitsRows(index, logits) {
				want += fmt.Sprintf(", or Axis %d if the classes are there", other.Axis)
			}
		}
	}
	return shapeError("index", index, want)
}

// checkLabels wants labels of the shape of the logits.
func (c *Criterion) checkLabels(labels, logits tensor.Shape) error {
	if c.fitsRows(labels, logits) && !slices.Equal(labels, logits) {
		return shapeError("labels", labels,
			fmt.Sprintf("shape %v, or an index of integers if these are class numbers", logits))
	}
	return checkShape("labels", labels, logits...)
}

// checkLogits checks dtype and shape of the logits and the lengths of what has a number a class.
func (c *Criterion) checkLogits(logits Operand) error {
	arg, s := c.inputName(), logits.Shape()
	if err := checkFloat(arg, logits.Dtype()); err != nil {
		return err
	}
	if err := checkFull(arg, s); err != nil {
		return err
	}
	if err := c.checkAxis(arg, s); err != nil {
		return err
	}
	k, sigmoid := c.classes(s), c.Link == SigmoidLink
	for i, numbers := range c.perClass() {
		if *numbers == nil {
			continue
		}
		field, want := &perClassFields[i], k
		if sigmoid && i == priorField {
			want = 2
		}
		if err := field.checkLength(len(*numbers), want, sigmoid && field.kind == ErrWeight); err != nil {
			return err
		}
	}
	return nil
}

// checkAxis wants the class axis in logits of shape s.
func (c *Criterion) checkAxis(arg string, s tensor.Shape) error {
	if c.hasAxis(s) {
		return nil
	}
	return argError(ErrShape, arg, fmt.Sprintf("shape %v", s), fmt.Sprintf("has no axis %d", c.Axis),
		"more than "+phrase.Plural(c.Axis, "dimension"))
}

// axis returns the class axis of logits of shape s.
func (c *Criterion) axis(s tensor.Shape) int {
	if c.Axis == 0 {
		return len(s) - 1
	}
	return c.Axis
}

// hasAxis reports whether logits of shape s have the class axis.
func (c Criterion) hasAxis(s tensor.Shape) bool {
	a := c.axis(s)
	return a >= 0 && a < len(s)
}

// RowShape returns the shape of what the losses before the reduction have one of: the shape s of
// the logits without the class axis, which is that of an index and of sample weights, too; with
// SigmoidLink s itself, as for an s without that axis, which Check refuses.
func (c Criterion) RowShape(s tensor.Shape) tensor.Shape {
	if c.Link == SigmoidLink || !c.hasAxis(s) {
		return s.Clone()
	}
	return c.indexShape(s)
}

// indexShape returns the shape of an index: that of the logits without the class axis.
func (c *Criterion) indexShape(s tensor.Shape) tensor.Shape {
	if c.Link == SigmoidLink && len(s) == 1 {
		return s.Clone()
	}
	a := c.axis(s)
	return append(append(tensor.Shape{}, s[:a]...), s[a+1:]...)
}

// CheckSampleWeights says whether sample weights have the dtype of the logits and a shape that the
// rows have; nil stands for none. Errors: [ErrNil], [ErrShape], [ErrDtype], and those of
// [Criterion.Check] for logits.
func (c Criterion) CheckSampleWeights(weights, logits Operand) error {
	if missing(logits) {
		return argError(ErrNil, c.inputName(), "nil", "is no tensor", "logits [N, K]")
	}
	if err := c.checkLogits(logits); err != nil || absent(weights) {
		return err
	}
	if missing(weights) {
		return argError(ErrNil, "sample weights", "a tensor without a dtype", "holds nothing",
			fmt.Sprintf("shape %v", c.RowShape(logits.Shape())))
	}
	if weights.Dtype() == logits.Dtype() && c.fitsRows(weights.Shape(), logits.Shape()) {
		return nil
	}
	return c.checkPerRow("sample weights", weights, logits)
}

// checkPerRow wants floats of the logits' dtype, one for every row.
func (c *Criterion) checkPerRow(arg string, x, logits Operand) error {
	if x.Dtype() != logits.Dtype() {
		return argError(ErrDtype, arg, "dtype "+x.Dtype().String(), "is wrong", logits.Dtype().String())
	}
	return c.checkLossShape(arg, x.Shape(), logits.Shape())
}

// fitsRows reports whether s is the shape of what the rows of logits have one of, as RowShape has
// it or with an axis of one element in place of the class axis.
func (c *Criterion) fitsRows(s, logits tensor.Shape) bool {
	if c.Link == SigmoidLink && len(logits) == 1 {
		return slices.Equal(s, logits)
	}
	a := c.axis(logits)
	if len(s) == len(logits) {
		return s[a] == 1 && slices.Equal(s[:a], logits[:a]) && slices.Equal(s[a+1:], logits[a+1:])
	}
	return len(s) == len(logits)-1 && slices.Equal(s[:a], logits[:a]) && slices.Equal(s[a:], logits[a+1:])
}

// checkLossShape wants s to be the shape of what the losses before the reduction have one of.
func (c *Criterion) checkLossShape(arg string, s, logits tensor.Shape) error {
	if c.Link == SigmoidLink && slices.Equal(s, logits) || c.Link == SoftmaxLink && c.fitsRows(s, logits) {
		return nil
	}
	return shapeError(arg, s, fmt.Sprintf("shape %v", c.RowShape(logits)))
}

// classes returns how many classes logits of shape s have.
func (c *Criterion) classes(s tensor.Shape) int {
	if c.Link == SigmoidLink && len(s) == 1 {
		return 1
	}
	return s[c.axis(s)]
}
