package losses

import (
	"softloss/internal/dense"
	"softloss/losses/internal/kernel"
)

// quantity is something that every class of a row has, such as log p.
type quantity[T kernel.Float] interface {
	// values stores it in h for some rows of logits z and labels t, nil with an index. scratch has
	// as many elements.
	values(h []float64, scratch, z, t []T, k int)
	// row stores it in h for one row, plus a number, which it returns, the same for all classes.
	row(h []float64, scratch, z, t []T, s kernel.SoftmaxOf) (plus float64)
}

// expectationRows is the kernel of alpha times cross entropy and beta times the expectation of a
// quantity h,
//
//	loss = -alpha Σ_k t_k l_k + beta R,   R = Σ_k p_k h_k
//	dL/dlogits_k = alpha (S p_k - t_k) + beta p_k (h_k - R),   S = Σ_k t_k
//
// where h does not depend on p, or is l. It must be finite where p is 0.
func expectationRows[T kernel.Float, Q quantity[T]](b *batch[T], alpha, beta float64, q Q) (bad int) {
	if !kernel.RowByRow[T](b.k) {
		return expectationBlocks(b, alpha, beta, q)
	}
	for i := range b.n {
		c := b.slice(i, i+1)
		if !expectationRow(&c, alpha, beta, q) && expectationBlocks(&c, alpha, beta, q) >= 0 {
			return i
		}
	}
	return -1
}

// expectationRow computes one row by one exponential a class. It returns false where that is not
// ordinary.
func expectationRow[T kernel.Float, Q quantity[T]](b *batch[T], alpha, beta float64, q Q) (ok bool) {
	h, buf, p, y := dense.Grow(&b.wide, b.k), dense.Grow(&b.tmp, 2*b.k), b.grad, -1
	if p == nil {
		p = buf[b.k:]
	}
	if b.index != nil {
		y = b.index[0]
	}
	s, ok := kernel.SoftmaxRow(p, b.input, b.target, y)
	if !ok {
		return false
	}
	plus := q.row(h, buf[:b.k], b.input, b.target, s)
	_, r := kernel.Moments(p, h, 0)
	b.loss[0] = times(alpha, s.Loss) + beta*(r-plus)
	if b.grad != nil {
		f := float64(b.scale[0])
		expectationGrad(p, b.target, h, y, r, f*alpha, f*beta, s)
	}
	return true
}

// expectationAlone computes row i by expectationBlocks. It returns false when there is an invalid
// label.
func expectationAlone[T kernel.Float, Q quantity[T]](b *batch[T], i int, alpha, beta float64, q Q) (valid bool) {
	c := b.slice(i, i+1)
	return expectationBlocks(&c, alpha, beta, q) < 0
}

// expectationBlocks is expectationRows by kernels for many rows.
func expectationBlocks[T kernel.Float, Q quantity[T]](b *batch[T], alpha, beta float64, q Q) (bad int) {
	k, m := b.k, b.chunk()
	wide, buf := dense.Grow(&b.wide, m*k), dense.Grow(&b.tmp, 2*m*k+1)
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
		h, p := wide[:size], grad
		if p == nil {
			p = buf[:size]
		}
		kernel.Softmax(p, z, k)
		q.values(h, buf[m*k:][:size], z, c.target, k)
		for i := range loss {
			p, h, t, y := part(p, i, i+1, k), part(h, i, i+1, k), part(c.target, i, i+1, k), -1
			_, r := kernel.Moments(p, h, 0)
			loss[i] = times(alpha, loss[i]) + beta*r
			if grad == nil {
				continue
			}
			if c.index != nil {
				y = c.index[i]
			}
			f := of(b.scale, lo+i)
			expectationGrad(p, t, h, y, r, f*alpha, f*beta, aroundTop(p, t, y))
		}
	}
	return -1
}

// aroundTop returns what a softmax's kernel tells of the class of p > 1/2 and the labels t, or
// those of class y.
func aroundTop[T kernel.Float](p, t []T, y int) (s kernel.SoftmaxOf) {
	s.Top, s.Others = above(p), 1
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

// expectationGrad turns p into alpha (S p - t) + beta p (h - r), for labels t or the one-hot row of
// y. Where p is above 1/2, at the top, what would cancel is written as a sum over the other
// classes.
func expectationGrad[T kernel.Float](p, t []T, h []float64, y int, r, alpha, beta float64, s kernel.SoftmaxOf) {
	top, at := s.Top, 0.0
	if top >= 0 {
		q1, d1 := kernel.Moments(p[:top], h[:top], h[top])
		q2, d2 := kernel.Moments(p[top+1:], h[top+1:], h[top])
		q, d := q1+q2, d1+d2 // Σ p and Σ p (h - h_top) of the others
		at = alpha*(s.Others-(s.Others+s.Own)*q) - beta*float64(p[top])*d
	}
	c := alpha*(s.Others+s.Own) - beta*r
	if t != nil {
		kernel.Tilt(p, t, h, c, beta, alpha)
	} else {
		x := float64(p[y])*(c+beta*h[y]) - alpha
		kernel.Tilt(p, p, h, c, beta, 0)
		p[y] = T(x)
	}
	if top >= 0 {
		p[top] = T(at)
	}
}
