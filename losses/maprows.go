package losses

import (
	"sync"

	"gorgonia.org/tensor"

	"softloss/internal/dense"
	"softloss/losses/internal/kernel"
	"softloss/losses/internal/rows"
)

// Functions of the rows of tensors: in their dtype, several rows at once, or in float64.

// width returns how many elements a tensor has for each of n rows.
func width(d *tensor.Dense, n int) int { return d.Shape().TotalSize() / n }

// The mappers that are not at work.
var mappers32, mappers64 sync.Pool

// mapper computes a function of rows.
type mapper[T kernel.Float] struct {
	f        func(dst, z []T, k int)
	dst, src []T
	w, k     int // the elements of a row of both
	buf      []T
	group    rows.Group
}

func (m *mapper[T]) rows(_, lo, hi int) { m.f(m.dst[lo*m.w:hi*m.w], m.src[lo*m.k:hi*m.k], m.k) }

// mapRows stores f of the rows of z in dst, which is contiguous.
func mapRows[T kernel.Float](pool *sync.Pool, dst, z *tensor.Dense, f func(dst, z []T, k int)) {
	m, _ := pool.Get().(*mapper[T])
	if m == nil {
		m = new(mapper[T])
		m.group.Body = m.rows
	}
	var n int
	n, m.k = extent(z)
	m.w = width(dst, n)
	m.f, m.dst, m.src = f, dense.Memory[T](dst), dense.Rows(z, len(z.Shape())-1, &m.buf)
	m.group.Run(n, m.k, rows.Parts(n, m.k))
	m.f, m.dst, m.src = nil, nil, nil
	pool.Put(m)
}

// mapPairs stores f of the rows of x and u in out, a new tensor of the shape of x.
func mapPairs[T kernel.Float](out, x, u *tensor.Dense, f func(dst, x, u []T, k int)) {
	n, k := extent(x)
	var xbuf, ubuf []T
	src, up := dense.Rows(x, len(x.Shape())-1, &xbuf), dense.Rows(u, len(u.Shape())-1, &ubuf)
	dst, w := dense.Memory[T](out), width(u, n)
	group := rows.Group{Body: func(_, lo, hi int) { f(dst[lo*k:hi*k], src[lo*k:hi*k], up[lo*w:hi*w], k) }}
	group.Run(n, k, rows.Parts(n, k))
}
