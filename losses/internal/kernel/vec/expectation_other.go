//go:build !amd64 || purego

package vec

import "softloss/losses/internal/kernel/spec"

const noTiles = "vec: no tiles in this build"

// InTiles is false: there are no tiles in this build.
func InTiles[T spec.Float](int) bool { return false }

// NCE panics: there are no tiles in this build.
func NCE[T spec.Float](loss []float64, grad, labelGrad, z, t []T, index []int, scale []T, k int,
	row func(j int) bool) int {
	panic(noTiles)
}

// MostFloor is not called.
func MostFloor() float64 { return 0 }

// SymmetricCrossEntropy panics: there are no tiles in this build.
func SymmetricCrossEntropy[T spec.Float](alpha, beta, most float64, loss []float64, grad, labelGrad, z, t, scale []T,
	k int, row func(j int) bool) int {
	panic(noTiles)
}

// ConfidencePenalty panics: there are no tiles in this build.
func ConfidencePenalty[T spec.Float](beta float64, loss []float64, grad, labelGrad, z, t []T, index []int, scale []T,
	k int, row func(j int) bool) int {
	panic(noTiles)
}

// HasTempered is not called.
func HasTempered(t1, t2 float64, k int) bool { return false }

// Tempered panics: there are no tiles in this build.
func Tempered[T spec.Float](t1, t2 float64, loss []float64, grad, labelGrad, z, t []T, index []int, scale []T, k int,
	row func(j int) bool) int {
	panic(noTiles)
}

// HasSparse is false: there is no [Sparse] in this build.
const HasSparse = false

// SparseScratch is not called.
func SparseScratch(int) int { return 0 }

// Sparse panics: it is not in this build.
func Sparse[T spec.Float](n int, loss []float64, grad, labelGrad, z, t []T, index []int, scale, scratch []T, k int,
	row func(j int) bool) int {
	panic(noTiles)
}

// SoftmaxRests panics: there are no tiles in this build.
func SoftmaxRests[T spec.Float](l, p, rest, lanes []float64, z []T, k int) { panic(noTiles) }

// SoftmaxLanes is not called.
func SoftmaxLanes(n, k int) int { return 0 }

// SoftmaxBack panics: there are no tiles in this build.
func SoftmaxBack[T spec.Float](dst []T, u, lanes []float64, scale []T, k int) { panic(noTiles) }
