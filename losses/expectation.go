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
}

// expectationRows is the kernel of alpha times cross entropy and beta times the expectation of a
// quantity h,
//
//	loss = -alpha Σ_k t_k l_k + beta R,   R = Σ_k p_k h_k
//	dL/dlogits_k = alpha (S p_k - t_k) + beta p_k (h_k - R),   S = Σ_k t_k
//
// where h does not depend on p, or is l. It must be finite where p is 0.
func expectationRows[T kernel.Float, Q quantity[T]](b *batch[T], alpha, beta float64, q Q) (bad int) {
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
			p, h := part(p, i, i+1, k), part(h, i, i+1, k)
			_, r := kernel.Moments(p, h, 0)
			loss[i] = times(alpha, loss[i]) + beta*r
			if grad == nil {
				continue
			}
			f := of(b.scale, lo+i)
			if c.index == nil {
				expectationGrad(p, part(c.target, i, i+1, k), h, -1, r, f*alpha, f*beta)
			} else {
				expectationGrad(p, nil, h, c.index[i], r, f*alpha, f*beta)
			}
		}
	}
	return -1
}

// expectationGrad turns p into alpha (S p - t) + beta p (h - r), for labels t or the one-hot row of
// y. Where p is above 1/2, at top, what would cancel is written as a sum over the other classes.
func expectationGrad[T kernel.Float](p, t []T, h []float64, y int, r, alpha, beta float64) {
	top, at := above(p), 0.0
	others, own := 1.0, 0.0 // the labels but that of top, and that
	switch {
	case t != nil && top >= 0:
		others, own = kernel.Sum(t[:top])+kernel.Sum(t[top+1:]), float64(t[top])
	case t != nil:
		others = kernel.Sum(t)
	case top == y:
		others, own = 0, 1
	}
	if top >= 0 {
		q1, d1 := kernel.Moments(p[:top], h[:top], h[top])
		q2, d2 := kernel.Moments(p[top+1:], h[top+1:], h[top])
		q, d := q1+q2, d1+d2 // Σ p and Σ p (h - h_top) of the others
		at = alpha*(others-(others+own)*q) - beta*float64(p[top])*d
	}
	c := alpha*(others+own) - beta*r
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
