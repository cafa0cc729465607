//go:build !purego

package vec

import (
	"sync"
	"unsafe"

	"softloss/internal/gemm/spec"
)

const (
	// panelVectors is the width of a panel of B, and of a tile.
	panelVectors = 2
	// tallest is a multiple of the heights of the highest tiles, 12 and 6.
	tallest = 12
	// blockDepth is up to how many rows of B a panel has: of 128 bytes each with AVX-512, so that it
	// fills two thirds of a first-level cache of 48 KiB.
	blockDepth = 256
	// blockHeight is up to how many rows of A make up a block with blockDepth columns: in float32 it
	// fills a quarter of a second-level cache of 2 MiB.
	blockHeight = 44 * tallest
	// gap is the bytes between the rows of a gathered block. Without it they might all fall into the same
	// few lines of a cache.
	gap = 64
)

// memory is for one product at a time.
type memory struct {
	a [blockHeight * (blockDepth*8 + gap) / 8]float64
	b [blockDepth * panelVectors * 64 / 8]float64
}

var memories = sync.Pool{New: func() any { return new(memory) }}

const (
	// fewRows is up to how many rows of A packing B does not pay.
	fewRows = tallest
	// manyPanels is from how many panels of B on gathering A pays.
	manyPanels = 8
)

// pack returns a panel of B, up to two vectors wide, in memory that can be read in whole vectors:
// the panel itself where packing would not pay for the number of rows that it will be multiplied
// with.
func pack[T spec.Float](u unit[T], dst []T, b spec.Matrix[T], rows int) spec.Matrix[T] {
	w := u.lanes()
	packed := spec.Matrix[T]{Rows: b.Rows, Cols: b.Cols, RowStride: (b.Cols + w - 1) / w * w, ColStride: 1, Data: dst}
	switch {
	case b.ColStride == 1 && b.Cols%w == 0 && rows <= fewRows:
		return b
	case b.ColStride == 1:
		u.copyPanel(b.Rows, &b.Data[0], b.RowStride, &dst[0], b.Cols)
	case b.RowStride == 1:
		for j := 0; j < b.Cols; j += u.square() {
			u.transpose(b.Rows, &b.Data[j*b.ColStride], b.ColStride, min(u.square(), b.Cols-j), &dst[j], packed.RowStride)
		}
	default:
		spec.Copy(packed, b)
	}
	return packed
}

// gather returns a block of A, in memory without gaps where that pays for the number of panels that
// will be multiplied with it.
func gather[T spec.Float](dst []T, a spec.Matrix[T], panels int) spec.Matrix[T] {
	stride, long := a.RowStride, a.Cols
	if a.RowStride == 1 {
		stride, long = a.ColStride, a.Rows
	}
	size := int(unsafe.Sizeof(T(0)))
	if a.RowStride != 1 && a.ColStride != 1 || panels < 2 || panels < manyPanels && stride*size%2048 != 0 {
		return a
	}
	packed := spec.Matrix[T]{Rows: a.Rows, Cols: a.Cols, RowStride: long + gap/size, ColStride: 1, Data: dst}
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
