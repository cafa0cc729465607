package portable

import "softloss/losses/internal/kernel/spec"

// KL is [spec.KL].
func KL[T spec.Float](loss []float64, grad, z, t, scale []T, k int) (bad int) {
	for i := range loss {
		x, y := spec.Row(z, i, k), spec.Row(t, i, k)
		if CrossEntropy(loss[i:i+1], spec.Row(grad, i, k), x, y, spec.FactorOf(scale, i), k) >= 0 {
			return i
		}
		if m, _, r := exactExps[T](nil, x); r == r {
			loss[i] = spec.KLRow(x, y, m, r)
		}
	}
	return -1
}
