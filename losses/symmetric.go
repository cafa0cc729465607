package losses

import (
	"cmp"
	"math"

	"softloss/internal/dense"
	"softloss/losses/internal/kernel"
)

// ReverseCrossEntropy is cross entropy with prediction and target exchanged.
//
//	loss = -Σ_k p_k log t_k,   log t_k at least A
//	dL/dl_k = -p_k log t_k,   dL/dt_k = -p_k/t_k where log t_k > A, 0 elsewhere
//
// For an index, and one-hot rows, it is -A (1 - p_y): with A = -2 the mean absolute error. It is
// not linear in the target. Shapes: logits [N, K], target [N, K] or [N], loss [N], grad [N, K].
//
// Special cases are: a logit -Inf costs nothing; a NaN or +Inf logit, or all -Inf, makes the row
// NaN.
//
// Errors: [ErrParam] unless -1e30 <= A < 0.
//
// Source: Wang et al., ICCV 2019, arXiv:1908.06112, eq. (6) and section 4.2. Golden file:
// testdata/peers_torch.json.
type ReverseCrossEntropy struct {
	A float64 // what stands for log 0, below 0; the paper uses -6 and -4
}

var rangeA = Range{Min: -1e30, Max: 0, OpenMax: true}

// Validate implements [Validator].
func (c ReverseCrossEntropy) Validate() error {
	return rangeA.check("ReverseCrossEntropy.A", c.A, "the paper uses -6 and -4")
}

// Row implements [Loss].
func (c ReverseCrossEntropy) Row(r Row) (loss float64) {
	floor := c.floor()
	var sum precise
	for k, t := range r.Target {
		l, free := c.log(t, r.other(k), floor)
		x := r.P[k] * l
		sum.add(-x)
		if r.Grad != nil {
			r.Grad[k] = -x
		}
		if r.TargetGrad != nil && free {
			r.TargetGrad[k] = -r.P[k] / t
		}
	}
	return sum.value()
}

// floor returns a label the logarithm of which is not above A, but almost.
func (c ReverseCrossEntropy) floor() float64 { return math.Exp(c.A) * (1 - 0x1p-40) }

// log returns log t, or A where it is not above A. other is 1 - t where it
// is known, 0 elsewhere.
func (c ReverseCrossEntropy) log(t, other, floor float64) (l float64, free bool) {
	if t > floor {
		if x := logBeside(t, other, kernel.Log(t)); x > c.A {
			return x, true
		}
	}
	return c.A, false
}

// reversed is -log t.
type reversed[T kernel.Float] struct {
	ReverseCrossEntropy
	twins  bool           // as those of a batch
	labels kernel.Reverse // of the symmetric cross entropy
	memory *[]float64
}

func (c reversed[T]) values(h, _, t []T, _ int) {
	kernel.MinusLogs(h, t, -c.A)
	if !c.twins {
		return
	}
	for i := 0; i < len(t); i += 2 {
		yes, no := float64(t[i]), float64(t[i+1])
		h[i] = T(min(-logBeside(yes, no, -float64(h[i])), -c.A))
		h[i+1] = T(min(-logBeside(no, yes, -float64(h[i+1])), -c.A))
	}
}

// logBeside returns l, log t, or where t is 1 less a small label of its twin, whose digits it has
// lost, the logarithm by that.
func logBeside(t, other, l float64) float64 {
	if kernel.IsComplement(t, other) {
		return math.Log1p(-other)
	}
	return l
}

func (c reversed[T]) near(memory, z, t []T) (h []T) {
	c.values(memory, z, t, len(z))
	return memory
}

func (reversed[T]) numbers(*kernel.SoftmaxOf) (from, less float64) { return 0, 0 }

func (c reversed[T]) byTarget(y, e, z, t []T, s kernel.SoftmaxOf) (ok bool) {
	return !kernel.HasSymmetricLabelsOf[T](c.labels, len(e)) ||
		kernel.SymmetricLabelsOf(c.labels, y, e, z, t, s, dense.Grow(c.memory, len(e)))
}

// SymmetricCrossEntropy is Alpha times cross entropy plus Beta times [ReverseCrossEntropy]: the
// second learns little from wrong labels, the first keeps it learning.
//
//	loss = -Alpha Σ_k t_k l_k - Beta Σ_k p_k log t_k,   log t_k at least A
//
// Gradients, special cases and shapes are those of the two. Errors: [ErrParam] unless Alpha and
// Beta are from 0 to 1e30 and -1e30 <= A < 0.
//
// Source: Wang et al., ICCV 2019, arXiv:1908.06112, eq. (8). Golden file:
// testdata/peers_torch.json.
type SymmetricCrossEntropy struct {
	Alpha, Beta float64 // the paper uses 0.1 and 1 for CIFAR-10
	A           float64 // what stands for log 0; the paper uses -6 for CIFAR-10
}

// Validate implements [Validator].
func (s SymmetricCrossEntropy) Validate() error {
	return cmp.Or(strength.check("SymmetricCrossEntropy.Alpha", s.Alpha, ""),
		strength.check("SymmetricCrossEntropy.Beta", s.Beta, ""),
		rangeA.check("SymmetricCrossEntropy.A", s.A, "the paper uses -6"))
}

// Row implements [Loss].
func (s SymmetricCrossEntropy) Row(r Row) (loss float64) {
	reverse := ReverseCrossEntropy{s.A}.Row(r)
	var sum precise
	for k, t := range r.Target {
		if t > 0 {
			sum.add(-t * r.LogP[k])
		}
		if r.Grad != nil {
			r.Grad[k] = s.Beta*r.Grad[k] - s.Alpha*t
		}
		if r.TargetGrad != nil {
			r.TargetGrad[k] = s.Beta*r.TargetGrad[k] - times(s.Alpha, r.LogP[k])
		}
	}
	return times(s.Alpha, sum.value()) + s.Beta*reverse
}

// symmetricRows is the kernel of s, which l is. For an index that is a separable loss,
//
//	φ(l_y) = -Alpha l_y - Beta A (1 - p_y),
//
// Alpha times Poly1 with Epsilon = -Beta A/Alpha, or a multiple of 1 - p_y alone.
func symmetricRows[T kernel.Float](b *batch[T], s SymmetricCrossEntropy, l Loss) (bad int) {
	if b.twins && b.smoothing.byNotebook() {
		return byRow(b, l)
	}
	if b.index == nil {
		q := reversed[T]{ReverseCrossEntropy{s.A}, b.twins, kernel.ReverseOf[T](s.Alpha, s.Beta, -s.A), &b.wide}
		if kernel.InTiles[T](b.k) && !b.twins && -s.A <= kernel.MostFloor() {
			return kernel.SymmetricCrossEntropy(s.Alpha, s.Beta, -s.A, b.loss, b.grad, b.byTarget, b.input, b.target, b.scale,
				b.k, func(i int) (valid bool) { return expectationAlone(b, i, l, s.Alpha, s.Beta, q) })
		}
		bad = expectationRows(b, l, s.Alpha, s.Beta, q)
		if bad < 0 && b.byTarget != nil && !kernel.HasSymmetricLabelsOf[T](q.labels, b.k) {
			kernel.SymmetricLabels(q.labels, b.byTarget, b.input, b.target, dense.Grow(&b.wide, b.k), b.k,
				func(i int) { b.alone(l, i) })
		}
		return bad
	}
	family, factor, epsilon := kernel.Poly1, s.Alpha, -s.Beta*s.A/s.Alpha
	if s.Alpha == 0 {
		family, factor, epsilon = kernel.Absolute, -s.Beta*s.A/2, 0
	}
	if !(epsilon < 1<<20 && 0x1p-20 < factor && factor < 1<<20) { // the scale of a gradient may leave the dtype
		return byRow(b, l)
	}
	buf := dense.Grow(&b.tmp, b.k+len(b.scale))
	scale := buf[b.k:]
	for i, f := range b.scale {
		scale[i] = T(float64(f) * factor)
	}
	kernel.SeparableIndex(family, epsilon, b.loss, b.grad, b.input, b.index, scale, buf[:b.k], b.k)
	for i := range b.loss {
		b.loss[i] *= factor
	}
	return -1
}
