package spec

import "math"

// LabelGrads says what the gradients of cross entropy by the labels of a row are: with y = log p,
//
//	f w_j (Keep y_j + Mix Σ_k Prior_k y_k)   where the label t_j > Above, 0 elsewhere,
//
// f the factor of the row, which are one for all or one a row. Without Weights w is 1, without a
// Prior the sum is 0.
type LabelGrads[T Float] struct {
	Factor         []T
	Keep, Mix      T
	Prior, Weights []T
	Above          T // less than 0 where it is no matter what the labels are
}

// Row makes those of row i, of labels t, of g, which holds log p. 0 times an infinity is 0.
func (o *LabelGrads[T]) Row(g, t []T, i int) {
	f, mean := FactorOf(o.Factor, i)[0], times(o.Mix, meanBy(o.Prior, g))
	for j, y := range g {
		x := times(f, times(o.Keep, float64(y))+mean)
		if o.Weights != nil {
			x = times(o.Weights[j], x)
		}
		if g[j] = T(x); o.Above >= 0 && !(t[j] > o.Above) {
			g[j] = 0
		}
	}
}

// meanBy returns Σ w x, of rows as long as w. 0 times an infinity is 0.
func meanBy[T Float](w, x []T) (mean float64) {
	if half := Half[T](len(w)); half > 0 {
		return meanBy(w[:half], x[:half]) + meanBy(w[half:], x[half:])
	}
	for j, v := range w {
		mean += times(v, float64(x[j]))
	}
	return mean
}

// times is a·b with 0·∞ = 0.
func times[T Float](a T, b float64) float64 {
	if a == 0 && math.IsInf(b, 0) {
		return 0
	}
	return float64(a) * b
}
