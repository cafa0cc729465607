package kernel

import "math"

// Sum returns Σ x, summed in float64.
func Sum[T Float](x []T) (sum float64) {
	if vectors && len(x) > 0 {
		return vectorSum(x)
	}
	for _, v := range x {
		sum += float64(v)
	}
	return sum
}

// WeightedSum returns Σ t, Σ w t and the first position of an invalid label, or -1, of one row. Where there is an invalid
// label the sums may be wrong.
func WeightedSum[T Float](t []T, w []float64) (plain, weighted float64, bad int) {
	if vectors {
		if plain, weighted, ok := vectorWeightedSum(t, w); ok {
			return plain, weighted, -1
		}
	}
	for j, v := range t {
		if invalid(v) {
			return plain, weighted, j
		}
		plain += float64(v)
		weighted += w[j] * float64(v)
	}
	return plain, weighted, -1
}

// Weigh stores w∘t for every row t in dst. It returns the first row that holds an invalid label, or -1; what it stored for
// that row and those after it means nothing. w has an element a class.
func Weigh[T Float](dst, t []T, w []float64) (bad int) {
	k := len(w)
	for i := range len(t) / k {
		to, from := rowOf(dst, i, k), rowOf(t, i, k)
		if vectors && vectorWeigh(to, from, w) {
			continue
		}
		for j, v := range from {
			if invalid(v) {
				return i
			}
			to[j] = T(w[j] * float64(v))
		}
	}
	return -1
}

// Mix stores keep t + add (Σ t) w for every row t in dst. It returns what Weigh does.
func Mix[T Float](dst, t []T, w []float64, keep, add float64) (bad int) {
	k := len(w)
	for i := range len(t) / k {
		to, from := rowOf(dst, i, k), rowOf(t, i, k)
		sum, _, bad := WeightedSum(from, w)
		if bad >= 0 {
			return i
		}
		if vectors {
			vectorMix(to, from, w, keep, add*sum)
			continue
		}
		for j, v := range from {
			to[j] = T(keep*float64(v) + add*sum*w[j])
		}
	}
	return -1
}

// Divide stores (z + shift - from)/t of one row in dst and returns the largest element, NaN aside. A nil shift is 0.
func Divide[T Float](dst, z []T, shift []float64, from, t float64) (top float64) {
	if vectors && from == 0 {
		return vectorDivide(dst, z, shift, t)
	}
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
	if vectors {
		vectorAddScaled(dst, p, a)
		return
	}
	for j, v := range p {
		dst[j] = T(float64(dst[j]) + a*float64(v))
	}
}
