//go:build (amd64 || arm64) && !purego

package vec

import (
	"sync"
	"unsafe"

	"softloss/internal/gemm/spec"
)

const (
	// panelVectors is the width of a panel of B, and of a tile.
	panelVectors = 2
	// blockDepth is up to how many rows of B a panel has: of 128 bytes each with AVX-512, so that
	// it fills two thirds of a first-level cache of 48 KiB.
	blockDepth = 256
	// blockHeight is up to how many rows of A make up a block with blockDepth columns: in float32
	// it fills a quarter of a second-level cache of 2 MiB.
	blockHeight = 44 * tallest
	// gap is the bytes between the rows of a gathered block. Without it they might all fall into
	// the same few lines of a cache.
	gap = 64
)

// pageBytes is how far apart numbers share a set of a first-level cache.
const pageBytes = 4096

// memory is for one product at a time: a for a block of A, once one has been gathered, and b for a
// panel of B.
type memory struct {
	a *[blockHeight * (blockDepth*8 + gap) / 8]float64
	b [blockDepth * panelVectors * 64 / 8]float64
}

var memories = sync.Pool{New: func() any { return new(memory) }}

// manyPanels is from how many panels of B on gathering a transposed A pays.
const manyPanels = 8

// pack returns a panel of B, up to two vectors wide, in memory that can be read in whole vectors,
// for that many rows of A. That is B itself where the rows are too few for a copy to pay, and where
// the first tile shall make the copy in passing, to the memory that is returned then.
func pack[T spec.Float](u unit[T], dst []T, b spec.Matrix[T], rows int) (panel spec.Matrix[T], copyTo *T) {
	w := u.lanes
	panel = spec.Matrix[T]{Rows: b.Rows, Cols: b.Cols, RowStride: (b.Cols + w - 1) / w * w, ColStride: 1, Data: dst}
	switch {
	case b.ColStride == 1 && rows < tallest && b.Cols%w == 0:
		return b, nil
	case b.ColStride == 1 && rows >= tallest && b.Cols == panelVectors*w:
		return b, &dst[0]
	case b.ColStride == 1:
		u.copyPanel(b.Rows, &b.Data[0], b.RowStride, &dst[0], b.Cols)
	case b.RowStride == 1:
		for j := 0; j < b.Cols; j += u.square {
			u.transpose(b.Rows, &b.Data[j*b.ColStride], b.ColStride, min(u.square, b.Cols-j), &dst[j], panel.RowStride)
		}
	default:
		spec.Copy(panel, b)
	}
	return panel, nil
}

// gather returns a block of A, in memory without gaps where that pays for the number of panels that
// will be multiplied with it.
func gather[T spec.Float](m *memory, a spec.Matrix[T], panels int) spec.Matrix[T] {
	stride, long := a.RowStride, a.Cols
	if a.RowStride == 1 {
		stride, long = a.ColStride, a.Rows
	}
	size := int(unsafe.Sizeof(T(0)))
	conflict := panels > 1 && stride*size%pageBytes == 0
	scattered := a.RowStride == 1 && panels >= manyPanels
	if a.RowStride != 1 && a.ColStride != 1 || !conflict && !scattered {
		return a
	}
	if m.a == nil {
		m.a = new([blockHeight * (blockDepth*8 + gap) / 8]float64)
	}
	packed := spec.Matrix[T]{Rows: a.Rows, Cols: a.Cols, RowStride: long + gap/size, ColStride: 1, Data: slice[T](m.a)}
	from, to := a, packed
	if a.RowStride == 1 {
		packed.RowStride, packed.ColStride = 1, packed.RowStride
		from, to = a.Transposed(), packed.Transposed()
	}
	for i := range from.Rows {
		copy(to.Data[i*to.RowStride:][:from.Cols], from.Data[i*from.RowStride:])
	}
	return packed
}
