package losses

import (
	"gorgonia.org/tensor"

	"softloss/internal/dense"
	"softloss/internal/parallel"
	"softloss/losses/internal/kernel"
)

// kernelMap is a RowMap of logits with kernels in the place of wideMap's Apply and Grad.
type kernelMap struct {
	wideMap
	f32 rowKernels[float32]
	f64 rowKernels[float64]
}

// rowKernels are the function of rows of k logits, and the product of its Jacobian with u.
type rowKernels[T kernel.Float] struct {
	apply func(dst, z []T, k int)
	grad  func(dst, z, u []T, k int)
}

// Apply implements RowMap.
func (m kernelMap) Apply(x tensor.Tensor) (*tensor.Dense, error) {
	z, err := m.logits(x)
	if err != nil {
		return nil, err
	}
	out := dense.Unset(z.Dtype(), m.part(z.Shape())...)
	m.store(out, z)
	return out, nil
}

// logits returns x as a tensor of rows.
func (m *kernelMap) logits(x tensor.Tensor) (*tensor.Dense, error) {
	z, err := denseOf(m.arg, x)
	if err != nil {
		return nil, err
	}
	return z, checkRows(m.arg, z)
}

// store stores the function of the rows of z in dst, which is contiguous.
func (m kernelMap) store(dst, z *tensor.Dense) {
	if z.Dtype() == tensor.Float32 {
		mapRows(dst, z, m.f32.apply)
	} else {
		mapRows(dst, z, m.f64.apply)
	}
}

// Grad implements RowMap.
func (m kernelMap) Grad(x, upstream tensor.Tensor) (*tensor.Dense, error) {
	in, err := rowsOf(m, argument{m.arg, x}, argument{"upstream", upstream})
	if err != nil {
		return nil, err
	}
	z, u := in[0], in[1]
	out := dense.Unset(z.Dtype(), z.Shape()...)
	if z.Dtype() == tensor.Float32 {
		mapPairs(out, z, u, liftedGrad(m.f32.grad, m.f64.grad))
	} else {
		mapPairs(out, z, u, m.f64.grad)
	}
	return out, nil
}

// The mappers that are not at work.
var mappers parallel.Pools

// mapper computes a function of rows.
type mapper[T kernel.Float] struct {
	f        func(dst, z []T, k int)
	dst, src []T
	w, k     int // the elements of a row of both
	buf      []T
	group    parallel.Group
}

func (m *mapper[T]) rows(_, lo, hi int) { m.f(m.dst[lo*m.w:hi*m.w], m.src[lo*m.k:hi*m.k], m.k) }

// mapRows stores f of the rows of z in dst, which is contiguous.
func mapRows[T kernel.Float](dst, z *tensor.Dense, f func(dst, z []T, k int)) {
	pool := parallel.PoolOf[T](&mappers)
	m := parallel.Borrow(pool, func(m *mapper[T]) { m.group.Body = m.rows })
	var n int
	n, m.k = extent(z)
	m.w = width(dst, n)
	m.f, m.dst, m.src = f, dense.Memory[T](dst), dense.Rows(z, dense.Last, &m.buf)
	m.group.Run(n, blockOf(m.k), partsOf(n, m.k))
	m.f, m.dst, m.src = nil, nil, nil
	pool.Put(m)
}

// mapPairs stores f of the rows of x and u in out, a new tensor of the shape of x.
func mapPairs[T kernel.Float](out, x, u *tensor.Dense, f func(dst, x, u []T, k int)) {
	n, k := extent(x)
	var xbuf, ubuf []T
	src, up := dense.Rows(x, dense.Last, &xbuf), dense.Rows(u, dense.Last, &ubuf)
	dst, w := dense.Memory[T](out), width(u, n)
	group := parallel.Group{Body: func(_, lo, hi int) { f(dst[lo*k:hi*k], src[lo*k:hi*k], up[lo*w:hi*w], k) }}
	group.Run(n, blockOf(k), partsOf(n, k))
}
