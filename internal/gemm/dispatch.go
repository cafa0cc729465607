package gemm

import "softloss/internal/gemm/spec"

// product computes C ← β C + A B on one processor. C has ColStride 1.
func product[T Float](c Matrix[T], beta T, a, b Matrix[T]) { spec.Mul(c, beta, 1, a, b) }
