//go:build !purego

package vec

import (
	"golang.org/x/sys/cpu"

	"softloss/losses/internal/kernel/spec"
)

//go:generate go -C _asm run . -out ../kernels_amd64.s -stubs ../kernels_amd64.go -pkg vec -adapters ../units_amd64.go -constants ../constants_amd64.go

// vectors returns the sets that the machine has.
func vectors() []Set {
	x := &cpu.X86
	switch {
	case !(x.HasAVX2 && x.HasFMA && x.HasBMI2):
		return nil
	case !(x.HasAVX512F && x.HasAVX512VL && x.HasAVX512DQ):
		return []Set{AVX2}
	}
	return []Set{AVX2, AVX512}
}

// unitOf returns the kernels for an element type.
func unitOf[T spec.Float]() unit[T] {
	var u any
	switch {
	case spec.Size[T]() == 8:
		u = doubles()
	case inUse == AVX512:
		u = f32AVX512{}
	default:
		u = f32AVX2{}
	}
	return u.(unit[T])
}

// doubles returns the kernels for float64.
func doubles() double {
	if inUse == AVX512 {
		return f64AVX512{}
	}
	return f64AVX2{}
}

// wideOf returns the kernels that compute in float64 for an element type.
func wideOf[T spec.Float]() wide[T] {
	var v any
	switch {
	case spec.Size[T]() == 8:
		v = doubles()
	case inUse == AVX512:
		v = wideAVX512{}
	default:
		v = wideAVX2{}
	}
	return v.(wide[T])
}
