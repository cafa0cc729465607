package kernel

import "softloss/losses/internal/kernel/vec"

// InTiles reports whether there are kernels for rows of k classes that compute several rows at
// once: [NCE], [SymmetricCrossEntropy] and [ConfidencePenalty] may be called where it is so, and
// [SoftmaxRests] and [SoftmaxBack] where it is so of float64.
func InTiles[T Float](k int) bool { return vec.On() && vec.InTiles[T](k) }

// SoftmaxRests stores the log-softmax, the softmax p and 1 - p of rows in tiles, and what
// [SoftmaxBack] takes of them in lanes, of which there are [SoftmaxLanes]; see [vec.SoftmaxRests].
func SoftmaxRests[T Float](l, p, rest, lanes []float64, z []T, k int) {
	vec.SoftmaxRests(l, p, rest, lanes, z, k)
}

// SoftmaxLanes returns how many lanes n rows of k have.
func SoftmaxLanes(n, k int) int { return vec.SoftmaxLanes(n, k) }

// SoftmaxBack takes derivatives by log p of rows in tiles back to the logits; see
// [vec.SoftmaxBack].
func SoftmaxBack[T Float](dst []T, u, lanes []float64, scale []T, k int) {
	vec.SoftmaxBack(dst, u, lanes, scale, k)
}

// NCE computes the normalized cross entropy of rows, and by row those that are not for vectors; see
// [vec.NCE].
func NCE[T Float](loss []float64, grad, labelGrad, z, t []T, index []int, scale []T, k int,
	row func(j int) (valid bool)) (bad int) {
	return vec.NCE(loss, grad, labelGrad, z, t, index, scale, k, row)
}

// MostFloor bounds the logarithms that [SymmetricCrossEntropy] takes.
func MostFloor() float64 { return vec.MostFloor() }

// SymmetricCrossEntropy computes alpha times cross entropy and beta times that with prediction and
// labels exchanged, and by row the rows that are not for vectors; see [vec.SymmetricCrossEntropy].
func SymmetricCrossEntropy[T Float](alpha, beta, most float64, loss []float64, grad, labelGrad, z, t, scale []T,
	k int, row func(j int) (valid bool)) (bad int) {
	return vec.SymmetricCrossEntropy(alpha, beta, most, loss, grad, labelGrad, z, t, scale, k, row)
}

// ConfidencePenalty computes cross entropy and beta times Σ p log p, and by row the rows that are
// not for vectors; see [vec.ConfidencePenalty].
func ConfidencePenalty[T Float](beta float64, loss []float64, grad, labelGrad, z, t []T, index []int, scale []T, k int,
	row func(j int) (valid bool)) (bad int) {
	return vec.ConfidencePenalty(beta, loss, grad, labelGrad, z, t, index, scale, k, row)
}
