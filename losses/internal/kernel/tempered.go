package kernel

import (
	"softloss/losses/internal/kernel/spec"
	"softloss/losses/internal/kernel/vec"
)

// Tempered is a tempered softmax; see [spec.Tempered].
type Tempered = spec.Tempered

// TemperedInTiles reports whether there is a kernel for rows of k classes that computes several at
// once: [TemperedRows] may be called where it is so.
func TemperedInTiles[T Float](t1, t2 float64, k int) bool {
	return InTiles[T](k) && vec.HasTempered(t1, t2, k)
}

// TemperedRows computes the bi-tempered loss of rows, and by row those that are not for vectors;
// see [vec.Tempered].
func TemperedRows[T Float](t1, t2 float64, loss []float64, grad, labelGrad, z, t []T, index []int, scale []T, k int,
	row func(j int) (valid bool)) (bad int) {
	return vec.Tempered(t1, t2, loss, grad, labelGrad, z, t, index, scale, k, row)
}

// TemperedSums returns what a step of the normaliser takes; see [spec.TemperedSums].
func TemperedSums[T Float](d []T, c, mu float64) (s0, s1, s2 float64) {
	if vec.On() && len(d) > 0 {
		return vec.TemperedSums(d, c, mu)
	}
	return spec.TemperedSums(d, c, mu)
}

// TemperedPowers computes the tempered softmax; see [spec.TemperedPowers].
func TemperedPowers(r Tempered, d []float64, c, mu, e float64) (s0, s1, s2 float64) {
	if vec.On() && len(d) > 0 {
		return vec.TemperedPowers(r, d, c, mu, e)
	}
	return spec.TemperedPowers(r, d, c, mu, e)
}

// WholeExponent returns 1/c where p^e is 1/x and powers are products; see [spec.WholeExponent].
func WholeExponent(c, e float64) int { return spec.WholeExponent(c, e) }

// TemperedWhole computes one without powers; see [spec.TemperedWhole].
func TemperedWhole(r Tempered, d []float64, c, mu float64, n int) (s0, s1, s2 float64) {
	if vec.On() && len(d) > 0 {
		return vec.TemperedWhole(r, d, c, mu, n)
	}
	return spec.TemperedWhole(r, d, c, mu, n)
}

// TemperedShift takes a tempered softmax a small step on; see [spec.TemperedShift].
func TemperedShift(r Tempered, c, step, e float64) {
	if vec.On() {
		vec.TemperedShift(r, c, step, e)
		return
	}
	spec.TemperedShift(r, c, step, e)
}

// TemperedMoments returns the sums that a gradient takes; see [spec.TemperedMoments].
func TemperedMoments[T Float](t []T, r Tempered) (v, e, o float64) {
	if vec.On() && len(t) > 0 {
		return vec.TemperedMoments(t, r)
	}
	return spec.TemperedMoments(t, r)
}

// TemperedGrad stores the gradient; see [spec.TemperedGrad].
func TemperedGrad[T Float](grad, t []T, r Tempered, a, f float64) {
	if vec.On() {
		vec.TemperedGrad(grad, t, r, a, f)
		return
	}
	spec.TemperedGrad(grad, t, r, a, f)
}

// TemperedLoss compares labels with a tempered softmax; see [spec.TemperedLoss].
func TemperedLoss[T Float](labelGrad, t []T, r Tempered, e float64) (sum, mass float64, bad int) {
	if vec.On() {
		return vec.TemperedLoss(labelGrad, t, r, e)
	}
	return spec.TemperedLoss(labelGrad, t, r, e)
}

// TemperedApart is [TemperedLoss] where no p is above 1/2, if ok; see [vec.TemperedApart].
func TemperedApart[T Float](t []T, r Tempered, e float64) (sum, mass float64, ok bool) {
	if vec.On() && len(t) > few {
		return vec.TemperedApart(t, r, e)
	}
	return 0, 0, false
}

// PowerDifference returns exp(x) - exp(y); see [spec.PowerDifference].
func PowerDifference(x, expX, y, expY float64) float64 {
	return spec.PowerDifference(x, expX, y, expY)
}
