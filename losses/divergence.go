package losses

import (
	"gorgonia.org/tensor"

	"softloss/internal/dense"
	"softloss/internal/parallel"
	"softloss/losses/internal/kernel"
)

// The divergences that are not at work.
var divergences parallel.Pools

// divergence is an evaluation of [JensenShannon]: the logits of M predictions and, where there are
// any, their gradients, of n rows of k elements each.
type divergence[T kernel.Float] struct {
	logits, grads [][]T
	upstream      []T
	loss          []float64 // of the rows
	k             int
	factor        float64 // of the gradients
	parts         []mixture
	group         parallel.Group
}

// diverge evaluates the divergence of logits into loss and grads.
func diverge[T kernel.Float](loss *tensor.Dense, grads, logits []*tensor.Dense, upstream *tensor.Dense,
	reduction Reduction) {
	pool := parallel.PoolOf[T](&divergences)
	e := parallel.Borrow(pool, func(e *divergence[T]) { e.group.Body = e.rows })
	n, k := extent(logits[0])
	div := reduction.divide(counts{kept: n, mass: precise{sum: float64(n)}})
	e.load(grads, logits, upstream)
	e.k, e.factor = k, div/float64(len(logits))
	rowLoss, size := dense.Grow(&e.loss, n), len(logits)*k
	parts := partsOf(n, size)
	for len(e.parts) < parts {
		e.parts = append(e.parts, mixture{})
	}
	e.group.Run(n, blockOf(size), parts)
	out := dense.Memory[T](loss)
	if reduction.scalar() {
		var all totals
		all.addLosses(rowLoss)
		out[0] = T(all.total() * div)
	} else {
		for i, x := range rowLoss {
			out[i] = T(x)
		}
	}
	clear(e.logits)
	clear(e.grads)
	e.upstream = nil
	pool.Put(e)
}

// load takes what is the caller's.
func (e *divergence[T]) load(grads, logits []*tensor.Dense, upstream *tensor.Dense) {
	e.logits, e.grads, e.upstream = e.logits[:0], e.grads[:0], []T{1}
	for _, z := range logits {
		e.logits = append(e.logits, dense.Rows(z, dense.Last, new([]T)))
	}
	for _, g := range grads {
		e.grads = append(e.grads, dense.Memory[T](g))
	}
	if upstream != nil {
		e.upstream = dense.Rows(upstream, dense.Last, new([]T))
	}
}

// mixtureSize is how many elements of each prediction are computed at once, so that all that is
// kept of them stays in the second cache.
const mixtureSize = 1 << 12

// rows evaluates the rows [lo, hi).
func (e *divergence[T]) rows(part, lo, hi int) {
	m, most := &e.parts[part], wholeRows(mixtureSize, e.k)
	for ; lo < hi; lo += most {
		end := min(hi, lo+most)
		e.mix(m, lo, end)
		m.divergences(alike[T](), e.k)
		e.store(m, lo, end)
	}
}

// store stores the losses of the rows [lo, hi), which m holds, and their gradients.
func (e *divergence[T]) store(m *mixture, lo, hi int) {
	loss := e.loss[lo:hi]
	clear(loss)
	for _, c := range m.of {
		kernel.AddScaled(loss, c.losses, 1/float64(len(m.of)))
	}
	if len(e.grads) == 0 {
		return
	}
	f := dense.Grow(&m.factors, hi-lo)
	for i := range f {
		f[i] = e.factor * of(e.upstream, lo+i)
	}
	for i, g := range e.grads {
		c := &m.of[i]
		kernel.CentredRows(g[lo*e.k:hi*e.k], c.p, c.d, c.losses, f, e.k)
	}
}

// mix takes the rows [lo, hi) into m, but for what needs their logarithms.
func (e *divergence[T]) mix(m *mixture, lo, hi int) {
	m.grow(len(e.logits), hi-lo, e.k)
	clear(m.mean)
	for i := range m.of {
		c := &m.of[i]
		kernel.Widen(c.z, part(e.logits[i], lo, hi, e.k))
		kernel.Softmaxes(c.l, c.p, c.z, e.k)
		kernel.AddScaled(m.mean, c.p, 1/float64(len(m.of)))
	}
}

// alike returns the divergence from the mean below which log p - log m has too few digits: both
// logarithms are right to 1e-15 or so.
func alike[T kernel.Float]() float64 {
	if single[T]() {
		return 0x1p-20
	}
	return 0x1p-5
}
