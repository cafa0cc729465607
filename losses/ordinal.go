package losses

import (
	"math"

	"gorgonia.org/tensor"
)

// OrdinalLabels returns soft labels for classes that have an order, such as grades: what is near
// the class y of a row is less wrong.
//
//	t_k = exp(-|k-y|) / Σ_j exp(-|j-y|)
//
// They sum to 1. Any loss takes them; cross entropy has the gradient p - t.
//
// Shapes and errors are those of [OneHot].
//
// Source: Díaz and Marathe, CVPR 2019, with that distance. Golden file:
// testdata/peers_classifiers.json.
func OrdinalLabels(index tensor.Tensor, classes int, dt tensor.Dtype) (*tensor.Dense, error) {
	return labelsOfClasses(index, classes, classes, dt, func(t []float64, y int) {
		for k := range t {
			t[k] = math.Exp(-math.Abs(float64(k - y)))
		}
		sum := total(t)
		for k := range t {
			t[k] /= sum
		}
	})
}

// CumulativeLabels returns the answers to the questions whether the class is above 0, above 1, …,
//
//	t_k = 1 where y > k, 0 elsewhere,   k < classes-1
//
// the target of [SigmoidLink] for classes that have an order (CORAL). With p_k = σ(z_k) the
// probability of class 0 is 1 - p_0, of k between p_(k-1) - p_k, and of the last p_(K-2). CORN is
// the same with sample weights of 1 where y >= k and 0 elsewhere, and p_k then the product of
// σ(z_0) to σ(z_k).
//
// CORAL's loss is classes-1 times Mean, CORN's is Mean.
//
// Shapes: index [N] or [N, 1] → [N, classes-1]. Errors: those of [OneHot], [ErrParam] unless
// classes > 1.
//
// Source: Cao, Mirjalili and Raschka, Pattern Recognition Letters 140 (2020), arXiv:1901.07884,
// section 3.2.1 and eq. (4); Shi, Cao and Raschka, arXiv:2111.08851. Golden file:
// testdata/peers_classifiers.json (coral-pytorch).
func CumulativeLabels(index tensor.Tensor, classes int, dt tensor.Dtype) (*tensor.Dense, error) {
	if classes < 2 {
		return nil, argError(ErrParam, "classes", classes, "is out of range", "at least 2")
	}
	return labelsOfClasses(index, classes, classes-1, dt, func(t []float64, y int) {
		for k := range t {
			t[k] = 0
			if y > k {
				t[k] = 1
			}
		}
	})
}
