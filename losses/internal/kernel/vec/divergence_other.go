//go:build !amd64 || purego

package vec

import "softloss/losses/internal/kernel/spec"

// Divergence is [spec.Divergence].
func Divergence(h, d, p, l, m, minus []float64) { spec.Divergence(h, d, p, l, m, minus) }
