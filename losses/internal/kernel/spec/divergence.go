package spec

import "math"

// Divergence stores d = log p - log m and h = p d - p + m, terms that are not below 0 and whose sum
// over a row is KL(p ‖ m), for l = log p and minus = -log m. Where d is small h is m times a series
// in it, which loses nothing where p and m nearly agree. Where p is 0, l may be -Inf, and h is m.
func Divergence(h, d, p, l, m, minus []float64) {
	for k, x := range l {
		d[k] = max(x, -math.MaxFloat64) + minus[k] // 0 times which is 0
		h[k] = divergenceTerm(p[k], m[k], d[k])
	}
}

// CloseDivergence stores d = log p - log m, p and h = p d - p + m, with w in d before, p = q (1 +
// w) and m = q (1 + mean), which are close.
func CloseDivergence(h, d, p, q, mean []float64) {
	for k, w := range d {
		m := mean[k]
		d[k] = math.Log1p((w - m) / (1 + m))
		p[k], h[k] = q[k]*(1+w), divergenceTerm(q[k]*(1+w), q[k]*(1+m), d[k])
	}
}

// divergenceTerm returns p d - p + m for d = log p - log m.
func divergenceTerm(p, m, d float64) float64 {
	if math.Abs(d) < DivergenceNear {
		return m * (d * d) * divergenceSeries(d)
	}
	return p*d - (p - m)
}

// DivergenceNear is where the series begins.
const DivergenceNear = 1. / 8

// divergenceSeries returns ((d-1) exp(d) + 1)/d² = Σ_{n>1} (n-1)/n! d^(n-2) for a small d.
func divergenceSeries(d float64) (sum float64) {
	for _, c := range [...]float64{
		11. / 479001600, 10. / 39916800, 9. / 3628800, 8. / 362880, 7. / 40320, 6. / 5040, 5. / 720, 4. / 120, 3. / 24,
		2. / 6, 1. / 2} {
		sum = sum*d + c
	}
	return sum
}

// RowSums stores the sums of the rows of k elements of x in dst.
func RowSums[T Float](dst []float64, x []T, k int) {
	for i := range dst {
		dst[i] = Sum(Row(x, i, k))
	}
}

// WeightedRowSums stores the sums of the rows of x, times w, which has an element a class, in dst.
func WeightedRowSums[T Float](dst []float64, x []T, w []float64) {
	for i := range dst {
		_, dst[i], _ = WeightedSum(Row(x, i, len(w)), w)
	}
}

// CentredRows stores f p (d - mean) in dst, of rows of k elements with a mean, that of d by p, and
// an f each. Of a class of p > 1/2, where that difference may be small, it is -Σ p (d - its d).
func CentredRows[T Float](dst []T, p, d, mean, f []float64, k int) {
	for i, m := range mean {
		q, x, to := Row(p, i, k), Row(d, i, k), Row(dst, i, k)
		for j, v := range q {
			centred := x[j] - m
			if v > 0.5 {
				centred = m - m - Expectation(q, x, x[j]) // NaN for NaN
			}
			to[j] = T(centred * v * f[i])
		}
	}
}
