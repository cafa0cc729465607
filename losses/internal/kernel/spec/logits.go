package spec

import "math"

// Divide stores (x - M)/t of one row in dst for x = z + shift, a nil shift being 0, and returns M,
// the largest x, NaN aside. The softmax does not mind the difference, which spares what x/t would
// lose of logits far from 0, and does not overflow.
func Divide[T Float](dst, z []T, shift []float64, t float64) (top float64) {
	shifted := func(j int) float64 {
		if shift == nil {
			return float64(z[j])
		}
		return float64(z[j]) + shift[j]
	}
	top = math.Inf(-1)
	for j := range z {
		if x := shifted(j); x > top {
			top = x
		}
	}
	for j := range z {
		dst[j] = T((shifted(j) - top) / t)
	}
	return top
}

// AddScaled adds a p to dst.
func AddScaled[T Float](dst, p []T, a float64) {
	for j, v := range p {
		dst[j] = T(float64(dst[j]) + a*float64(v))
	}
}
