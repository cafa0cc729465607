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
		_, a, r := Exps(e, Row(z, i, k))
		if !MAERow(&loss[i], Row(grad, i, k), e, Row(t, i, k), a, r, Factor(scale, i)) {
			return i
		}
	}
	return -1
}

// MAERow is MAE for one row, with a and r of [Exps], which left the exponentials in e. It returns
// false when there is an invalid label.
func MAERow[T Float](loss *float64, g []T, e []float64, t []T, a int, r, scale float64) bool {
	c := 1 / (1 + r)
	if invalid(t[a]) {
		return false
	}
	da := (1 - float64(t[a])) - r/(1+r)
	sa := Sign(da)
	sum, delta, ok := maeSums(e, t, a, c, sa)
	if !ok {
		return false
	}
	*loss = math.Abs(da) + sum
	if g == nil {
		return true
	}
	for j, v := range e {
		p := v * c
		g[j] = T(scale * p * ((Sign(p-float64(t[j])) - sa) + delta))
	}
	g[a] = T(scale * c * delta)
	return true
}

// maeSums returns the sums of |p - t| and of (sa - σ) p without the class a, p being c e. ok is
// false where there is an invalid label.
func maeSums[T Float](e []float64, t []T, a int, c, sa float64) (sum, delta float64, ok bool) {
	if half := Half[T](len(e)); half > 0 {
		s, d, ok := maeSums(e[:half], t[:half], a, c, sa)
		if !ok {
			return s, d, false
		}
		sum, delta, ok = maeSums(e[half:], t[half:], a-half, c, sa)
		return s + sum, d + delta, ok
	}
	for j, v := range e {
		if j == a {
			continue
		}
		if invalid(t[j]) {
			return sum, delta, false
		}
		p := v * c
		d := p - float64(t[j])
		sum += math.Abs(d)
		delta += (sa - Sign(d)) * p
	}
	return sum, delta, true
}

// Sign returns -1, 0 or 1, and NaN for NaN. Its branches are easy to predict.
func Sign(x float64) float64 {
	if x == 0 || x != x {
		return x
	}
	return math.Copysign(1, x)
}
