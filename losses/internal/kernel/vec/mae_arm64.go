//go:build !purego

package vec

import (
	"math"

	"softloss/losses/internal/kernel/portable"
	"softloss/losses/internal/kernel/spec"
)

// MAE is [spec.MAE]. There are no gradients by the labels: see [HasLabels].
func MAE[T spec.Float](loss []float64, grad, _, z, t, scale []T, scratch []float64, _ []T, k int,
	_ func(j int)) (bad int) {
	for i := range loss {
		x, y, g := spec.Row(z, i, k), spec.Row(t, i, k), spec.Row(grad, i, k)
		if !maeRow(&loss[i], g, scratch[:k], x, y, spec.Factor(scale, i)) &&
			portable.MAE(loss[i:i+1], g, x, y, spec.FactorOf(scale, i), scratch, k) >= 0 {
			return i
		}
	}
	return -1
}

// maeRow computes one row in float64: the difference of p and t may be much smaller than they are.
// It returns false for a row that is left to plain Go.
func maeRow[T spec.Float](loss *float64, g []T, e []float64, x, y []T, f float64) bool {
	s, ok := begin(x)
	own := float64(y[s.a])
	if !ok || !(own >= 0) || math.Signbit(own) {
		return false
	}
	r := s.sums64(e, x) / s.top
	c := 1 / ((1 + r) * s.top)
	d := (1 - own) - r/(1+r)
	sa := spec.Sign(d)
	sum, delta := math.Abs(d), 0.0
	var signs uint64
	add := func(e *float64, t *T, n int) {
		ps, pd, bits := maeSum(e, t, n, c, sa)
		sum, delta, signs = sum+ps, delta+pd, signs|bits
	}
	s.walk(len(x), func(from, to int) { add(&e[from], &y[from], to-from) }, func(from int) {
		var be [8]float64
		var bt [8]T
		copy(be[:block[T]()], e[from:]) // the maximum's is 0
		s.pad(&bt, y, from, 0)
		add(&be[0], &bt[0], block[T]())
	})
	if signs>>63 != 0 || !(sum <= math.MaxFloat64) {
		return false
	}
	*loss = sum
	if g == nil {
		return true
	}
	whole := wholeBlocks[T](len(x))
	if whole > 0 {
		maeGrad(&g[0], &e[0], &y[0], whole, c, sa, delta, f*c)
	}
	for j := whole; j < len(x); j++ {
		g[j] = T(f * c * e[j] * ((spec.Sign(float64(e[j]*c)-float64(y[j])) - sa) + delta))
	}
	g[s.a] = T(f * delta / (1 + r))
	return true
}
