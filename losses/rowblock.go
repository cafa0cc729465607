package losses

import (
	"math"

	"softloss/losses/internal/kernel"
)

// rowFailure is a panic in a loss's Row.
type rowFailure struct {
	row   int
	cause any
}

// rowBlock evaluates a loss by its Row, in float64.
func rowBlock[T kernel.Float](b *block[T], l Loss) {
	i := 0
	defer func() {
		if cause := recover(); cause != nil {
			b.failure = &rowFailure{i, cause}
		}
	}()
	for ; i < len(b.loss); i++ {
		if !b.row(l, i) {
			b.bad = i
			return
		}
	}
}

// row evaluates row i by the loss's Row. It returns false when there is an invalid label.
func (b *block[T]) row(l Loss, i int) bool {
	k := b.k
	w := grow(&b.wide, 8*k)
	r := Row{LogP: w[:k], P: w[k : 2*k], Rest: w[2*k : 3*k], Target: w[3*k : 4*k]}
	z, u, labels := w[4*k:5*k], w[5*k:6*k], w[6*k:7*k]
	if !b.rowTarget(r.Target, i) {
		return false
	}
	if b.grad != nil {
		r.Grad = u
		clear(u)
	}
	if b.targetGrad != nil {
		r.TargetGrad = w[7*k:]
		clear(r.TargetGrad)
	}
	top := -1
	if lo := i * k; b.criterion.FromProbs {
		for j, v := range b.input[lo : lo+k] {
			p := float64(v)
			r.P[j] = max(p, tiny[T]())
			r.LogP[j], r.Rest[j] = math.Log(r.P[j]), 1-p
		}
	} else {
		top = softmaxRow(r, widened(z, b.input[lo:lo+k]))
	}
	b.loss[i] = l.Row(r)
	if math.IsNaN(r.LogP[0]) { // so are all of them
		b.loss[i] = math.NaN()
	}
	if b.grad != nil {
		b.storeGrad(i, r, top)
	}
	if b.targetGrad != nil {
		b.storeTargetGrad(i, r.TargetGrad, labels)
	}
	return true
}

// softmaxRow stores what a Row tells of the softmax of the logits z, and returns the position of a p > 1/2, or -1.
func softmaxRow(r Row, z []float64) (top int) {
	k := len(z)
	kernel.LogSoftmax(r.LogP, z, k)
	kernel.Softmax(r.P, z, k)
	top = -1
	rest := r.Rest[:len(r.P)]
	for j, p := range r.P {
		rest[j] = 1 - p
		if p > 0.5 {
			top = j
		}
	}
	if top >= 0 {
		rest[top] = -math.Expm1(r.LogP[top])
	}
	return top
}

// storeGrad takes u = r.Grad of row i back through the softmax, u_j - p_j Σ u, or through the logarithm of given
// probabilities, u_j/p_j, and stores it. Where p is above 1/2, at top, it is (1-p) Σ u less the sum of the other u.
func (b *block[T]) storeGrad(i int, r Row, top int) {
	f := b.factor(b.scale, i)
	u, p := r.Grad, r.P[:len(r.Grad)]
	g := b.grad[i*b.k:][:len(u)]
	if b.criterion.FromProbs {
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

// total returns the sum of x.
func total[T kernel.Float](x []T) float64 {
	var s0, s1, s2, s3 float64 // sums that do not wait for each other
	i := 0
	for ; i+4 <= len(x); i += 4 {
		y := x[i : i+4 : i+4]
		s0, s1, s2, s3 = s0+float64(y[0]), s1+float64(y[1]), s2+float64(y[2]), s3+float64(y[3])
	}
	for _, v := range x[i:] {
		s0 += float64(v)
	}
	return (s0 + s1) + (s2 + s3)
}

// widened returns x in float64: x itself, or what it stores in dst.
func widened[T kernel.Float](dst []float64, x []T) []float64 {
	if wide, ok := any(x).([]float64); ok {
		return wide
	}
	widen(dst, x)
	return dst
}

// storeTargetGrad takes g = dL/dτ of row i back through smoothing and class weights and stores it. t is scratch.
func (b *block[T]) storeTargetGrad(i int, g, t []float64) {
	lo := i * b.k
	w, weighs := b.criterion.ClassWeights, b.weighsLabels()
	mass := 0.0
	for j, v := range b.labels[lo : lo+b.k] {
		t[j] = float64(v)
		mass += t[j]
		if weighs {
			t[j] *= w[j]
		}
	}
	smoothGradRow(b.criterion.Smoothing, g, t)
	f := b.factor(b.plainScale, i)
	for j := range g {
		switch {
		case weighs:
			g[j] = times(w[j], g[j])
		case b.rowWeight != nil && mass > 0: // d (Σ w t / Σ t) L; without mass the weight is 1
			g[j] = times(b.rowWeight[i], g[j]) + b.loss[i]*(w[j]-b.rowWeight[i])/mass
		}
		b.targetGrad[lo+j] = T(times(f, g[j]))
	}
}

// rowTarget stores the target of row i in t and reports whether its labels are valid.
func (b *block[T]) rowTarget(t []float64, i int) bool {
	if b.index != nil {
		clear(t)
		t[b.index[i]] = 1
		return true
	}
	for j, v := range b.target[i*b.k : (i+1)*b.k] {
		if !(v >= 0) || v-v != 0 {
			return false
		}
		t[j] = float64(v)
	}
	return true
}

// rest returns 1 - p for l = log p, without cancellation.
func rest(l, p float64) float64 {
	if p > 0.5 {
		return -math.Expm1(l)
	}
	return 1 - p
}

// times is a·b with 0·∞ = 0.
func times(a, b float64) float64 {
	if a == 0 && math.IsInf(b, 0) {
		return 0
	}
	return a * b
}
