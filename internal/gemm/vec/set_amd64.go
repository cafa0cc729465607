//go:build !purego

package vec

import (
	"softloss/internal/gemm/spec"
	"softloss/internal/isa"
)

//go:generate go -C _asm run . -out ../kernels_amd64.s -stubs ../kernels_amd64.go -pkg vec

// tallest is a multiple of the heights of the highest tiles, 12 and 6.
const tallest = 12

// unit is an instruction set for an element type: the kernels, of which kernels_amd64.go says what
// they do.
type unit[T spec.Float] struct {
	lanes     int // the number of elements in a vector; a panel is up to two vectors wide
	square    int // up to how many columns transpose takes
	panel     func(m, k int, a *T, aRow, aCol int, b *T, bRow int, c *T, cRow, cols int, add bool, packed *T)
	copyPanel func(k int, b *T, bRow int, dst *T, cols int)
	transpose func(k int, b *T, bCol, cols int, dst *T, dstRow int)
}

// AVX-512 transposes with AVX2.
var (
	f32AVX2   = unit[float32]{8, 8, panelF32AVX2, copyPanelF32AVX2, transposeF32AVX2}
	f64AVX2   = unit[float64]{4, 4, panelF64AVX2, copyPanelF64AVX2, transposeF64AVX2}
	f32AVX512 = unit[float32]{16, 8, panelF32AVX512, copyPanelF32AVX512, transposeF32AVX2}
	f64AVX512 = unit[float64]{8, 4, panelF64AVX512, copyPanelF64AVX512, transposeF64AVX2}
)

// unitOf returns the kernels for an element type.
func unitOf[T spec.Float]() unit[T] {
	var u any
	switch wide := inUse == isa.AVX512; any(T(0)).(type) {
	case float32:
		if u = &f32AVX2; wide {
			u = &f32AVX512
		}
	default:
		if u = &f64AVX2; wide {
			u = &f64AVX512
		}
	}
	return *u.(*unit[T])
}

// panelWidth is how many columns the next panel of B has.
func panelWidth[T spec.Float](u unit[T], _, _ int) int { return panelVectors * u.lanes }
