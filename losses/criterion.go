package losses

import (
	"cmp"
	"fmt"
	"math"
	"reflect"
	"slices"
)

// Criterion is a loss with everything that surrounds it. Its zero value is the mean cross entropy
// from logits, without smoothing or weights; fields that are zero are off and cost nothing.
//
// It is evaluated on tensors by Eval, EvalGrad and EvalInto, and becomes a node of a
// Gorgonia graph by graph.Apply: the same definition, the same numbers.
//
// With logits z, labels t and class weights w a row is computed in this order:
//
//	z' = (z - t∘Margins + LogitShift) / Temperature     what the loss takes the softmax of
//	τ = w∘t, then smoothed                              its target; see ClassWeights for losses
//	                                                    that are not linear in it
//	L_n = Loss(z', τ) + ZLoss lse(z')²
type Criterion struct {
	Loss      Loss      // nil means CrossEntropy{}
	Smoothing Smoothing // of the labels, after the class weights
	Reduction Reduction // of the rows' losses
	Link      Link      // what makes probabilities of logits; SigmoidLink makes a row of every element

	// FromProbs says that the first argument holds probabilities instead of
	// logits. A value outside [0, 1] is then an error; nothing is renormalised, and
	// the loss and its gradient use max(p, tiny), tiny the smallest normal
	// number of the dtype. Prefer logits: probabilities cannot tell apart what is below 1e-38.
	// Temperature, LogitShift and ZLoss have no meaning then and must be off.
	FromProbs bool

	// ClassWeights are K finite numbers >= 0; nil means 1 each. They weigh the labels before the
	// smoothing, τ = w∘t, so that they do not bend the smoothed distribution: with SmoothPrior a
	// smoothed one-hot row of class y is w_y times what it would be without weights. A loss that is
	// not linear in its target ([LinearLoss]) is computed on the labels as they are, and the row
	// multiplied by Σ_k w_k t_k / Σ_k t_k instead, by 1 where all labels are 0; for an index both are
	// the factor w_y. A row all of whose labels have weight 0 costs nothing, whatever it holds.
	ClassWeights []float64

	// Margins m are K numbers from -1e30 to 1e30 by which the logits of the labels are lowered,
	// z - t∘m with the labels as they are given (for an index: that of its class alone), so that a
	// class must lead by that much before its row costs little: 0.35 each on cosines with a
	// Temperature of 1/64 for CosFace (Wang et al., CVPR 2018, arXiv:1801.09414, eq. (4)), those of
	// [LDAMMargins] for classes of uneven frequency. Not with FromProbs, nor with SigmoidLink. The
	// gradients of labels include their part.
	Margins []float64

	// AngularMargin a, 0 <= a < π, adds to the angle of the label's logit, a cosine: cos θ becomes
	// cos(θ+a), and -2 - cos(θ+a) where θ > π-a, which goes on falling (ArcFace: Deng et al., CVPR
	// 2019, arXiv:1801.07698, eq. (3), a = 0.5 with a Temperature of 1/64; the continuation is that
	// of SphereFace, arXiv:1704.08063). Targets are an index or one-hot labels, others are
	// [ErrLabel]; a label's logit outside [-1, 1] by more than 1e-6 is [ErrParam], other logits are
	// not looked at. It excludes Margins, FromProbs and SigmoidLink.
	AngularMargin float64

	// PosWeight, with SigmoidLink, is the weight q of the positive label of each class, K finite
	// numbers >= 0 or one for all: τ = (q t, 1-t). A loss that is not linear in its target is
	// multiplied by q t + 1 - t instead. The number of no over that of yes makes both weigh the same
	// in a class. The α of the focal loss is a PosWeight of α/(1-α) and a factor of 1-α.
	PosWeight []float64

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

// perClassFields are the fields with a number for each class, in the order of perClass.
var perClassFields = [...]numberPerClass{
	{"class weights", ErrWeight, nonNegative},
	{"pos weight", ErrWeight, nonNegative},
	{"margins", ErrParam, rangeMargins},
	{"logit shift", ErrParam, Range{Min: math.Inf(-1), Max: math.Inf(1)}},
	priorField: priorNumbers,
}

const priorField = 4 // which of them is the prior

// perClass returns the fields with the numbers for each class, nil where there are none.
func (c *Criterion) perClass() [len(perClassFields)]*[]float64 {
	return [...]*[]float64{&c.ClassWeights, &c.PosWeight, &c.Margins, &c.LogitShift, &c.Smoothing.Prior}
}

// Clone returns the criterion with memory of its own, also for the prior and the terms of a
// [WeightedSum]: what is written into the memory of c later does not change it. A loss of your own
// that is a pointer is copied with the struct that it points to; what that points to stays shared.
func (c Criterion) Clone() Criterion {
	for _, s := range c.perClass() {
		*s = slices.Clone(*s)
	}
	c.Ignore = slices.Clone(c.Ignore)
	if !containsItself(reflect.ValueOf(c.Loss), nil, nil) { // which Validate refuses: its copy would have no end
		c.Loss = cloneLoss(c.Loss)
	}
	return c
}

// cloneLoss returns a copy of a loss, nil for nil.
func cloneLoss(l Loss) Loss {
	if sum, ok := l.(WeightedSum); ok {
		return sum.clone()
	}
	v := reflect.ValueOf(l)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return l
	}
	to := reflect.New(v.Type().Elem())
	to.Elem().Set(v.Elem())
	return to.Interface().(Loss)
}

// loss returns the criterion's loss, never nil.
func (c *Criterion) loss() Loss {
	if c.Loss == nil {
		return CrossEntropy{}
	}
	return c.Loss
}

// temperature returns what the logits are divided by.
func (c *Criterion) temperature() float64 {
	if c.Temperature == 0 {
		return 1
	}
	return c.Temperature
}

// Validate returns an error when a parameter is out of range, whatever the tensors: [ErrAlpha],
// [ErrSmoothing], [ErrReduction], [ErrWeight], [ErrParam] or what the loss's own Validate returns.
func (c Criterion) Validate() error { return c.validate() }

func (c *Criterion) validate() error {
	return cmp.Or(c.Reduction.Validate(), c.Smoothing.Validate(), c.Link.validate(), c.validateNumbers(),
		c.validateBeside(), c.validateLoss(), c.validateAxis())
}

// validateAxis returns what is wrong with the axis, whatever the tensors.
func (c *Criterion) validateAxis() error {
	if c.Axis < 0 {
		return argError(ErrShape, "axis", c.Axis, "is negative", "the class axis, 0 for the last")
	}
	return nil
}

// validateNumbers returns what is wrong with numbers by themselves.
func (c *Criterion) validateNumbers() error {
	for i, numbers := range c.perClass() {
		if *numbers != nil {
			if err := perClassFields[i].validate(*numbers); err != nil {
				return err
			}
		}
	}
	if !valid(c.Temperature) {
		return argError(ErrParam, "temperature", c.Temperature, "is out of range", "a finite number > 0, or 0 for 1")
	}
	if !(c.AngularMargin >= 0 && c.AngularMargin < math.Pi) {
		return argError(ErrParam, "angular margin", c.AngularMargin, "is out of range", "a number in [0, π)")
	}
	return nonNegative.check("z-loss", c.ZLoss, "")
}

// validateBeside returns what is wrong with fields that exclude each other.
func (c *Criterion) validateBeside() error {
	noClasses := c.FromProbs || c.Link != SoftmaxLink
	switch {
	case c.FromProbs && (c.temperature() != 1 || c.LogitShift != nil || c.ZLoss != 0):
		return argError(ErrParam, "probs", "FromProbs", "has no logits for Temperature, LogitShift or ZLoss",
			"those off, or logits")
	case noClasses && c.Margins != nil:
		return argError(ErrParam, "margins", "FromProbs or SigmoidLink", "has no logits of classes",
			"logits under SoftmaxLink")
	case c.AngularMargin != 0 && (noClasses || c.Margins != nil):
		return argError(ErrParam, "angular margin", "FromProbs, SigmoidLink or Margins", "is beside it", "those off")
	case c.Link == SoftmaxLink && c.PosWeight != nil:
		return argError(ErrParam, "pos weight", "SoftmaxLink", "has no positive label", "SigmoidLink, or ClassWeights")
	case c.Link == SigmoidLink && c.ZLoss != 0:
		return argError(ErrParam, "z-loss", "SigmoidLink", "has no log-sum-exp of its own", "SoftmaxLink, or it off")
	}
	return nil
}

// validateLoss returns what is wrong with the loss, or with what it cannot be used with.
func (c *Criterion) validateLoss() error {
	if err := checkLoss(c.loss()); err != nil {
		return within("loss", err)
	}
	d := demandsOf(c.loss())
	if d.logits && c.FromProbs {
		return argError(ErrParam, "probs", fmt.Sprintf("%T", c.loss()), "has a softmax of its own", "logits")
	}
	if d.questions && c.Link != SigmoidLink {
		return argError(ErrParam, "link", fmt.Sprintf("%T", c.loss()), "is for yes-or-no questions", "SigmoidLink")
	}
	return nil
}

// inputName is what errors call the first argument.
func (c *Criterion) inputName() string {
	if c.FromProbs {
		return "probs"
	}
	return "logits"
}
