//go:build !amd64 || purego

package kernel

const vectors = false

func vectorExps[T Float](e, z []T) (m float64, a int, r float64, ok bool) { panic(noVectors) }

func vectorCrossEntropy[T Float](loss []float64, grad, z, t, scale []T, k int) int { panic(noVectors) }

func vectorCrossEntropyIndex[T Float](loss []float64, grad, z []T, index []int, scale []T, k int) {
	panic(noVectors)
}

func vectorMAE[T Float](loss []float64, grad, z, t, scale []T, scratch []float64, k int) int {
	panic(noVectors)
}

func vectorSeparableIndex[T Float](f Family, a float64, loss []float64, grad, z []T, index []int, scale, scratch []T, k int) {
	panic(noVectors)
}

func vectorSmooth[T Float](dst, t []T, keep, cut, add, addMass float64, k int) int {
	panic(noVectors)
}

func vectorSoftmax[T Float](dst, z []T, k int) { panic(noVectors) }

func vectorLogSoftmax[T Float](dst, z []T, k int) { panic(noVectors) }

func vectorLogSumExp[T Float](dst, z []T, k int) { panic(noVectors) }

func vectorSeparable[T Float](f Family, a float64, loss []float64, grad, z, t, scale, scratch []T, k int) int {
	panic(noVectors)
}

func vectorSum[T Float](x []T) float64 { panic(noVectors) }

func vectorWeightedSum[T Float](t []T, w []float64) (plain, weighted float64, ok bool) {
	panic(noVectors)
}

func vectorWeigh[T Float](dst, t []T, w []float64) bool { panic(noVectors) }

func vectorMix[T Float](dst, t []T, w []float64, keep, add float64) { panic(noVectors) }

func vectorDivide[T Float](dst, z []T, shift []float64, t float64) (top float64) { panic(noVectors) }

func vectorAddScaled[T Float](dst, p []T, a float64) { panic(noVectors) }

func vectorKL[T Float](loss []float64, grad, z, t, scale []T, k int) int { panic(noVectors) }

const noVectors = "kernel: no assembly in this build"
