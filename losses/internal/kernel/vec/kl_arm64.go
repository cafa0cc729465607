//go:build !purego

package vec

import (
	"softloss/losses/internal/kernel/portable"
	"softloss/losses/internal/kernel/spec"
)

// KL is [spec.KL].
func KL[T spec.Float](loss []float64, grad, z, t, scale []T, k int) (bad int) {
	for i := range loss {
		x, y, g := spec.Row(z, i, k), spec.Row(t, i, k), spec.Row(grad, i, k)
		if crossEntropyRow(&loss[i], g, x, y, spec.Factor(scale, i)) {
			s, _ := begin(x)
			loss[i] = spec.KLRow(x, y, float64(s.m), s.sums64(nil, x)/s.top)
		} else if portable.KL(loss[i:i+1], g, x, y, spec.FactorOf(scale, i), k) >= 0 {
			return i
		}
	}
	return -1
}
