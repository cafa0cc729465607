package losses

import (
	"math"

	"softloss/internal/dense"
	"softloss/losses/internal/kernel"
)

// byRow evaluates the rows of b by the loss's Row, in float64. It returns the first row with an
// invalid label, or -1.
func byRow[T kernel.Float](b *batch[T], l Loss) (bad int) {
	for lo := 0; lo < b.n; lo += b.chunk() {
		hi := min(lo+b.chunk(), b.n)
		logP, p := b.softmaxes(lo, hi)
		for i := lo; i < hi; i++ {
			if !b.rowOf(l, i, part(logP, i-lo, i-lo+1, b.k), part(p, i-lo, i-lo+1, b.k)) {
				return i
			}
		}
	}
	return -1
}

// row evaluates row i by the loss's Row. It returns false when there is an invalid label.
func (b *batch[T]) row(l Loss, i int) bool {
	logP, p := b.softmaxes(i, i+1)
	return b.rowOf(l, i, logP, p)
}

// softmaxes returns log p and p of the rows [lo, hi) in scratch memory: many rows of few classes
// take hardly longer than one.
func (b *batch[T]) softmaxes(lo, hi int) (logP, p []float64) {
	z := part(b.input, lo, hi, b.k)
	n := len(z)
	w := dense.Grow(&b.soft, 3*n)
	logP, p = w[:n:n], w[n:2*n:2*n]
	if b.probs {
		for j, v := range z {
			p[j] = max(float64(v), kernel.Tiny[T]())
			logP[j] = math.Log(p[j])
		}
		return logP, p
	}
	wide := widened(w[2*n:], z)
	kernel.Softmaxes(logP, p, wide, b.k)
	return logP, p
}

// rowOf is row for a row of log p and p.
func (b *batch[T]) rowOf(l Loss, i int, logP, p []float64) bool {
	*b.at = i
	k := b.k
	w := dense.Grow(&b.wide, 8*k)
	field := func(j int) []float64 { return w[j*k : (j+1)*k : (j+1)*k] }
	r := Row{LogP: logP, P: p, Rest: field(0), Target: field(1), memory: &b.memory}
	if !b.rowTarget(r.Target, i) {
		return false
	}
	r.beside = b.besides(field(5), r.Target, i)
	if b.grad != nil {
		r.Grad = field(2)
		clear(r.Grad)
	}
	if b.targetGrad != nil || b.byTarget != nil {
		r.TargetGrad = field(3)
		clear(r.TargetGrad)
	}
	top := -1
	if b.probs {
		for j, v := range part(b.input, i, i+1, k) {
			r.Rest[j] = 1 - float64(v)
		}
		if b.twins {
			p := float64(b.input[i*k])
			r.Rest[1] = p
			r.LogP[1] = kernel.LogOf(r.P[1], p)
		}
	} else {
		top = rests(r)
	}
	b.memory.used = 0
	b.loss[i] = l.Row(r)
	if math.IsNaN(r.LogP[0]) { // so are all of them
		b.loss[i] = math.NaN()
	}
	if b.grad != nil {
		b.storeGrad(i, r, top)
	}
	if b.byTarget != nil {
		kernel.Round(part(b.byTarget, i, i+1, k), r.TargetGrad)
	}
	if b.targetGrad != nil {
		b.storeTargetGrad(i, r.TargetGrad, field(4))
	}
	return true
}

// softmaxRow stores what a Row tells of the softmax of the logits z, and returns the position of a
// p > 1/2, or -1.
func softmaxRow(r Row, z []float64) (top int) {
	kernel.Softmaxes(r.LogP, r.P, z, len(z))
	return rests(r)
}

// rests stores 1 - p in r.Rest and returns the position of a p > 1/2, or -1.
func rests(r Row) (top int) {
	if !kernel.Rests(r.Rest, r.P) {
		return -1
	}
	top = above(r.P)
	r.Rest[top] = -math.Expm1(r.LogP[top])
	return top
}

// storeGrad takes u = r.Grad of row i back through the softmax, u_j - p_j Σ u, or through the
// logarithm of given probabilities, u_j/p_j, and stores it. Where p is above 1/2, at top, it is
// (1-p) Σ u less the sum of the other u.
func (b *batch[T]) storeGrad(i int, r Row, top int) {
	f := of(b.scale, i)
	u, p := r.Grad, r.P[:len(r.Grad)]
	g := b.grad[i*b.k:][:len(u)]
	if b.probs {
		for j, x := range u {
			g[j] = T(f * (x / p[j]))
		}
		return
	}
	if top < 0 {
		sum := total(u)
		for j, x := range u {
			g[j] = T(f * (x - p[j]*sum))
		}
		return
	}
	others := total(u[:top]) + total(u[top+1:])
	sum := others + u[top]
	for j, x := range u {
		g[j] = T(f * (x - p[j]*sum))
	}
	g[top] = T(f * (sum*r.Rest[top] - others))
}

// storeTargetGrad takes g = dL/dτ of row i back through smoothing and class weights and stores it.
// t is scratch.
func (b *batch[T]) storeTargetGrad(i int, g, t []float64) {
	lo := i * b.k
	w := b.classWeights
	mass := 0.0
	for j, v := range b.labels[lo : lo+b.k] {
		t[j] = float64(v)
		mass += t[j]
		if b.weighsLabels {
			t[j] = float64(stillPositive(b.smoothing, T(w[j]*t[j]), v, w[j])) // as the smoothing has met it
		}
	}
	smoothGradRow(b.smoothing, g, t)
	f := b.shareOf(i)
	for j := range g {
		switch {
		case b.weighsLabels:
			g[j] = times(w[j], g[j])
		case b.rowWeight != nil:
			g[j] = times(b.rowWeight[i], g[j])
			if mass > 0 { // the weight depends on the labels: d (Σ w t / Σ t) L
				g[j] += b.loss[i] * (w[j] - b.rowWeight[i]) / mass
			}
		}
		b.targetGrad[lo+j] = T(times(f, g[j]) * b.lift)
	}
}

// besides returns in dst the other label of each of the two t of element i: 1 - t, or a rounding of
// it where they sum to 1; nil where a row is no element. Of two labels that the notebook's rule has
// smoothed it is the one before, since that rule leaves a large label as it is and the small one
// not.
func (b *batch[T]) besides(dst, t []float64, i int) []float64 {
	if !b.twins {
		return nil
	}
	dst[0], dst[1] = t[1], t[0]
	if b.smoothing.byNotebook() {
		if yes, no := b.labels[2*i], b.labels[2*i+1]; yes > 0 && no > 0 {
			dst[0], dst[1] = float64(no), float64(yes)
		}
	}
	return dst
}

// rowTarget stores the target of row i in t and reports whether its labels are valid.
func (b *batch[T]) rowTarget(t []float64, i int) bool {
	if b.index != nil {
		clear(t)
		t[b.index[i]] = 1
		return true
	}
	labels := part(b.target, i, i+1, b.k)
	if len(labels) > 16 { // otherwise a loop takes no longer than calls of vectors
		kernel.Widen(t, labels)
		_, _, bad := kernel.WeightedSum(labels, t)
		return bad < 0
	}
	for j, v := range labels {
		if !valid(v) {
			return false
		}
		t[j] = float64(v)
	}
	return true
}

// alone stores the derivatives by the target of row i by the loss's Row.
func (b *batch[T]) alone(l Loss, i int) {
	row, loss := b.slice(i, i+1), b.loss[i]
	row.grad = nil
	row.row(l, 0)
	b.loss[i] = loss
}
