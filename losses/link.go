package losses

import "fmt"

// Link says what makes probabilities of logits, and with it what a row is.
//
// With SigmoidLink every element of the logits is a yes-or-no question of its own: a row of two
// classes with the logits (z, 0), the softmax of which is (σ(z), 1-σ(z)), and the labels (t, 1-t),
// t in [0, 1], 1-t rounded to a float64 at most. Every loss is its own on that row; cross entropy,
// for one, is
//
//	-t log σ(z) - (1-t) log σ(-z),   dL/dz = σ(z) - t
//
// binary cross entropy. What changes in a [Criterion]:
//
//	elements   are what is reduced: None has the shape of the logits, Mean divides by the elements
//	           kept
//	logits     [N, K] or of more axes; [N] are N questions, as [N, 1] are
//	target     labels of the shape of the logits; an index [N] is its one-hot row, but with K = 1
//	           the label 0 or 1 itself, as is every integer target of the shape of the logits
//	weights    ClassWeights and PosWeight have K numbers or one for all; ClassWeights multiply the
//	           element's loss and its mass S
//	samples    SampleWeights have the shape of the logits or that of the rows; WeightGrad as they
//	smoothing  is that of a row of two classes, τ to (1-α) τ + α S/2; Prior is (negative,
//	           positive)
//	Ignore     removes the elements of a row, or of an integer target that is a label the element
type Link uint8

// The links.
const (
	SoftmaxLink Link = iota // the zero value: a row is one question with K answers
	SigmoidLink             // every element is a question of its own
	links                   // how many there are
)

// String returns softmax or sigmoid.
func (l Link) String() string {
	switch l {
	case SoftmaxLink:
		return "softmax"
	case SigmoidLink:
		return "sigmoid"
	}
	return fmt.Sprintf("Link(%d)", uint8(l))
}

// validate returns an error for a value that is none of the constants.
func (l Link) validate() error {
	if l < links {
		return nil
	}
	return argError(ErrParam, "link", l, "is unknown", "SoftmaxLink or SigmoidLink")
}
