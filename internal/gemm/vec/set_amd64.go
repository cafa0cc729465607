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
type unit[T spec.Float] interface {
	// lanes is the number of elements in a vector. A panel is up to two vectors wide.
	lanes() int
	panel(m, k int, a *T, aRow, aCol int, b *T, bRow int, c *T, cRow, cols int, add bool, packed *T)
	copyPanel(k int, b *T, bRow int, dst *T, cols int)
	// square is up to how many columns transpose takes.
	square() int
	transpose(k int, b *T, bCol, cols int, dst *T, dstRow int)
}

// panelWidth is how many columns the next panel of B has.
func panelWidth[T spec.Float](u unit[T], _, _ int) int { return panelVectors * u.lanes() }

// unitOf returns the kernels for an element type.
func unitOf[T spec.Float]() unit[T] {
	var u any
	switch wide := inUse == isa.AVX512; any(T(0)).(type) {
	case float32:
		if u = (f32AVX2{}); wide {
			u = f32AVX512{}
		}
	default:
		if u = (f64AVX2{}); wide {
			u = f64AVX512{}
		}
	}
	return u.(unit[T])
}
