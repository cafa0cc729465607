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
// gradients by the labels. row computes the rows that are not for vectors, or returns false for an
// invalid label: the first such row is returned, else -1.
func NCE[T spec.Float](loss []float64, grad, labelGrad, z, t []T, index []int, scale []T, k int,
	row func(j int) (valid bool)) (bad int) {
	return doubleTiles(doublesFor[T](), wideOf[T](), loss, grad, labelGrad, z, t, index, scale, k,
		func(u double, s *tile[float64], i, n, w int) {
			s.par[0] = float64(k)
			u.tileNCE(first(s.labelsFrom(0, labelGrad != nil)), &s.e[0], &s.z[0], &s.t[0], k, tilesOf(n, w), len(grad),
				&s.declined[0], &s.lane[0], &s.par[0])
			s.takeLosses(laneLoss, loss[i:i+n], w)
		}, row)
}

// MostFloor bounds the logarithms that [SymmetricCrossEntropy] takes.
func MostFloor() float64 { return -math.Log(spec.Tiny[float64]()) }

// SymmetricCrossEntropy computes alpha times the cross entropy of rows with labels t and beta times
// that with prediction and labels exchanged, -Σ p log t, -log t at most most, which is at most
// [MostFloor], and unless labelGrad is nil the gradients by the labels. row is that of [NCE].
func SymmetricCrossEntropy[T spec.Float](alpha, beta, most float64, loss []float64, grad, labelGrad, z, t, scale []T,
	k int, row func(j int) (valid bool)) (bad int) {
	r := spec.ReverseOf[float64](alpha, beta, most)
	return expectation(alpha, beta, loss, grad, labelGrad, z, t, nil, scale, k,
		func(u double, s *tile[float64], tiles, w int) {
			n := k * w
			u.minusLogs(&s.h[0], &s.t[0], tiles*n, most)
			for j := range tiles {
				if labelGrad != nil && !reverseTile(r, u, s.partOf(j, k, w), k, n) {
					s.declined[j] = 1<<w - 1
				}
			}
		}, row)
}

// ConfidencePenalty computes the cross entropy of rows with labels t or, where t is nil, class
// indices, and beta times Σ p log p, and unless labelGrad is nil the gradients by the labels. row
// is that of [NCE].
func ConfidencePenalty[T spec.Float](beta float64, loss []float64, grad, labelGrad, z, t []T, index []int, scale []T,
	k int, row func(j int) (valid bool)) (bad int) {
	return expectation(1, beta, loss, grad, labelGrad, z, t, index, scale, k,
		func(u double, s *tile[float64], tiles, w int) {
			n := k * w
			for j := range tiles {
				x := s.partOf(j, k, w)
				u.tileShift(&s.h[x.first], &s.z[x.first], k, &s.lane[x.rows])
			}
			if labelGrad != nil {
				copy(s.out[:tiles*n], s.h[:])
				u.scale(&s.out[0], tiles*n, -1)
			}
		}, row)
}

// expectation computes alpha times cross entropy and beta times Σ p h, for h that values stores in
// s.h, of tiles of w rows, and where labelGrad is not nil the gradients by the labels in s.out: it
// adds to s.declined the rows of which these are for row.
func expectation[T spec.Float](alpha, beta float64, loss []float64, grad, labelGrad, z, t []T, index []int, scale []T,
	k int,
	values func(u double, s *tile[float64], tiles, w int), row func(j int) (valid bool)) (bad int) {
	return doubleTiles(doublesFor[T](), wideOf[T](), loss, grad, labelGrad, z, t, index, scale, k,
		func(u double, s *tile[float64], i, n, w int) {
			tiles := tilesOf(n, w)
			values(u, s, tiles, w)
			s.par = [2]float64{alpha, beta}
			u.tileExpectation(&s.e[0], &s.h[0], &s.z[0], &s.t[0], k, tiles, len(grad), &s.declined[0], &s.lane[0], &s.par[0])
			s.takeLosses(laneLoss, loss[i:i+n], w)
		}, row)
}
