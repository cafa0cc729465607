//go:build !purego

package vec

import (
	"unsafe"

	"softloss/internal/gemm/spec"
)

//go:generate env -u GOARCH go -C _asm run ./neon -out ../kernels_arm64.s -stubs ../kernels_arm64.go

// tallest is the height of the highest tiles.
const tallest = 8

// unit is the kernels for an element type.
type unit[T spec.Float] struct {
	lanes  int // the number of elements in a vector
	square int // up to how many columns transpose takes
}

func unitOf[T spec.Float]() unit[T] { return unit[T]{lanes: lanes[T](), square: lanes[T]()} }

// panelWidth is how many columns the next panel of B has, for a block of so many rows of A, when
// there are that many left. A panel for one row is wider where it can be: see [panelTiles].
func panelWidth[T spec.Float](u unit[T], rows, left int) int {
	const alone = 8
	if rows == 1 && left >= alone*u.lanes {
		return alone * u.lanes
	}
	return panelVectors * u.lanes
}

// panel computes C ← A B, or C ← C + A B with add; see [panelTiles]. C has as many columns as
// panelWidth says at most. Where they do not fill their vectors, C passes through memory where they
// do, a few tiles at a time.
func (u unit[T]) panel(m, k int, a *T, aRow, aCol int, b *T, bRow int, c *T, cRow, cols int, add bool, packed *T) {
	w := u.lanes
	vectors := (cols + w - 1) / w
	if cols == vectors*w {
		panelTiles(m, k, a, aRow, aCol, b, bRow, c, cRow, vectors, add, packed)
		return
	}
	const most = 4 * tallest
	var full [most * panelVectors * 4]T
	width := vectors * w
	rows := matrix(c, m, cols, cRow)
	for i0 := 0; i0 < m; i0 += most {
		part := rows.Slice(i0, min(i0+most, m), 0, cols)
		padded := matrix(&full[0], part.Rows, cols, width)
		if add {
			spec.Copy(padded, part)
		}
		panelTiles(part.Rows, k, element(a, i0*aRow), aRow, aCol, b, bRow, &full[0], width, vectors, add, nil)
		spec.Copy(part, padded)
	}
}

// copyPanel copies k rows of B, cols elements each, to dst, where they fill whole vectors, with
// zeros behind them.
func (u unit[T]) copyPanel(k int, b *T, bRow int, dst *T, cols int) {
	w := u.lanes
	width := (cols + w - 1) / w * w
	from, to := matrix(b, k, cols, bRow), matrix(dst, k, width, width)
	for i := range k {
		row := to.Data[i*width:][:width]
		clear(row[copy(row, from.Data[i*bRow:][:cols]):])
	}
}

// transpose copies cols columns of B, bCol elements apart and k elements long, to the columns of
// dst, whose rows are dstRow elements apart; a vector's columns of dst are written.
func (u unit[T]) transpose(k int, b *T, bCol, cols int, dst *T, dstRow int) {
	whole := k / u.lanes * u.lanes
	if whole > 0 {
		transposeBlocks(whole, b, bCol, cols, dst, dstRow)
	}
	from, to := matrix(b, cols, k, bCol).Transposed(), matrix(dst, k, cols, dstRow)
	spec.Copy(to.Slice(whole, k, 0, cols), from.Slice(whole, k, 0, cols))
}

// matrix returns memory as a matrix whose rows begin stride elements apart.
func matrix[T spec.Float](p *T, rows, cols, stride int) spec.Matrix[T] {
	data := unsafe.Slice(p, (rows-1)*stride+cols)
	return spec.Matrix[T]{Rows: rows, Cols: cols, RowStride: stride, ColStride: 1, Data: data}
}

// element returns a pointer to the element that is i behind p.
func element[T spec.Float](p *T, i int) *T {
	return (*T)(unsafe.Add(unsafe.Pointer(p), i*int(unsafe.Sizeof(*p))))
}
