//go:build (amd64 || arm64) && !purego

package vec

import (
	"unsafe"

	"softloss/internal/gemm/spec"
)

// Mul computes C ← β C + A B on one processor, as [spec.Mul] does. C has ColStride 1, and no
// dimension is 0.
//
// Blocks of A pass by panels of B, which are as wide as a tile. A packed panel stays in the
// first-level cache while a block of A, which stays in the second, goes by.
func Mul[T spec.Float](c spec.Matrix[T], beta T, a, b spec.Matrix[T]) {
	u := unitOf[T]()
	panels := (c.Cols + panelVectors*u.lanes - 1) / (panelVectors * u.lanes)
	if beta != 0 {
		spec.Scale(c, beta)
	}
	mem := memories.Get().(*memory)
	defer memories.Put(mem)
	height, depth := share(c.Rows, blockHeight, tallest), share(a.Cols, blockDepth, 1)
	for i0 := 0; i0 < c.Rows; i0 += height {
		i1 := min(i0+height, c.Rows)
		for p0 := 0; p0 < a.Cols; p0 += depth {
			p1 := min(p0+depth, a.Cols)
			block := gather(mem, a.Slice(i0, i1, p0, p1), panels)
			for j0, j1 := 0, 0; j0 < c.Cols; j0 = j1 {
				j1 = min(j0+panelWidth(u, i1-i0, c.Cols-j0), c.Cols)
				panel, copyTo := pack(u, slice[T](&mem.b), b.Slice(p0, p1, j0, j1), i1-i0)
				u.panel(i1-i0, p1-p0, &block.Data[0], block.RowStride, block.ColStride, &panel.Data[0], panel.RowStride,
					&c.Data[i0*c.RowStride+j0], c.RowStride, j1-j0, beta != 0 || p0 > 0, copyTo)
			}
		}
	}
}

// share returns the size of the parts, all but the last alike, that n is cut into. It is a multiple
// of unit, as most is, which no part exceeds.
func share(n, most, unit int) int {
	parts := (n + most - 1) / most
	return ((n+parts-1)/parts + unit - 1) / unit * unit
}

// slice returns memory as numbers.
func slice[T spec.Float, M any](m *M) []T {
	return unsafe.Slice((*T)(unsafe.Pointer(m)), unsafe.Sizeof(*m)/unsafe.Sizeof(T(0)))
}
