package spec

import "math"

// Pieces of the losses that are made of several kernels.

// Moments returns Σ p and Σ p (h - from).
func Moments[T Float](p []T, h []float64, from float64) (mass, sum float64) {
	for j, v := range p {
		mass += float64(v)
		sum += float64(v) * (h[j] - from)
	}
	return mass, sum
}

// Tilt stores p (a + b h) - c t in p.
func Tilt[T Float](p, t []T, h []float64, a, b, c float64) {
	for j, v := range p {
		p[j] = T(float64(v)*(a+b*h[j]) - c*float64(t[j]))
	}
}

// Affine stores (a p + b) - c t in p.
func Affine[T Float](p, t []T, a, b, c float64) {
	for j, v := range p {
		p[j] = T((a*float64(v) + b) - c*float64(t[j]))
	}
}

// Add adds x to dst and reports whether all that gives is finite.
func Add[T Float](dst, x []T) (finite bool) {
	for j, v := range x {
		dst[j] += v
	}
	return Finite(dst)
}

// Finite reports whether all of x is finite.
func Finite[T Float](x []T) bool {
	for _, v := range x {
		if v-v != 0 {
			return false
		}
	}
	return true
}

// MinusLogs stores -log t in dst, most where it is more or t is 0.
func MinusLogs[T Float](dst, t []T, most float64) {
	floor := math.Exp(-most) * (1 - 0x1p-40) // a label the logarithm of which is not above -most, but almost
	for j, v := range t {
		dst[j] = T(most)
		if x := float64(v); x > floor {
			dst[j] = T(min(-Log(x), most))
		}
	}
}
