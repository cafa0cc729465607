//go:build !purego

package vec

import "softloss/losses/internal/kernel/spec"

// SigmoidCrossEntropy is [spec.SigmoidCrossEntropy].
func SigmoidCrossEntropy[T spec.Float](loss []float64, grad, z, yes, no, scale []T) {
	if len(z) == 0 {
		return
	}
	f, each := commonFactor(scale)
	unitOf[T]().sigmoidCrossEntropy(&loss[0], first(grad), &z[0], &yes[0], &no[0], len(z), f, nil)
	if each {
		multiply(grad, scale)
	}
}

// SigmoidSeparable is [spec.SigmoidSeparable].
func SigmoidSeparable[T spec.Float](f spec.Family, a float64, loss []float64, grad, z, yes, no, scale []T) {
	p, ok := planFor(f, a)
	if !ok {
		spec.SigmoidSeparable(f, a, loss, grad, z, yes, no, scale)
		return
	}
	v := wideOf[T]()
	run := v.sigmoidFocal
	switch {
	case f == spec.GCE:
		run = v.sigmoidGCE
	case f == spec.Poly1:
		run = v.sigmoidPoly
	case a == 2:
		run = v.sigmoidFocal2
	}
	sigmoidWide(run, &p.sigmoid[0], loss, grad, z, yes, no, scale)
}

// SigmoidMAE is [spec.SigmoidMAE].
func SigmoidMAE[T spec.Float](loss []float64, grad, z, yes, no, scale []T) {
	sigmoidWide(wideOf[T]().sigmoidMAE, nil, loss, grad, z, yes, no, scale)
}

// sigmoidWide runs a kernel that computes in float64.
func sigmoidWide[T spec.Float](
	run func(loss *float64, grad, z, yes, no *T, n int, scale float64, par *float64),
	par *float64, loss []float64, grad, z, yes, no, scale []T) {
	if len(z) == 0 {
		return
	}
	f, each := commonFactor(scale)
	run(&loss[0], first(grad), &z[0], &yes[0], &no[0], len(z), float64(f), par)
	if each {
		multiply(grad, scale)
	}
}

// commonFactor returns the factor of all gradients, 1 where each has one.
func commonFactor[T spec.Float](scale []T) (f T, each bool) {
	if len(scale) == 1 {
		return scale[0], false
	}
	return 1, true
}

// multiply multiplies the elements of g, which may be nil.
func multiply[T spec.Float](g, f []T) {
	for i := range g {
		g[i] *= f[i]
	}
}

// first returns a pointer to the first element, nil for nil.
func first[T any](x []T) *T {
	if x == nil {
		return nil
	}
	return &x[0]
}

// Complement is [spec.Complement].
func Complement[T spec.Float](dst, t []T) (ok bool) {
	return len(t) == 0 || unitOf[T]().complement(&dst[0], &t[0], len(t)) == 0
}
