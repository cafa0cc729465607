//go:build !purego

package vec

import (
	"math"

	"softloss/losses/internal/kernel/spec"
)

// InTiles reports whether [NCE], [SymmetricCrossEntropy] and [ConfidencePenalty] are for rows of k
// classes.
func InTiles[T spec.Float](k int) bool { return inTiles[T](k) }

// NCE computes the normalized cross entropy of rows with labels t or, where t is nil, class
// indices: the cross entropy over its sum over all classes, and unless labelGrad is nil the
// gradients by the labels. row computes the rows that are not for
// vectors, or returns false for an invalid label: the first such row is returned, else -1.
func NCE[T spec.Float](loss []float64, grad, labelGrad, z, t []T, index []int, scale []T, k int,
	row func(j int) (valid bool)) (bad int) {
	return doubleTilesBy(doublesFor[T](), wideOf[T](), loss, grad, labelGrad, z, t, index, scale, k,
		func(u double, s tilePart[float64], loss []float64, _, w int) (rejected uint32) {
			s.par[0] = float64(k)
			labels := first(s.labels(labelGrad != nil))
			rejected = u.tileNCE(labels, &s.e[s.first], &s.z[s.first], &s.t[s.first], k, len(grad), &s.lane[s.rows], &s.par[0])
			copy(loss, s.numbers(laneLoss, w))
			return rejected
		}, nil, row)
}

// MostFloor bounds the logarithms that [SymmetricCrossEntropy] takes.
func MostFloor() float64 { return -math.Log(spec.Tiny[float64]()) }

// SymmetricCrossEntropy computes alpha times the cross entropy of rows with labels t and beta times
// that with prediction and labels exchanged, -Σ p log t, -log t at most most, which is at most
// [MostFloor], and unless labelGrad is nil the gradients by the labels. row is that of [NCE].
func SymmetricCrossEntropy[T spec.Float](alpha, beta, most float64, loss []float64, grad, labelGrad, z, t, scale []T,
	k int, row func(j int) (valid bool)) (bad int) {
	r := reverseOf(alpha, beta, most)
	return expectation(alpha, beta, loss, grad, labelGrad, z, t, nil, scale, k,
		func(u double, s tilePart[float64], n int) (ok bool) {
			u.minusLogs(&s.h[s.first], &s.t[s.first], n, most)
			return labelGrad == nil || r.tile(u, s, k, n)
		}, row)
}

// ConfidencePenalty computes the cross entropy of rows with labels t or, where t is nil, class
// indices, and beta times Σ p log p, and unless labelGrad is nil the gradients by the labels. row
// is that of [NCE].
func ConfidencePenalty[T spec.Float](beta float64, loss []float64, grad, labelGrad, z, t []T, index []int, scale []T,
	k int, row func(j int) (valid bool)) (bad int) {
	return expectation(1, beta, loss, grad, labelGrad, z, t, index, scale, k,
		func(u double, s tilePart[float64], n int) (ok bool) {
			u.tileShift(&s.h[s.first], &s.z[s.first], k, &s.lane[s.rows])
			if labelGrad != nil {
				copy(s.out[s.first:][:n], s.h[s.first:])
				u.scale(&s.out[s.first], n, -1)
			}
			return true
		}, row)
}

// expectation computes alpha times cross entropy and beta times Σ p h, for h that values stores in
// s.h, of n elements, and where labelGrad is not nil the gradients by the labels in s.out: it
// returns false where these are for row.
func expectation[T spec.Float](alpha, beta float64, loss []float64, grad, labelGrad, z, t []T, index []int, scale []T,
	k int,
	values func(u double, s tilePart[float64], n int) (ok bool), row func(j int) (valid bool)) (bad int) {
	return doubleTilesBy(doublesFor[T](), wideOf[T](), loss, grad, labelGrad, z, t, index, scale, k,
		func(u double, s tilePart[float64], loss []float64, _, w int) (rejected uint32) {
			ok := values(u, s, k*w)
			s.par = [2]float64{alpha, beta}
			rejected = u.tileExpectation(&s.e[s.first], &s.h[s.first], &s.z[s.first], &s.t[s.first], k, len(grad),
				&s.lane[s.rows], &s.par[0])
			copy(loss, s.numbers(laneLoss, w))
			if !ok {
				rejected = 1<<w - 1
			}
			return rejected
		}, nil, row)
}
