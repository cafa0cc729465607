package spec

import "math"

// KL computes, for every row with target t and S = Σ_k t_k,
//
//	loss = Σ_{t_k≠0} t_k (log t_k - l_k),   grad_k = scale (S p_k - t_k).
//
// The terms are summed in float64: they cancel where the prediction is near the target. Arguments
// and result are those of [CrossEntropy].
func KL[T Float](loss []float64, grad, z, t, scale []T, k int) (bad int) {
	for i := range loss {
		x, y := Row(z, i, k), Row(t, i, k)
		if CrossEntropy(loss[i:i+1], Row(grad, i, k), x, y, FactorOf(scale, i), k) >= 0 {
			return i
		}
		if m, _, r := Odds(x); r == r { // otherwise there is no softmax
			loss[i] = KLRow(x, y, m, r)
		}
	}
	return -1
}

// KLRow is the loss of KL for one row, with M and r of [Odds].
func KLRow[T Float](z, t []T, m, r float64) (sum float64) {
	return klSum(z, t, m, math.Log1p(r))
}

// klSum is KLRow with log1p(r).
func klSum[T Float](z, t []T, m, log float64) (sum float64) {
	if half := Half[T](len(z)); half > 0 {
		return klSum(z[:half], t[:half], m, log) + klSum(z[half:], t[half:], m, log)
	}
	for j, v := range t {
		if v != 0 {
			sum += float64(v) * (Log(float64(v)) - ((float64(z[j]) - m) - log))
		}
	}
	return sum
}

// Log is math.Log, right for denormal numbers too, of which the assembly in package math takes the
// exponent wrong.
func Log(x float64) float64 {
	if x > 0 && x < 0x1p-1022 {
		return math.Log(x*0x1p54) - 54*math.Ln2
	}
	return math.Log(x)
}

// LogOf returns log x for x = 1 - rest, which the smaller of the two says best.
func LogOf(x, rest float64) float64 {
	if x < rest {
		return Log(x)
	}
	return math.Log1p(-rest)
}
