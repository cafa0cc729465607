package losses

import (
	"softloss/internal/dense"
	"softloss/losses/internal/kernel"
)

// twiceDifferentiable says which losses have second derivatives here.
const twiceDifferentiable = "CrossEntropy, KL, GCE, Focal, Poly1, AGCE, AUL, AEL, Sparsemax or Entmax15, from logits"

// phi is φ of a separable loss and its derivatives.
type phi struct {
	cross  bool // cross entropy: φ = -l
	family kernel.Family
	a      float64
}

// phiOf returns the φ of a loss that is separable in the logits, and not one that embeds such a
// loss.
func phiOf(l Loss) (f phi, ok bool) {
	switch l := l.(type) {
	case CrossEntropy, KL: // but for the entropy of the target one loss
		return phi{cross: true}, true
	case GCE, Focal, Poly1, AGCE, AUL, AEL:
		f.family, f.a = l.(separable).family()
		return f, true
	}
	return f, false
}

// alongDirection computes the derivatives of the rows' losses along the direction, and their
// gradients. It returns the first row with an invalid label, or -1.
func alongDirection[T kernel.Float](b *batch[T], l Loss) (bad int) {
	f, _ := phiOf(l)
	if f.cross {
		return crossEntropyAlong(b)
	}
	return separableAlong(b, f)
}

// crossEntropyAlong is alongDirection for cross entropy: with the direction v and S the sum of the
// target it is S ⟨p,v⟩ - ⟨t,v⟩, with the gradient S p∘(v - ⟨p,v⟩).
func crossEntropyAlong[T kernel.Float](b *batch[T]) (bad int) {
	k, m := b.k, b.chunk()
	buf := dense.Grow(&b.soft, (3*k+2)*m)
	next := func(n int) (x []float64) {
		x, buf = buf[:n:n], buf[n:]
		return x
	}
	z, p, v, means, factors := next(m*k), next(m*k), next(m*k), next(m), next(m)
	for lo := 0; lo < b.n; lo += m {
		c := b.slice(lo, min(lo+m, b.n))
		kernel.Softmax(p[:c.n*k], widened(z, c.input), k)
		for i := range c.n {
			mass, mean, ok := c.slopeAlong(i, p[i*k:(i+1)*k], v[i*k:(i+1)*k])
			if !ok {
				return lo + i
			}
			means[i], factors[i] = mean, mass*of(c.scale, i)
		}
		if c.grad != nil {
			kernel.CentredRows(c.grad, p, v, means[:c.n], factors, k)
		}
	}
	return -1
}

// slopeAlong stores the direction of row i in v, less that of a class of p > 1/2 or nearly the
// mean, and the derivatives of the loss and of its gradient by the labels along it, from the
// softmax p. It returns S and ⟨p,v⟩; ok is false when there is an invalid label.
func (b *batch[T]) slopeAlong(i int, p, v []float64) (mass, mean float64, ok bool) {
	kernel.Widen(v, part(b.direction, i, i+1, b.k))
	var from float64
	if top := above(p); top >= 0 {
		from = v[top]
	} else {
		from = kernel.Expectation(p, v, 0)
	}
	kernel.Affine(v, v, 1, -from, 0)
	if b.temperature != 1 {
		for j := range v {
			v[j] /= b.temperature
		}
	}
	mean = kernel.Expectation(p, v, 0)
	if b.index != nil {
		b.loss[i] = mean - v[b.index[i]]
		return 1, mean, true
	}
	mass, labelled, bad := kernel.WeightedSum(part(b.target, i, i+1, b.k), v)
	b.loss[i] = mass*mean - labelled
	if b.targetGrad != nil {
		w := dense.Grow(&b.wide, 2*b.k)
		for j, x := range v {
			w[j] = mean - x
		}
		b.storeTargetGrad(i, w[:b.k], w[b.k:])
	}
	return mass, mean, bad < 0
}

// rowAlong is alongDirection for row i of a loss of f. It returns false when there is an invalid
// label.
func (b *batch[T]) rowAlong(f phi, i int) (valid bool) {
	k := b.k
	w := dense.Grow(&b.wide, 9*k)
	field := func(j int) []float64 { return w[j*k : (j+1)*k] }
	r := Row{LogP: field(0), P: field(1), Rest: field(2), Target: field(3)}
	z, a, d, tg, labels := field(4), field(5), field(6), field(7), field(8)
	if !b.rowTarget(r.Target, i) {
		return false
	}
	top := softmaxRow(r, widened(z, part(b.input, i, i+1, k)))
	for j, v := range part(b.direction, i, i+1, k) {
		a[j] = float64(v) / b.temperature
	}
	mean := lean(a, r.P, a)
	var slope, sum, bend, curve float64 // with a = v - ⟨p,v⟩: Σ t φ' a, Σ t φ', Σ t φ″ (a + mean), Σ t φ″
	for j := range r.P {
		_, df, d2f := kernel.Phi(f.family, f.a, r.LogP[j], r.Rest[j])
		at := a[j] - mean
		tg[j] = times(df, at)
		h, e := times(r.Target[j], df), times(r.Target[j], d2f)
		d[j] = times(at, e)
		slope += h * at
		sum += h
		if at != 0 { // e may be infinite
			bend += times(a[j], e)
			curve += e
		}
	}
	b.loss[i] = slope
	if b.grad != nil {
		c, g := of(b.scale, i), part(b.grad, i, i+1, k)
		for j, p := range r.P { // the mean may be far smaller than what it is subtracted from
			g[j] = T(c * (d[j] - p*((bend+sum*a[j])-mean*(curve+sum))))
		}
		if top >= 0 { // d - p Σ d, without what cancels
			others := total(d[:top]) + total(d[top+1:])
			g[top] = T(c * (d[top]*r.Rest[top] - r.P[top]*others + sum*r.P[top]*mean))
		}
	}
	if b.targetGrad != nil {
		b.storeTargetGrad(i, tg, labels)
	}
	return true
}

// addZLossAlong is addZLoss for the derivative along the direction: 2 ZLoss lse ⟨p,v⟩, with the
// gradient 2 ZLoss (⟨p,v⟩ p + lse p∘(v - ⟨p,v⟩)).
func (b *batch[T]) addZLossAlong(i int, z, p []T, lse float64) {
	k, t := b.k, b.temperature
	kernel.Softmax(p, z, k)
	v := part(b.direction, i, i+1, k)
	var mean float64
	for j := range v {
		mean += times(float64(p[j]), float64(v[j])/t)
	}
	b.loss[i] += 2 * b.zLoss * lse * mean
	if b.grad == nil {
		return
	}
	c, g := 2*b.zLoss*b.shareOf(i)/t, part(b.grad, i, i+1, k)
	for j := range g {
		if p := float64(p[j]); p != 0 { // a factor may be infinite
			x := p * (mean + lse*(float64(v[j])/t-mean))
			g[j] = T(float64(g[j]) + times(x, c))
		}
	}
}
