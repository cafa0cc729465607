//go:build !purego

package vec

import (
	"golang.org/x/sys/cpu"

	"softloss/internal/gemm/spec"
)

//go:generate go -C _asm run . -out ../kernels_amd64.s -stubs ../kernels_amd64.go -pkg vec

// best returns the widest set that the machine has.
func best() Set {
	x := &cpu.X86
	switch {
	case !(x.HasAVX2 && x.HasFMA && x.HasBMI2):
		return None
	case !(x.HasAVX512F && x.HasAVX512VL && x.HasAVX512DQ):
		return AVX2
	}
	return AVX512
}

// unit is an instruction set for an element type: the kernels, of which kernels_amd64.go says what
// they do.
type unit[T spec.Float] interface {
	// lanes is the number of elements in a vector. A panel is up to two vectors wide.
	lanes() int
	panel(m, k int, a *T, aRow, aCol int, b *T, bRow int, c *T, cRow, cols int, add bool, packed *T)
	copyPanel(k int, b *T, bRow int, dst *T, cols int)
	// square is up to how many columns transpose takes.
	square() int
	transpose(k int, b *T, bCol, cols int, dst *T, dstRow int)
}

// unitOf returns the kernels for an element type.
func unitOf[T spec.Float]() unit[T] {
	var u any
	switch any(T(0)).(type) {
	case float32:
		if inUse == AVX512 {
			u = f32AVX512{}
		} else {
			u = f32AVX2{}
		}
	default:
		if inUse == AVX512 {
			u = f64AVX512{}
		} else {
			u = f64AVX2{}
		}
	}
	return u.(unit[T])
}
