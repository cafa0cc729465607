package kernel

import (
	"softloss/losses/internal/kernel/spec"
	"softloss/losses/internal/kernel/vec"
)

// Prepared says which logits a softmax is of; see [spec.Prepared].
type Prepared[T Float] = spec.Prepared[T]

// NewPrepared returns what is for the logits z/t; see [spec.NewPrepared].
func NewPrepared[T Float](t float64) Prepared[T] { return spec.NewPrepared[T](t) }

// Prepares reports whether there are kernels of cross entropy for logits prepared by p:
// [CrossEntropyRow] and [CrossEntropyRows].
func Prepares[T Float](p *Prepared[T]) bool { return vec.On() && vec.Prepares(p) }

// MostLost is below which an lse of float32 has lost digits; see [spec.MostLost].
const MostLost = spec.MostLost

// Lower makes what margins and a shift do to logits what p adds; see [spec.Prepared.Lower].
func Lower[T Float](p *Prepared[T], t []T, margin, shift []float64, temperature float64) (ok bool) {
	return vec.Lower(p, t, margin, shift, temperature)
}

// Set makes s/t what p adds to the logit of class k; see [spec.Prepared.Set].
func Set[T Float](p *Prepared[T], k int, s, t float64) (ok bool) { return vec.Set(p, k, s, t) }

// CrossEntropyRow computes the cross entropy of one row of prepared logits, and its gradient with a
// term more, where the row is an ordinary one; see [vec.CrossEntropyRow].
func CrossEntropyRow[T Float](p *Prepared[T], loss *float64, grad, z, t []T, index int, f, extra float64) (
	lse float64, ok bool) {
	return vec.CrossEntropyRow(p, loss, grad, z, t, index, f, extra)
}

// Together reports whether [CrossEntropyRows] computes rows of k classes several at once; see
// [vec.Together].
func Together[T Float](k int) bool { return vec.On() && vec.Together[T](k) }

// CrossEntropyRows is [CrossEntropyRow] for many rows, each with a factor and an extra of its own
// or all with one, and reports whether all were ordinary; see [vec.CrossEntropyRows].
func CrossEntropyRows[T Float](p *Prepared[T], loss, lse []float64, grad, z, t []T, index []int, scale, extra []T,
	k int) (all bool) {
	return vec.CrossEntropyRows(p, loss, lse, grad, z, t, index, scale, extra, k)
}

// CrossEntropyRowsLabels is [CrossEntropyRows] with the gradients by the labels; see
// [vec.CrossEntropyRowsLabels].
func CrossEntropyRowsLabels[T Float](p *Prepared[T], loss, lse []float64, grad, labelGrad, z, t, scale, extra []T,
	k int, l LabelGrads[T]) (all bool) {
	return vec.CrossEntropyRowsLabels(p, loss, lse, grad, labelGrad, z, t, scale, extra, k, l)
}

// CrossEntropyRowLabels is [CrossEntropyRow] with the gradients by the labels; see
// [vec.CrossEntropyRowLabels].
func CrossEntropyRowLabels[T Float](p *Prepared[T], loss *float64, grad, labelGrad, z, t []T, f, extra float64,
	l LabelGrads[T]) (lse float64, ok bool) {
	return vec.CrossEntropyRowLabels(p, loss, grad, labelGrad, z, t, f, extra, l)
}

// Shifts reports whether there is [SigmoidShifted] for elements of a type.
func Shifts[T Float]() bool { return vec.On() && vec.Shifts[T]() }

// SigmoidShifted computes the cross entropy of elements of which [ElementLogits] has stored the
// logits in loss; see [vec.SigmoidShifted].
func SigmoidShifted[T Float](loss []float64, grad, yes, no, scale []T) (ok bool) {
	return vec.SigmoidShifted(loss, grad, yes, no, scale)
}

// SoftmaxOf is the softmax of a row; see [spec.SoftmaxOf].
type SoftmaxOf = spec.SoftmaxOf

// RowByRow reports whether [SoftmaxRows] can be of use for rows of k classes.
func RowByRow[T Float](k int) bool { return vec.On() && vec.RowByRow[T](k) }

// SoftmaxRows computes the softmax of rows, where they are ordinary ones, and stores their
// exponentials; see [vec.SoftmaxRows].
func SoftmaxRows[T Float](s []SoftmaxOf, e, z, t []T, index []int, k int) {
	vec.SoftmaxRows(s, e, z, t, index, k)
}
