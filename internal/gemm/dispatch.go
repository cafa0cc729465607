package gemm

import (
	"softloss/internal/gemm/spec"
	"softloss/internal/gemm/vec"
)

// product computes C ← β C + A B on one processor. C has ColStride 1, and no dimension is 0.
func product[T Float](c Matrix[T], beta T, a, b Matrix[T]) {
	if vec.On() {
		vec.Mul(c, beta, a, b)
		return
	}
	spec.Mul(c, beta, a, b)
}
