package portable

import "softloss/losses/internal/kernel/spec"

// MAE is [spec.MAE].
func MAE[T spec.Float](loss []float64, grad, z, t, scale []T, scratch []float64, k int) (bad int) {
	e := scratch[:k]
	for i := range loss {
		_, a, r := exactExps(e, spec.Row(z, i, k))
		if !spec.MAERow(&loss[i], spec.Row(grad, i, k), e, spec.Row(t, i, k), a, r, spec.Factor(scale, i)) {
			return i
		}
	}
	return -1
}
