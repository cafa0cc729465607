package spec

import "math"

// MAE computes, for every row with target t,
//
//	loss = Σ_k |p_k - t_k|
//	grad_k = scale p_k (σ_k - Σ_j σ_j p_j),   σ = sign(p - t), sign(0) = 0.
//
// Near p_a = 1 it uses p_a - t_a = (1 - t_a) - q and
//
//	σ_k - Σ_j σ_j p_j = (σ_k - σ_a) + Σ_{j≠a} (σ_a - σ_j) p_j,
//
// a sum of terms of one sign. scratch holds k elements; other arguments and the result are those of
// [CrossEntropy].
func MAE[T Float](loss []float64, grad, z, t, scale []T, scratch []float64, k int) (bad int) {
	e := scratch[:k]
	for i := range loss {
		y := Row(t, i, k)
		_, a, r := Exps(e, Row(z, i, k))
		c := 1 / (1 + r)
		if invalid(y[a]) {
			return i
		}
		da := (1 - float64(y[a])) - r/(1+r)
		sa := Sign(da)
		sum, delta := math.Abs(da), 0.0
		for j, v := range e {
			if j == a {
				continue
			}
			if invalid(y[j]) {
				return i
			}
			p := v * c
			d := p - float64(y[j])
			sum += math.Abs(d)
			delta += (sa - Sign(d)) * p
		}
		loss[i] = sum
		if grad == nil {
			continue
		}
		g, f := Row(grad, i, k), Factor(scale, i)
		for j, v := range e {
			p := v * c
			g[j] = T(f * p * ((Sign(p-float64(y[j])) - sa) + delta))
		}
		g[a] = T(f * c * delta)
	}
	return -1
}

// Sign returns -1, 0 or 1, and NaN for NaN.
func Sign(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return x
}
