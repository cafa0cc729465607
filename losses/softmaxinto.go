package losses

import (
	"sync"

	"gorgonia.org/tensor"

	"softloss/internal/dense"
	"softloss/losses/internal/kernel"
	"softloss/losses/internal/rows"
)

// SoftmaxInto stores the softmax of every row of the logits in dst. It allocates nothing once it
// has run on these shapes.
//
// Shapes and special cases are those of [Softmax]; dst is contiguous, of the shape and dtype of the
// logits, and may be the logits. Errors: [ErrNil], [ErrShape], also for memory that dst and logits
// have in common in part, and [ErrDtype]; nothing is written then.
func SoftmaxInto(dst *tensor.Dense, logits tensor.Tensor) error {
	return mapInto(dst, logits, kernel.Softmax[float32], kernel.Softmax[float64])
}

// LogSoftmaxInto stores the logarithm of the softmax of every row of the logits in dst, as
// [SoftmaxInto] the softmax.
func LogSoftmaxInto(dst *tensor.Dense, logits tensor.Tensor) error {
	return mapInto(dst, logits, kernel.LogSoftmax[float32], kernel.LogSoftmax[float64])
}

func mapInto(dst *tensor.Dense, logits tensor.Tensor,
	f32 func(dst, z []float32, k int), f64 func(dst, z []float64, k int)) error {
	z, err := denseOf("logits", logits)
	if err != nil {
		return err
	}
	if err := checkRows("logits", z); err != nil {
		return err
	}
	if err := checkOutput("dst", dst, z.Dtype()); err != nil {
		return err
	}
	if err := checkShape("dst", dst.Shape(), z.Shape()...); err != nil {
		return err
	}
	inPlace := dense.RowMajor(z) && z.Uintptr() == dst.Uintptr()
	if !inPlace && dense.Overlap(dst, z) {
		return argError(ErrShape, "dst", "the tensor", "shares part of its memory with the logits",
			"a tensor of its own, or the logits")
	}
	if z.Dtype() == tensor.Float32 {
		runInto(&mappers32, dst, z, f32)
	} else {
		runInto(&mappers64, dst, z, f64)
	}
	return nil
}

// The mappers that are not at work.
var mappers32, mappers64 sync.Pool

// mapper computes a function of rows.
type mapper[T kernel.Float] struct {
	f        func(dst, z []T, k int)
	dst, src []T
	k        int
	buf      []T
	group    rows.Group
}

func (m *mapper[T]) rows(_, lo, hi int) { m.f(m.dst[lo*m.k:hi*m.k], m.src[lo*m.k:hi*m.k], m.k) }

func runInto[T kernel.Float](pool *sync.Pool, dst, z *tensor.Dense, f func(dst, z []T, k int)) {
	m, _ := pool.Get().(*mapper[T])
	if m == nil {
		m = new(mapper[T])
		m.group.Body = m.rows
	}
	var n int
	n, m.k = extent(z)
	m.f, m.dst, m.src = f, dense.Memory[T](dst), dense.Rows(z, len(z.Shape())-1, &m.buf)
	m.group.Run(n, m.k, rows.Parts(n, m.k))
	m.f, m.dst, m.src = nil, nil, nil
	pool.Put(m)
}
