//go:build !amd64 || purego

package vec

import (
	"softloss/internal/gemm/spec"
	"softloss/internal/isa"
)

// There is no assembly in this build: On is false, and nobody calls Mul.

func vectors() []isa.Set { return nil }

func Mul[T spec.Float](c spec.Matrix[T], beta T, a, b spec.Matrix[T]) {
	panic("vec: no assembly in this build")
}
