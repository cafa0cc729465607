package kernel

import (
	"softloss/losses/internal/kernel/spec"
	"softloss/losses/internal/kernel/vec"
)

// Divergence stores the terms of a Kullback-Leibler divergence; see [spec.Divergence].
func Divergence(h, d, p, l, m, minus []float64) {
	if vec.On() && len(h) > 0 {
		vec.Divergence(h, d, p, l, m, minus)
		return
	}
	spec.Divergence(h, d, p, l, m, minus)
}
