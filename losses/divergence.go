package losses

import (
	"math"

	"gorgonia.org/tensor"

	"softloss/internal/dense"
	"softloss/internal/parallel"
	"softloss/losses/internal/kernel"
)

// divergence is an evaluation of [JensenShannon]: the logits of M predictions and, where there are
// any, their gradients, of n rows of k elements each.
type divergence[T kernel.Float] struct {
	logits, grads [][]T
	upstream      []T
	loss          []float64 // of the rows
	k             int
	factor        float64 // of the gradients
	parts         []mixture
}

// diverge evaluates the divergence of logits into loss and grads.
func diverge[T kernel.Float](loss *tensor.Dense, grads, logits []*tensor.Dense, upstream *tensor.Dense,
	reduction Reduction) {
	n, k := extent(logits[0])
	all := totals{kept: n, mass: float64(n)}
	div := reduction.divide(all)
	e := divergence[T]{k: k, loss: make([]float64, n), upstream: []T{1}, factor: div / float64(len(logits)),
		parts: make([]mixture, partsOf(n, len(logits)*k))}
	for _, z := range logits {
		e.logits = append(e.logits, dense.Rows(z, dense.Last, new([]T)))
	}
	for _, g := range grads {
		e.grads = append(e.grads, dense.Memory[T](g))
	}
	if upstream != nil {
		e.upstream = dense.Rows(upstream, dense.Last, new([]T))
	}
	group := parallel.Group{Body: e.rows}
	group.Run(n, blockOf(len(logits)*k), len(e.parts))
	out := dense.Memory[T](loss)
	if reduction.scalar() {
		all.addLosses(e.loss)
		out[0] = T(all.total() * div)
		return
	}
	for i, x := range e.loss {
		out[i] = T(x)
	}
}

// mixtureSize is how many elements of each prediction are computed at once, so that all that is
// kept of them stays in the cache.
const mixtureSize = 1 << 10

// rows evaluates the rows [lo, hi).
func (e *divergence[T]) rows(part, lo, hi int) {
	m, most := &e.parts[part], max(1, mixtureSize/e.k)
	for ; lo < hi; lo += most {
		end := min(hi, lo+most)
		e.mix(m, lo, end)
		for i := lo; i < end; i++ {
			e.row(m.row(i-lo, e.k), i)
		}
		for i, g := range e.grads {
			kernel.Round(g[lo*e.k:end*e.k], m.of[i].p)
		}
	}
}

// mix takes the rows [lo, hi) into m.
func (e *divergence[T]) mix(m *mixture, lo, hi int) {
	m.grow(len(e.logits), (hi-lo)*e.k)
	clear(m.mean)
	for i, r := range m.of {
		kernel.Widen(r.z, part(e.logits[i], lo, hi, e.k))
		kernel.Softmaxes(r.l, r.p, r.z, e.k)
		kernel.AddScaled(m.mean, r.p, 1/float64(len(m.of)))
	}
	kernel.MinusLogs(m.minus, m.mean, -math.Log(kernel.Tiny[float64]()))
	m.diverge()
}

// row evaluates row i, which m holds, and stores its gradients over the probabilities.
func (e *divergence[T]) row(m *mixture, i int) {
	least := m.sum()
	if least < near[T]() {
		m.relate()
		m.diverge()
		m.sum()
	}
	f, sum := e.factor*of(e.upstream, i), 0.0
	for _, r := range m.of {
		sum += r.loss
		if e.grads != nil {
			expectationGrad(r.p, r.p, r.d, -1, 0, r.loss, 0, f, kernel.SoftmaxOf{Coef: 1, Top: above(r.p)})
		}
	}
	e.loss[i] = sum / float64(len(m.of))
}

// near returns the divergence from the mean below which log p - log m has too few digits: both
// logarithms are right to 1e-15 or so.
func near[T kernel.Float]() float64 {
	if single[T]() {
		return 0x1p-20
	}
	return 0x1p-5
}
