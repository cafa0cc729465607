package losses

import (
	"math"

	"softloss/internal/dense"
	"softloss/losses/internal/kernel"
)

// NCE is normalised cross entropy, a loss in [0, 1] that is robust to symmetric label noise.
//
//	loss = Σ_k t_k l_k / Σ_j l_j,   l = log softmax(logits)
//	dL/dl_k = (t_k - loss) / Σ_j l_j,   dL/dt_k = l_k / Σ_j l_j
//
// For an index it is l_y / Σ_j l_j. It is linear in the target. Shapes: logits [N, K], target [N,
// K] or [N], loss [N], grad [N, K].
//
// Special cases are:
//
//	K = 1                    loss 0, gradient 0
//	logit -Inf               as in the limit: a class of p = 0 takes the whole sum, and its term
//	                         is t_k; several such classes share it equally; gradient 0
//	a NaN or +Inf logit,
//	or all logits -Inf       loss and gradient of that row are NaN
//
// Source: Ma et al., ICML 2020, arXiv:2006.13554, eq. (5). Golden file: testdata/peers_torch.json.
type NCE struct{}

// Row implements [Loss].
func (NCE) Row(r Row) (loss float64) {
	if len(r.LogP) == 1 {
		return 0
	}
	sum := total(r.LogP)
	excluded := 0
	if math.IsInf(sum, -1) {
		for _, l := range r.LogP {
			if math.IsInf(l, -1) {
				excluded++
			}
		}
	}
	var all precise
	for k, t := range r.Target {
		share := r.LogP[k] / sum
		if excluded > 0 {
			share = 0
			if math.IsInf(r.LogP[k], -1) {
				share = 1 / float64(excluded)
			}
		}
		all.add(t * share)
		if r.TargetGrad != nil {
			r.TargetGrad[k] = share
		}
	}
	loss = all.value()
	if r.Grad != nil && excluded == 0 {
		for k, t := range r.Target {
			r.Grad[k] = (t - loss) / sum
		}
	}
	return loss
}

// LinearInTarget implements [LinearLoss].
func (NCE) LinearInTarget() bool { return true }

// nceRows is the kernel. It computes the loss from two cross entropies, C for the target and D =
// -Σ_j l_j for labels of 1. With S the sum of the target it is C/D, and the gradient
//
//	dL/dlogits_j = ((S - K loss) p_j + loss - t_j) / D.
func nceRows[T kernel.Float](b *batch[T]) (bad int) {
	if b.k == 1 {
		return byRow(b, NCE{})
	}
	if kernel.InTiles[T](b.k) {
		return kernel.NCE(b.loss, b.grad, b.byTarget, b.input, b.target, b.index, b.scale, b.k, func(i int) (valid bool) {
			c := b.slice(i, i+1)
			return nceBlocks(&c) < 0
		})
	}
	if !kernel.RowByRow[T](b.k) {
		return nceBlocks(b)
	}
	return b.bySoftmax(func(c softmaxes[T]) {
		all := b.loss[c.first:][:len(c.s)] // D, then the losses
		for i := range all {
			s, z := &c.s[i], part(c.z, i, i+1, b.k)
			less, _ := kernel.Moments(z, z, s.Max)
			if all[i] = float64(b.k)*s.Log - less; !finite(all[i]) { // a logit is -Inf
				s.Coef = 0
			}
		}
		for i, d := range all {
			s := &c.s[i]
			if s.Coef == 0 {
				continue
			}
			loss := s.Loss / d
			if y := part(b.byTarget, c.first+i, c.first+i+1, b.k); y != nil {
				kernel.LogP(y, part(c.z, i, i+1, b.k), *s)
				kernel.Affine(y, y, -1/d, 0, 0)
			}
			if all[i] = loss; b.grad != nil {
				e, t := part(c.e, i, i+1, b.k), part(c.t, i, i+1, b.k)
				nceGrad(e, t, c.class(i), loss, of(b.scale, c.first+i)/d, *s)
			}
		}
	}, func(i int) (valid bool) {
		c := b.slice(i, i+1)
		return nceBlocks(&c) < 0
	})
}

// nceBlocks is nceRows by kernels for many rows.
func nceBlocks[T kernel.Float](b *batch[T]) (bad int) {
	k, m := b.k, b.chunk()
	sums := dense.Grow(&b.wide, 8*k+m)[8*k:] // the others are for row
	ones := dense.Grow(&b.tmp, m*k)
	for i := range ones {
		ones[i] = 1
	}
	one := ones[:1]
	for lo := 0; lo < b.n; lo += m {
		c := b.slice(lo, min(lo+m, b.n))
		kernel.CrossEntropy(sums[:c.n], nil, c.input, ones[:len(c.input)], one, k)
		if c.index != nil {
			kernel.CrossEntropyIndex(c.loss, c.grad, c.input, c.index, one, k)
		} else {
			if bad := kernel.CrossEntropy(c.loss, nil, c.input, c.target, one, k); bad >= 0 {
				return lo + bad
			}
			if c.grad != nil {
				kernel.Softmax(c.grad, c.input, k)
			}
		}
		for i, own := range c.loss {
			sum, g := sums[i], part(c.grad, i, i+1, k)
			c.loss[i] = own / sum
			switch {
			case !(own <= math.MaxFloat64 && sum <= math.MaxFloat64): // a class of p = 0, or NaN
				c.row(NCE{}, i)
			case g != nil && c.index != nil:
				nceIndexGrad(g, c.index[i], own, sum, of(c.scale, i))
			case g != nil:
				t := part(c.target, i, i+1, k)
				nceGrad(g, t, -1, c.loss[i], of(c.scale, i)/sum, aroundTop(g, t, 0))
			}
			if c.byTarget != nil {
				c.alone(NCE{}, i)
			}
		}
	}
	return -1
}

// nceIndexGrad replaces g, the gradient p - [j=y] of the cross entropy c, by f times that of c/d.
func nceIndexGrad[T kernel.Float](g []T, y int, c, d, f float64) {
	k, loss := float64(len(g)), c/d
	f /= d
	a, common := f*(1-k*loss), f*loss
	top, q := -1, 0.0
	if a < -f || a > f { // the rounding of a p near 1 would be seen
		if top = above(g); top >= 0 {
			q = math.Exp(-c) + sumOf(g[:top]) + sumOf(g[top+1:]) - float64(g[y])
		}
	}
	own := float64(g[y])
	kernel.Affine(g, g, a, common, 0)
	g[y] = T(a*own - f*(k-1)*loss)
	if top >= 0 {
		g[top] = T(f*(1-(k-1)*loss) - a*q)
	}
}

// nceGrad replaces the exponentials e by f ((S - K loss) p + loss - t) for the labels t, or the
// one-hot row of y, and their sum S.
func nceGrad[T kernel.Float](e, t []T, y int, loss, f float64, s kernel.SoftmaxOf) {
	k := float64(len(e))
	a, common := f*(s.Others+s.Own-k*loss), f*loss
	if t != nil {
		kernel.Affine(e, t, s.Coef*a, common, f)
	} else {
		own := s.Coef * float64(e[y])
		kernel.Affine(e, e, s.Coef*a, common, 0)
		e[y] = T(a*own + f*(loss-1))
	}
	if s.Top >= 0 {
		e[s.Top] = T(f*(s.Others-(k-1)*loss) - a*s.Rest)
	}
}
