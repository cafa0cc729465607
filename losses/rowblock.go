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
	k := b.k
	w := grow(&b.wide, 8*k)
	z, u, labels := w[:k], w[k:2*k], w[2*k:3*k]
	r := Row{LogP: w[3*k : 4*k], P: w[4*k : 5*k], Target: w[5*k : 6*k], Rest: w[6*k : 7*k]}
	if b.targetGrad != nil {
		r.TargetGrad = w[7*k:]
	}
	i := 0
	defer func() {
		if cause := recover(); cause != nil {
			b.failure = &rowFailure{i, cause}
		}
	}()
	for ; i < len(b.loss); i++ {
		lo, hi := i*k, i*k+k
		if !b.rowTarget(r.Target, i) {
			b.bad = i
			return
		}
		for j, v := range b.input[lo:hi] {
			z[j] = float64(v)
		}
		if b.criterion.FromProbs {
			for j, p := range z {
				r.P[j] = max(p, tiny[T]())
				r.LogP[j], r.Rest[j] = math.Log(r.P[j]), 1-p
			}
		} else {
			kernel.LogSoftmax(r.LogP, z, k)
			kernel.Softmax(r.P, z, k)
			for j, p := range r.P {
				r.Rest[j] = rest(r.LogP[j], p)
			}
		}
		if b.grad != nil {
			r.Grad = u
			clear(u)
		}
		clear(r.TargetGrad)
		b.loss[i] = l.Row(r)
		if math.IsNaN(r.LogP[0]) { // so are all of them
			b.loss[i] = math.NaN()
		}
		if b.grad != nil {
			f := b.factor(b.scale, i)
			if b.criterion.FromProbs {
				for j := range u {
					z[j] = u[j] / r.P[j]
				}
			} else {
				kernel.LogSoftmaxGrad(z, z, u, k)
			}
			for j, g := range z {
				b.grad[lo+j] = T(f * g)
			}
		}
		if b.targetGrad != nil {
			b.storeTargetGrad(i, r.TargetGrad, labels)
		}
	}
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
