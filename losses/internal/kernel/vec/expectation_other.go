//go:build !amd64 || purego

package vec

import "softloss/losses/internal/kernel/spec"

// There are no tiles in this build, nor sparse maps: nobody calls the functions that panic.

const noTiles = "vec: no tiles in this build"

func InTiles[T spec.Float](int) bool { return false }

const HasSparse = false

func NCE[T spec.Float](loss []float64, grad, labelGrad, z, t []T, index []int, scale []T, k int,
	row func(j int) bool) int {
	panic(noTiles)
}
func MostFloor() float64 { return 0 }
func SymmetricCrossEntropy[T spec.Float](alpha, beta, most float64, loss []float64, grad, labelGrad, z, t, scale []T,
	k int, row func(j int) bool) int {
	panic(noTiles)
}
func ConfidencePenalty[T spec.Float](beta float64, loss []float64, grad, labelGrad, z, t []T, index []int, scale []T,
	k int, row func(j int) bool) int {
	panic(noTiles)
}
func HasTempered(t1, t2 float64, k int) bool { return false }
func Tempered[T spec.Float](t1, t2 float64, loss []float64, grad, labelGrad, z, t []T, index []int, scale []T, k int,
	row func(j int) bool) int {
	panic(noTiles)
}
func SparseScratch(int) int { return 0 }
func Sparse[T spec.Float](n int, loss []float64, grad, labelGrad, z, t []T, index []int, scale, scratch []T, k int,
	row func(j int) bool) int {
	panic(noTiles)
}
func SoftmaxRests[T spec.Float](l, p, rest, lanes []float64, z []T, k int)    { panic(noTiles) }
func SoftmaxLanes(n, k int) int                                               { return 0 }
func SoftmaxBack[T spec.Float](dst []T, u, lanes []float64, scale []T, k int) { panic(noTiles) }
