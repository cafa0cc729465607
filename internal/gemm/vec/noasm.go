//go:build !(amd64 || arm64) || purego

package vec

import "softloss/internal/gemm/spec"

// There is no assembly in this build: On is false, and nobody calls Mul.

func Mul[T spec.Float](c spec.Matrix[T], beta T, a, b spec.Matrix[T]) {
	panic("vec: no assembly in this build")
}
