package spec

import "math"

// Pieces of the losses that are made of several kernels.

// Moments returns Σ (h - from) and Σ p (h - from).
func Moments[T Float](p, h []T, from float64) (plain, weighted float64) {
	if half := Half[T](len(p)); half > 0 {
		a, b := Moments(p[:half], h[:half], from)
		plain, weighted = Moments(p[half:], h[half:], from)
		return a + plain, b + weighted
	}
	for j, v := range p {
		d := float64(h[j]) - from
		plain += d
		weighted += float64(v) * d
	}
	return plain, weighted
}

// Expectation returns Σ p (h - from).
func Expectation[T Float](p, h []T, from float64) (sum float64) {
	_, sum = Moments(p, h, from)
	return sum
}

// Tilt stores p (a + b (h - from)) - c t in p.
func Tilt[T Float](p, t, h []T, from, a, b, c float64) {
	for j, v := range p {
		p[j] = T(float64(v)*(a+b*(float64(h[j])-from)) - c*float64(t[j]))
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

// Rests stores 1 - p in rest and reports whether a p is above 1/2.
func Rests(rest, p []float64) (sure bool) {
	rest = rest[:len(p)]
	for j, x := range p {
		rest[j] = 1 - x
		sure = sure || x > 0.5
	}
	return sure
}
