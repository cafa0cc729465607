package losses

import (
	"math"
	"reflect"

	"softloss/losses/internal/kernel"
)

// ReverseCrossEntropy is cross entropy with prediction and target exchanged.
//
//	loss = -Σ_k p_k log t_k,   log t_k at least A
//	dL/dl_k = -p_k log t_k,   dL/dt_k = -p_k/t_k where log t_k > A, 0 elsewhere
//
// For an index, and one-hot rows, it is -A (1 - p_y): with A = -2 the mean absolute error. It is not linear in the target.
// Shapes: logits [N, K], target [N, K] or [N], loss [N], grad [N, K].
//
// Special cases are: a logit -Inf costs nothing; a NaN or +Inf logit, or all -Inf, makes the row NaN.
//
// Errors: [ErrParam] unless A is finite and < 0.
//
// Source: Wang et al., ICCV 2019, arXiv:1908.06112, eq. (6) and section 4.2.
type ReverseCrossEntropy struct {
	A float64 // what stands for log 0, below 0; the paper uses -6 and -4
}

// Validate implements [Validator].
func (c ReverseCrossEntropy) Validate() error {
	if !(c.A < 0) || math.IsInf(c.A, -1) {
		return paramError("ReverseCrossEntropy.A", c.A, "a finite number < 0; the paper uses -6 and -4")
	}
	return nil
}

// Row implements [Loss].
func (c ReverseCrossEntropy) Row(r Row) (loss float64) {
	floor := c.floor()
	for k, t := range r.Target {
		l, free := c.log(t, floor)
		x := r.P[k] * l
		loss -= x
		if r.Grad != nil {
			r.Grad[k] = -x
		}
		if r.TargetGrad != nil && free {
			r.TargetGrad[k] = -r.P[k] / t
		}
	}
	return loss
}

// floor returns a label the logarithm of which is not above A, but almost.
func (c ReverseCrossEntropy) floor() float64 { return math.Exp(c.A) * (1 - 0x1p-40) }

// log returns log t, or A where it is not above A.
func (c ReverseCrossEntropy) log(t, floor float64) (l float64, free bool) {
	if t > floor {
		if x := math.Log(t); x > c.A {
			return x, true
		}
	}
	return c.A, false
}

func (ReverseCrossEntropy) itself() reflect.Type        { return reflect.TypeFor[ReverseCrossEntropy]() }
func (c ReverseCrossEntropy) block32(b *block[float32]) { symmetricBlock(0, 1, c, c, b) }
func (c ReverseCrossEntropy) block64(b *block[float64]) { symmetricBlock(0, 1, c, c, b) }

// SymmetricCrossEntropy is Alpha times cross entropy plus Beta times [ReverseCrossEntropy]: the
// second learns little from wrong labels, the first keeps it learning.
//
//	loss = -Alpha Σ_k t_k l_k - Beta Σ_k p_k log t_k,   log t_k at least A
//
// Gradients, special cases and shapes are those of the two. Errors: [ErrParam] unless Alpha and Beta are finite and >= 0
// and A is finite and < 0.
//
// Source: Wang et al., ICCV 2019, arXiv:1908.06112, eq. (8).
type SymmetricCrossEntropy struct {
	Alpha, Beta float64 // the paper uses 0.1 and 1 for CIFAR-10
	A           float64 // what stands for log 0; the paper uses -6 for CIFAR-10
}

// Validate implements [Validator].
func (s SymmetricCrossEntropy) Validate() error {
	if !(s.Alpha >= 0) || math.IsInf(s.Alpha, 1) {
		return paramError("SymmetricCrossEntropy.Alpha", s.Alpha, "a finite number >= 0")
	}
	if !(s.Beta >= 0) || math.IsInf(s.Beta, 1) {
		return paramError("SymmetricCrossEntropy.Beta", s.Beta, "a finite number >= 0")
	}
	return ReverseCrossEntropy{s.A}.Validate()
}

// Row implements [Loss].
func (s SymmetricCrossEntropy) Row(r Row) (loss float64) {
	reverse := ReverseCrossEntropy{s.A}.Row(r)
	for k, t := range r.Target {
		if t > 0 {
			loss -= t * r.LogP[k]
		}
		if r.Grad != nil {
			r.Grad[k] = s.Beta*r.Grad[k] - s.Alpha*t
		}
		if r.TargetGrad != nil {
			r.TargetGrad[k] = s.Beta*r.TargetGrad[k] - times(s.Alpha, r.LogP[k])
		}
	}
	return times(s.Alpha, loss) + s.Beta*reverse
}

func (SymmetricCrossEntropy) itself() reflect.Type { return reflect.TypeFor[SymmetricCrossEntropy]() }
func (s SymmetricCrossEntropy) block32(b *block[float32]) {
	symmetricBlock(s.Alpha, s.Beta, ReverseCrossEntropy{s.A}, s, b)
}
func (s SymmetricCrossEntropy) block64(b *block[float64]) {
	symmetricBlock(s.Alpha, s.Beta, ReverseCrossEntropy{s.A}, s, b)
}

// symmetricBlock is the kernel of l, alpha times cross entropy and beta times c. For an index that is a separable loss,
//
//	φ(l_y) = -alpha l_y - beta A (1 - p_y),
//
// alpha times Poly1 with Epsilon = -beta A/alpha, or a multiple of 1 - p_y alone.
func symmetricBlock[T kernel.Float](alpha, beta float64, c ReverseCrossEntropy, l Loss, b *block[T]) {
	family, factor, epsilon := kernel.Poly1, alpha, -beta*c.A/alpha
	if alpha == 0 {
		family, factor, epsilon = kernel.Absolute, -beta*c.A/2, 0
	}
	switch {
	case b.criterion.FromProbs:
		rowBlock(b, l)
	case b.index == nil:
		floor := c.floor()
		expectationBlock(b, alpha, beta, func(h []float64, _, _, t []T) {
			for j, v := range t[:len(h)] {
				l, _ := c.log(float64(v), floor)
				h[j] = -l
			}
		})
	case epsilon < 1<<20 && 0x1p-20 < factor && factor < 1<<20: // the scale of no gradient leaves the dtype
		buf := grow(&b.rowBuf, b.k+len(b.scale))
		scale := buf[b.k:]
		for i, f := range b.scale {
			scale[i] = T(float64(f) * factor)
		}
		kernel.SeparableIndex(family, epsilon, b.loss, b.grad, b.input, b.index, scale, buf[:b.k], b.k)
		for i := range b.loss {
			b.loss[i] *= factor
		}
	default:
		rowBlock(b, l)
	}
}

// expectationBlock is the kernel of alpha times cross entropy and beta times the expectation of a quantity h of each class,
//
//	loss = -alpha Σ_k t_k l_k + beta R,   R = Σ_k p_k h_k
//	dL/dlogits_k = alpha (S p_k - t_k) + beta p_k (h_k - R),   S = Σ_k t_k
//
// where h does not depend on p, or is l. values stores it for some rows of logits z and labels t, nil with an index; it may use
// as many elements of scratch. h must be finite where p is 0.
func expectationBlock[T kernel.Float](b *block[T], alpha, beta float64, values func(h []float64, scratch, z, t []T)) {
	k, m := b.k, min(len(b.loss), max(1, chunkElements/b.k))
	wide, buf := grow(&b.wide, m*k), grow(&b.rowBuf, 2*m*k+1)
	one := buf[2*m*k:]
	one[0] = 1
	for lo := 0; lo < len(b.loss); lo += m {
		hi := min(lo+m, len(b.loss))
		z, loss, h, p := b.input[lo*k:hi*k], b.loss[lo:hi], wide[:(hi-lo)*k], rowsOf(b.grad, lo, hi, k)
		if p == nil {
			p = buf[:len(z)]
		}
		var t []T
		if b.index != nil {
			kernel.CrossEntropyIndex(loss, nil, z, b.index[lo:hi], one, k)
		} else {
			t = b.target[lo*k : hi*k]
			if bad := kernel.CrossEntropy(loss, nil, z, t, one, k); bad >= 0 {
				b.bad = lo + bad
				return
			}
		}
		kernel.Softmax(p, z, k)
		values(h, buf[m*k:][:len(z)], z, t)
		for i := range loss {
			p, h := p[i*k:(i+1)*k], h[i*k:(i+1)*k]
			r := expectation(p, h)
			loss[i] = times(alpha, loss[i]) + beta*r
			if b.grad == nil {
				continue
			}
			f := b.factor(b.scale, lo+i)
			if t != nil {
				expectationGrad(p, t[i*k:(i+1)*k], h, -1, r, f*alpha, f*beta)
			} else {
				expectationGrad(p, nil, h, b.index[lo+i], r, f*alpha, f*beta)
			}
		}
	}
}

// expectation returns Σ_k p_k h_k.
func expectation[T kernel.Float](p []T, h []float64) float64 {
	var s0, s1, s2, s3 float64 // sums that do not wait for each other
	h = h[:len(p)]
	i := 0
	for ; i+4 <= len(p); i += 4 {
		x, y := p[i:i+4:i+4], h[i:i+4:i+4]
		s0, s1, s2, s3 = s0+float64(x[0])*y[0], s1+float64(x[1])*y[1], s2+float64(x[2])*y[2], s3+float64(x[3])*y[3]
	}
	for ; i < len(p); i++ {
		s0 += float64(p[i]) * h[i]
	}
	return (s0 + s1) + (s2 + s3)
}

// expectationGrad turns p into alpha (S p - t) + beta p (h - r), for labels t or the one-hot row of y. Where p is above 1/2, at
// top, what would cancel is written as a sum over the other classes.
func expectationGrad[T kernel.Float](p, t []T, h []float64, y int, r, alpha, beta float64) {
	top, at := above(p), 0.0
	others, own := 1.0, 0.0 // the labels but that of top, and that
	switch {
	case t != nil && top >= 0:
		others, own = total(t[:top])+total(t[top+1:]), float64(t[top])
	case t != nil:
		others = total(t)
	case top == y:
		others, own = 0, 1
	}
	if top >= 0 {
		var q, d float64 // Σ p and Σ p (h_top - h) of the others
		for j, v := range p {
			if j != top {
				q += float64(v)
				d += float64(v) * (h[top] - h[j])
			}
		}
		at = alpha*(others-(others+own)*q) + beta*float64(p[top])*d
	}
	c := alpha*(others+own) - beta*r
	h = h[:len(p)]
	if t != nil {
		t = t[:len(p)]
		for j, v := range p {
			p[j] = T(float64(v)*(c+beta*h[j]) - alpha*float64(t[j]))
		}
	} else {
		x := float64(p[y])*(c+beta*h[y]) - alpha
		for j, v := range p {
			p[j] = T(float64(v) * (c + beta*h[j]))
		}
		p[y] = T(x)
	}
	if top >= 0 {
		p[top] = T(at)
	}
}
