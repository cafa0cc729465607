package kernel

// The kernels: each runs the assembly where there is any, otherwise its specification.

// CrossEntropy computes the cross entropy of rows with soft labels; see crossEntropy.
func CrossEntropy[T Float](loss []float64, grad, z, t, scale []T, k int) (bad int) {
	if vectors {
		return vectorCrossEntropy(loss, grad, z, t, scale, k)
	}
	return crossEntropy(loss, grad, z, t, scale, k)
}

// CrossEntropyIndex computes the cross entropy of rows with class indices; see crossEntropyIndex.
func CrossEntropyIndex[T Float](loss []float64, grad, z []T, index []int, scale []T, k int) {
	if vectors {
		vectorCrossEntropyIndex(loss, grad, z, index, scale, k)
		return
	}
	crossEntropyIndex(loss, grad, z, index, scale, k)
}

// MAE computes the mean absolute error of rows with soft labels; see mae.
func MAE[T Float](loss []float64, grad, z, t, scale []T, scratch []float64, k int) (bad int) {
	if vectors {
		return vectorMAE(loss, grad, z, t, scale, scratch, k)
	}
	return mae(loss, grad, z, t, scale, scratch, k)
}

// Separable computes a separable loss of rows with soft labels; see separable. scratch holds 2k elements.
func Separable[T Float](f Family, a float64, loss []float64, grad, z, t, scale, scratch []T, k int) (bad int) {
	if vectors {
		return vectorSeparable(f, a, loss, grad, z, t, scale, scratch, k)
	}
	return separable(f, a, loss, grad, z, t, scale, k)
}

// SeparableIndex computes a separable loss of rows with class indices; see separableIndex.
func SeparableIndex[T Float](f Family, a float64, loss []float64, grad, z []T, index []int, scale, scratch []T, k int) {
	if vectors {
		vectorSeparableIndex(f, a, loss, grad, z, index, scale, scratch, k)
		return
	}
	separableIndex(f, a, loss, grad, z, index, scale, k)
}

// KL computes the Kullback-Leibler divergence of rows with soft labels; see kl.
func KL[T Float](loss []float64, grad, z, t, scale []T, k int) (bad int) {
	if vectors {
		return vectorKL(loss, grad, z, t, scale, k)
	}
	return kl(loss, grad, z, t, scale, k)
}

// Smooth smooths the labels of every row; see smooth.
func Smooth[T Float](dst, t []T, keep, cut, add, addMass float64, k int) (bad int) {
	if vectors {
		return vectorSmooth(dst, t, keep, cut, add, addMass, k)
	}
	return smooth(dst, t, keep, cut, add, addMass, k)
}

// Softmax stores the softmax of every row in dst; see softmax.
func Softmax[T Float](dst, z []T, k int) {
	if vectors {
		vectorSoftmax(dst, z, k)
		return
	}
	softmax(dst, z, k)
}

// LogSoftmax stores the log-softmax of every row in dst; see logSoftmax.
func LogSoftmax[T Float](dst, z []T, k int) {
	if vectors {
		vectorLogSoftmax(dst, z, k)
		return
	}
	logSoftmax(dst, z, k)
}

// LogSumExp stores the log-sum-exp of every row in dst; see logSumExp.
func LogSumExp[T Float](dst, z []T, k int) {
	if vectors {
		vectorLogSumExp(dst, z, k)
		return
	}
	logSumExp(dst, z, k)
}
