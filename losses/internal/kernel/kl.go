package kernel

import "math"

// kl computes, for every row with target t and S = Σ_k t_k,
//
//	loss = Σ_{t_k≠0} t_k (log t_k - l_k),   grad_k = scale (S p_k - t_k).
//
// The terms are summed in float64: they cancel where the prediction is near the target. Arguments and result are those of
// crossEntropy.
func kl[T Float](loss []float64, grad, z, t, scale []T, k int) (bad int) {
	for i := range loss {
		x, y := rowOf(z, i, k), rowOf(t, i, k)
		if crossEntropy(loss[i:i+1], rowOf(grad, i, k), x, y, factor(scale, i), k) >= 0 {
			return i
		}
		m, _, r := maxAndRest(x)
		if r != r { // no softmax
			continue
		}
		log, sum := math.Log1p(r), 0.0
		for j, v := range y {
			if v != 0 {
				sum += float64(v) * (Log(float64(v)) - ((float64(x[j]) - m) - log))
			}
		}
		loss[i] = sum
	}
	return -1
}
