package kernel

import (
	"softloss/losses/internal/kernel/spec"
	"softloss/losses/internal/kernel/vec"
)

// Prepared says which logits a softmax is of; see [spec.Prepared].
type Prepared[T Float] = spec.Prepared[T]

// Prepares reports whether [CrossEntropyRow] can be of use for rows of k classes prepared by p.
func Prepares[T Float](p *Prepared[T], k int) bool { return vec.On() && vec.Prepares(p, k) }

// CrossEntropyRow computes the cross entropy of one row of prepared logits, and its gradient with a
// term more, where the row is an ordinary one; see [vec.CrossEntropyRow].
func CrossEntropyRow[T Float](p *Prepared[T], loss *float64, grad, z, t []T, index int, f, extra float64) (
	lse float64, ok bool) {
	return vec.CrossEntropyRow(p, loss, grad, z, t, index, f, extra)
}
