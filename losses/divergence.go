package losses

import (
	"math"
	"slices"

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

// mix computes p, d and the divergences of the rows [lo, hi). Rows that agree are computed
// together, and so are others; to which of them a row belongs is not for its neighbours to say.
func (e *divergence[T]) mix(m *mixture, lo, hi int) {
	n := hi - lo
	m.grow(len(e.logits), n, e.k)
	e.predict(m.of[0], e.logits[0], lo, hi)
	e.compare(m, lo, hi)
	if slices.Contains(m.apart, true) {
		for i, z := range e.logits[1:] {
			e.predict(m.of[i+1], z, lo, hi)
		}
	}
	for i, j := 0, 0; i < n; i = j {
		for j++; j < n && m.apart[j] == m.apart[i]; {
			j++
		}
		if m.apart[i] {
			e.divergeApart(m, i, j)
		} else {
			e.divergeClose(m, i, j)
		}
	}
}

// predict computes l and p of the rows [lo, hi) of the logits z.
func (e *divergence[T]) predict(c component, z []T, lo, hi int) {
	kernel.Widen(c.z, part(z, lo, hi, e.k))
	kernel.Softmaxes(c.l, c.p, c.z, e.k)
	kernel.Regain(c.p, c.z, e.k)
}

// compare finds which of the rows [lo, hi) are apart: not all predictions are close to the first.
// Of the others d is p/p_0 - 1 then, and sum the mean of that.
func (e *divergence[T]) compare(m *mixture, lo, hi int) {
	first, q, share := part(e.logits[0], lo, hi, e.k), m.of[0].p, 1/float64(len(m.of))
	clear(dense.Grow(&m.apart, hi-lo))
	clear(m.sum)
	clear(m.of[0].d)
	for i, z := range e.logits[1:] {
		kernel.CloseRatios(m.apart, m.of[i+1].d, m.sum, part(z, lo, hi, e.k), first, q, share, e.k)
	}
}

// divergeClose computes p, d and the divergences of rows of m that are not apart.
func (e *divergence[T]) divergeClose(m *mixture, lo, hi int) {
	i, j := lo*e.k, hi*e.k
	h, q, mean := m.terms[i:j], m.of[0].p[i:j], m.sum[i:j]
	for _, c := range m.of {
		kernel.CloseDivergence[T](h, c.d[i:j], c.p[i:j], q, mean)
		kernel.RowSums(c.losses[lo:hi], h, e.k)
	}
}

// divergeApart computes d and the divergences of rows of m that are apart. Where the least
// divergence is small it is that of the logarithms that relate computes.
func (e *divergence[T]) divergeApart(m *mixture, lo, hi int) {
	mean, minus := m.mean[lo*e.k:hi*e.k], m.minus[lo*e.k:hi*e.k]
	clear(mean)
	for _, c := range m.of {
		kernel.AddScaled(mean, c.p[lo*e.k:hi*e.k], 1/float64(len(m.of)))
	}
	kernel.MinusLogs(minus, mean, -math.Log(kernel.Tiny[float64]()))
	e.diverge(m, lo, hi)
	for i := lo; i < hi; i++ {
		least := math.Inf(1)
		for _, c := range m.of {
			least = min(least, c.losses[i])
		}
		if least < alike[T]() {
			m.relate(i*e.k, (i+1)*e.k)
			e.diverge(m, i, i+1)
		}
	}
}

// diverge computes d and the divergences of rows of m from l and minus.
func (e *divergence[T]) diverge(m *mixture, lo, hi int) {
	i, j := lo*e.k, hi*e.k
	h, mean, minus := m.terms[i:j], m.mean[i:j], m.minus[i:j]
	for _, c := range m.of {
		kernel.Divergence[T](h, c.d[i:j], c.p[i:j], c.l[i:j], mean, minus)
		kernel.RowSums(c.losses[lo:hi], h, e.k)
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
