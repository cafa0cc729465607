package losses

import (
	"math"

	"softloss/internal/dense"
	"softloss/losses/internal/kernel"
)

// byRow evaluates the rows of b by the loss's Row, in float64. It returns the first row with an
// invalid label, or -1.
func byRow[T kernel.Float](b *batch[T], l Loss) (bad int) {
	for most, lo := b.rowsIn(1<<10), 0; lo < b.n; lo += most {
		if bad = b.rows(l, lo, min(lo+most, b.n)); bad >= 0 {
			return bad
		}
	}
	return -1
}

// row evaluates row i by the loss's Row. It returns false when there is an invalid label.
func (b *batch[T]) row(l Loss, i int) bool { return b.rows(l, i, i+1) < 0 }

// softmaxes returns log p and p of the rows [lo, hi) in scratch memory, and 1 - p where these are
// rows in tiles, elsewhere as much to work in: many rows of few classes take hardly longer than
// one.
func (b *batch[T]) softmaxes(lo, hi int) (logP, p, rest []float64) {
	z := part(b.input, lo, hi, b.k)
	n := len(z)
	w := dense.Grow(&b.soft, 3*n)
	logP, p, rest = w[:n:n], w[n:2*n:2*n], w[2*n:3*n:3*n]
	switch {
	case b.probs:
		for j, v := range z {
			p[j] = max(float64(v), kernel.Tiny[T]())
			logP[j] = math.Log(p[j])
		}
	case b.inTiles():
		kernel.SoftmaxRests(logP, p, rest, b.lanes(hi-lo), z, b.k)
	default:
		kernel.Softmaxes(logP, p, widened(rest, z), b.k)
	}
	return logP, p, rest
}

// inTiles reports whether the softmaxes of the rows are computed in tiles.
func (b *batch[T]) inTiles() bool { return !b.probs && kernel.InTiles[float64](b.k) }

// lanes returns what the softmaxes of n rows in tiles leave for storeGrads.
func (b *batch[T]) lanes(n int) []float64 {
	return dense.Grow(&b.tileLanes, kernel.SoftmaxLanes(n, b.k))
}

// rows evaluates the rows [lo, hi) by the loss's Row, and prepares all before: vectors then are of
// use for few classes too. It returns the first row with an invalid label, or -1.
func (b *batch[T]) rows(l Loss, lo, hi int) (bad int) {
	k, n := b.k, (hi-lo)*b.k
	w := dense.Grow(&b.wide, 3*n+k+2)
	target, scratch, beside := w[:n:n], w[3*n:3*n+k], w[3*n+k:]
	if bad = b.targets(target, lo, hi); bad >= 0 {
		return lo + bad
	}
	var grad, targetGrad []float64
	if b.grad != nil {
		grad = w[n : 2*n : 2*n]
		clear(grad)
	}
	if b.targetGrad != nil || b.byTarget != nil {
		targetGrad = w[2*n : 3*n : 3*n]
		clear(targetGrad)
	}
	logP, p, rest := b.softmaxes(lo, hi)
	tops := b.rests(logP, p, rest, lo, hi)
	r := Row{memory: &b.memory}
	for i := lo; i < hi; i++ {
		at, end := (i-lo)*k, (i-lo+1)*k
		r.LogP, r.P, r.Rest, r.Target = logP[at:end:end], p[at:end:end], rest[at:end:end], target[at:end:end]
		if grad != nil {
			r.Grad = grad[at:end:end]
		}
		if targetGrad != nil {
			r.TargetGrad = targetGrad[at:end:end]
		}
		if b.twins {
			r.beside = b.besides(beside, r.Target, i)
			if b.probs {
				p := float64(b.input[i*k])
				r.Rest[1] = p
				r.LogP[1] = kernel.LogOf(r.P[1], p)
			}
		}
		*b.at, b.memory.used = i, 0
		b.loss[i] = l.Row(r)
		if math.IsNaN(r.LogP[0]) { // so are all of them
			b.loss[i] = math.NaN()
		}
		if b.byTarget != nil {
			kernel.Round(part(b.byTarget, i, i+1, k), r.TargetGrad)
		}
		if b.targetGrad != nil {
			b.storeTargetGrad(i, r.TargetGrad, scratch)
		}
	}
	if grad != nil {
		b.storeGrads(lo, grad, p, rest, tops)
	}
	return -1
}

// rests stores 1 - p of the rows [lo, hi) in rest, where [batch.softmaxes] has not, and returns
// where there is a p > 1/2 of logits that no tiles hold.
func (b *batch[T]) rests(logP, p, rest []float64, lo, hi int) (tops []int) {
	if b.probs {
		for j, v := range part(b.input, lo, hi, b.k) {
			rest[j] = 1 - float64(v)
		}
		return nil
	}
	if b.inTiles() || !kernel.Rests(rest, p) {
		return nil
	}
	tops = allAbove(dense.Grow(&b.tops, hi-lo+1), p)
	for _, j := range tops {
		rest[j] = -math.Expm1(logP[j])
	}
	return tops
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

// storeGrads takes the u that Row has stored of the rows from lo on back through the softmax,
// u_j - p_j Σ u, or through the logarithm of given probabilities, u_j/p_j, and stores it. Where p
// is above 1/2, at one of tops, it is (1-p) Σ u less the sum of the other u.
func (b *batch[T]) storeGrads(lo int, u, p, rest []float64, tops []int) {
	if b.inTiles() {
		n := len(u) / b.k
		kernel.SoftmaxBack(part(b.grad, lo, lo+n, b.k), u, b.lanes(n), own(b, b.scale, lo, lo+n), b.k)
		return
	}
	k, dst := b.k, b.grad[lo*b.k:][:len(u)]
	for i := 0; i < len(u); i += k {
		u, p, g, f := u[i:i+k], p[i:i+k], dst[i:i+k], of(b.scale, lo+i/k)
		if b.probs {
			for j, x := range u {
				g[j] = T(f * (x / p[j]))
			}
			continue
		}
		sum := total(u)
		for j, x := range u {
			g[j] = T(f * (x - p[j]*sum))
		}
	}
	for _, top := range tops {
		i := top / k
		row := u[i*k : (i+1)*k]
		own := u[top]
		u[top] = 0
		others := total(row)
		dst[top] = T(of(b.scale, lo+i) * ((others+own)*rest[top] - others))
	}
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
	smoothGradRow(b.rowSmoothing(), g, t)
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

// rowSmoothing returns what gradients by the labels are taken back through row by row. What a rule
// but the notebook's does to the two labels of an element is taken back when one is made of them.
func (b *batch[T]) rowSmoothing() Smoothing {
	if b.twins && !b.smoothing.byNotebook() {
		return Smoothing{}
	}
	return b.smoothing
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
func (b *batch[T]) rowTarget(t []float64, i int) bool { return b.targets(t, i, i+1) < 0 }

// targets stores the targets of the rows [lo, hi) in t and returns the first with an invalid label,
// counted from lo, or -1.
func (b *batch[T]) targets(t []float64, lo, hi int) (bad int) {
	if b.index != nil {
		clear(t)
		for i, y := range b.index[lo:hi] {
			t[i*b.k+y] = 1
		}
		return -1
	}
	labels := part(b.target, lo, hi, b.k)
	if len(labels) > 16 { // otherwise a loop takes no longer than calls of vectors
		kernel.Widen(t, labels)
		if _, _, bad = kernel.WeightedSum(labels, t); bad >= 0 {
			bad /= b.k
		}
		return bad
	}
	for j, v := range labels {
		if !valid(v) {
			return j / b.k
		}
		t[j] = float64(v)
	}
	return -1
}

// gradAlone stores the gradient of row i by the loss's Row.
func (b *batch[T]) gradAlone(l Loss, i int) {
	row, loss := b.slice(i, i+1), b.loss[i]
	row.targetGrad, row.byTarget = nil, nil
	row.row(l, 0)
	b.loss[i] = loss
}

// alone stores the derivatives by the target of row i by the loss's Row.
func (b *batch[T]) alone(l Loss, i int) {
	row, loss := b.slice(i, i+1), b.loss[i]
	row.grad = nil
	row.row(l, 0)
	b.loss[i] = loss
}
