package losses

import (
	"math"

	"softloss/internal/dense"
	"softloss/losses/internal/kernel"
)

// quantity is something that every class of a row has, such as log p.
type quantity[T kernel.Float] interface {
	// values stores it in h for some rows of logits z and labels t, nil with an index.
	values(h, z, t []T, k int)
	// near returns, for some rows, h of which it is (h - from) - less, with numbers that a row has one
	// of each. memory has room for h.
	near(memory, z, t []T) (h []T)
	numbers(s *kernel.SoftmaxOf) (from, less float64)
	// byTarget stores in y the derivatives by the target of an ordinary row of logits z, exponentials
	// e and labels t. It returns false where it has not.
	byTarget(y, e, z, t []T, s kernel.SoftmaxOf) (ok bool)
}

// expectationRows is the kernel of l, alpha times cross entropy and beta times the expectation of a
// quantity h,
//
//	loss = -alpha Σ_k t_k l_k + beta R,   R = Σ_k p_k h_k
//	dL/dlogits_k = alpha (S p_k - t_k) + beta p_k (h_k - R),   S = Σ_k t_k
//
// where h does not depend on p, or is l. It must be finite where p is 0.
func expectationRows[T kernel.Float, Q quantity[T]](b *batch[T], l Loss, alpha, beta float64, q Q) (bad int) {
	if !kernel.RowByRow[T](b.k) {
		return expectationBlocks(b, l, alpha, beta, q)
	}
	return b.bySoftmax(func(c softmaxes[T]) {
		h := q.near(c.spare, c.z, c.t)
		all := b.loss[c.first:][:len(c.s)] // R + less, then the losses
		for i := range all {
			s := &c.s[i]
			from, _ := q.numbers(s)
			r := s.Coef * kernel.Expectation(part(c.e, i, i+1, b.k), part(h, i, i+1, b.k), from)
			if all[i] = r; !finite(r) { // a logit is -Inf
				s.Coef = 0
			}
		}
		for i, r := range all {
			s, e, h := &c.s[i], part(c.e, i, i+1, b.k), part(h, i, i+1, b.k)
			if s.Coef == 0 {
				continue
			}
			from, less := q.numbers(s)
			all[i] = times(alpha, s.Loss) + beta*(r-less)
			y := part(b.byTarget, c.first+i, c.first+i+1, b.k)
			if y != nil && !q.byTarget(y, e, part(c.z, i, i+1, b.k), part(c.t, i, i+1, b.k), *s) {
				b.alone(l, c.first+i)
			}
			if b.grad != nil {
				f := of(b.scale, c.first+i)
				expectationGrad(e, part(c.t, i, i+1, b.k), h, c.class(i), from, r, f*alpha, f*beta, s)
			}
		}
	}, func(i int) (valid bool) { return expectationAlone(b, i, l, alpha, beta, q) })
}

// expectationAlone computes row i by expectationBlocks. It returns false when there is an invalid
// label.
func expectationAlone[T kernel.Float, Q quantity[T]](b *batch[T], i int, l Loss, alpha, beta float64, q Q) (
	valid bool) {
	c := b.slice(i, i+1)
	c.byTarget = nil
	valid = expectationBlocks(&c, l, alpha, beta, q) < 0
	if valid && b.byTarget != nil {
		b.alone(l, i)
	}
	return valid
}

// expectationBlocks is expectationRows by kernels for many rows. The gradients of those in which
// labels show the digits that a p has lost are of the Row of l.
func expectationBlocks[T kernel.Float, Q quantity[T]](b *batch[T], l Loss, alpha, beta float64, q Q) (bad int) {
	k, m := b.k, b.chunk()
	buf := dense.Grow(&b.tmp, 2*m*k+1)
	one := buf[2*m*k:]
	one[0] = 1
	for lo := 0; lo < b.n; lo += m {
		c := b.slice(lo, min(lo+m, b.n))
		c.scale = one
		loss, grad, z, size := c.loss, c.grad, c.input, len(c.input)
		c.grad = nil
		if bad := crossEntropyRows(&c); bad >= 0 {
			return lo + bad
		}
		h, p := buf[m*k:][:size], grad
		if p == nil {
			p = buf[:size]
		}
		kernel.Softmax(p, z, k)
		q.values(h, z, c.target, k)
		for i := range loss {
			p, h, t, y := part(p, i, i+1, k), part(h, i, i+1, k), part(c.target, i, i+1, k), -1
			r := kernel.Expectation(p, h, 0)
			loss[i] = times(alpha, loss[i]) + beta*r
			if grad == nil {
				continue
			}
			if c.index != nil {
				y = c.index[i]
			}
			f := of(b.scale, lo+i)
			s := aroundTop(p, t, y)
			expectationGrad(p, t, h, y, 0, r, f*alpha, f*beta, &s)
			lift := math.Abs(f) * alpha * (s.Others + s.Own)
			if single[T]() && lift > mostLift && mayBeFaint(part(z, i, i+1, k), lift) {
				b.gradAlone(l, lo+i)
			}
		}
	}
	return -1
}

// aroundTop returns what a softmax's kernel tells of the class of p > 1/2 and the labels t, or
// those of class y.
func aroundTop[T kernel.Float](p, t []T, y int) (s kernel.SoftmaxOf) {
	s.Coef, s.Top, s.Others = 1, above(p), 1
	if s.Top >= 0 {
		s.Rest = sumOf(p[:s.Top]) + sumOf(p[s.Top+1:])
	}
	switch {
	case t != nil && s.Top >= 0:
		s.Others, s.Own = sumOf(t[:s.Top])+sumOf(t[s.Top+1:]), float64(t[s.Top])
	case t != nil:
		s.Others = sumOf(t)
	case s.Top == y:
		s.Others, s.Own = 0, 1
	}
	return s
}

// expectationGrad turns the exponentials e into alpha (S p - t) + beta p (h - from - r), for labels
// t or the one-hot row of y. Where p is above 1/2, at the top, what would cancel is written as a
// sum over the other classes.
func expectationGrad[T kernel.Float](e, t, h []T, y int, from, r, alpha, beta float64, s *kernel.SoftmaxOf) {
	top, at, c := s.Top, 0.0, s.Coef
	if top >= 0 {
		d := kernel.Expectation(e, h, float64(h[top]))
		at = alpha*(s.Others-(s.Others+s.Own)*s.Rest) - beta*(c*float64(e[top]))*(c*d)
	}
	a, b := c*(alpha*(s.Others+s.Own)-beta*r), c*beta
	if t != nil {
		kernel.Tilt(e, t, h, from, a, b, alpha)
	} else {
		x := float64(e[y])*(a+b*(float64(h[y])-from)) - alpha
		kernel.Tilt(e, e, h, from, a, b, 0)
		e[y] = T(x)
	}
	if top >= 0 {
		e[top] = T(at)
	}
}
