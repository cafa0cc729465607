//go:build !purego

package vec

import (
	"sync"
	"unsafe"

	"softloss/internal/gemm/spec"
)

const (
	// panelVectors is the width of a panel of C.
	panelVectors = 2
	// blockDepth is how many rows of B a packed panel holds: of 128 bytes each with AVX-512, so
	// that it fills two thirds of a first-level cache of 48 KiB.
	blockDepth = 256
	// blockHeight is how many rows of A pass by a panel before the next one is packed. With
	// blockDepth columns they fit into a second-level cache.
	blockHeight = 1024
	// fewRows is up to how many rows of A packing B does not pay.
	fewRows = 12

	blockBytes = blockDepth * panelVectors * 64
)

// blocks are memory for packed panels.
var blocks = sync.Pool{New: func() any { return new([blockBytes / 8]float64) }}

// Mul computes C ← β C + A B on one processor, as [spec.Mul] does with an α of 1. C has ColStride 1,
// and no dimension is 0.
func Mul[T spec.Float](c spec.Matrix[T], beta T, a, b spec.Matrix[T]) {
	u := unitOf[T]()
	width := panelVectors * u.lanes()
	if beta != 0 {
		spec.Scale(c, beta)
	}
	block := blocks.Get().(*[blockBytes / 8]float64)
	defer blocks.Put(block)
	packed := unsafe.Slice((*T)(unsafe.Pointer(block)), blockDepth*width)
	for i := 0; i < c.Rows; i += blockHeight {
		rows := min(blockHeight, c.Rows-i)
		for p := 0; p < a.Cols; p += blockDepth {
			depth := min(blockDepth, a.Cols-p)
			first := &a.Data[i*a.RowStride+p*a.ColStride]
			for j := 0; j < c.Cols; j += width {
				cols := min(width, c.Cols-j)
				bp, bRow := pack(u, packed, b.Slice(p, p+depth, j, j+cols), rows)
				u.panel(rows, depth, first, a.RowStride, a.ColStride, bp, bRow,
					&c.Data[i*c.RowStride+j], c.RowStride, cols, beta != 0 || p > 0)
			}
		}
	}
}

// pack returns a panel of B, up to two vectors wide, in memory that can be read in whole vectors, and
// how far apart its rows are there. It copies the panel to dst, unless that would not pay for the
// number of rows that it will be multiplied by.
func pack[T spec.Float](u unit[T], dst []T, b spec.Matrix[T], rows int) (first *T, row int) {
	w := u.lanes()
	row = (b.Cols + w - 1) / w * w
	switch {
	case b.ColStride == 1 && b.Cols%w == 0 && rows <= fewRows:
		return &b.Data[0], b.RowStride
	case b.ColStride == 1:
		u.copyPanel(b.Rows, &b.Data[0], b.RowStride, &dst[0], b.Cols)
	case b.RowStride == 1:
		for j := 0; j < b.Cols; j += u.square() {
			u.transpose(b.Rows, &b.Data[j*b.ColStride], b.ColStride, min(u.square(), b.Cols-j), &dst[j], row)
		}
	default:
		spec.Copy(spec.Matrix[T]{Rows: b.Rows, Cols: b.Cols, RowStride: row, ColStride: 1, Data: dst}, b)
	}
	return &dst[0], row
}
