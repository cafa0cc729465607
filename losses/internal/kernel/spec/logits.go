package spec

import "math"

// Divide stores (z + shift - from)/t of one row in dst and returns the largest element, NaN aside.
// A nil shift is 0.
func Divide[T Float](dst, z []T, shift []float64, from, t float64) (top float64) {
	top = math.Inf(-1)
	for j, v := range z {
		x := float64(v)
		if shift != nil {
			x += shift[j]
		}
		dst[j] = T((x - from) / t)
		if x := float64(dst[j]); x > top {
			top = x
		}
	}
	return top
}

// AddScaled adds a p to dst.
func AddScaled[T Float](dst, p []T, a float64) {
	for j, v := range p {
		dst[j] = T(float64(dst[j]) + a*float64(v))
	}
}
