package losses

import (
	"math"

	"softloss/losses/internal/kernel"
)

// single reports whether T is float32.
func single[T kernel.Float]() bool { return kernel.Tiny[T]() > kernel.Tiny[float64]() }

// times is a·b with 0·∞ = 0.
func times(a, b float64) float64 {
	if a == 0 && math.IsInf(b, 0) {
		return 0
	}
	return a * b
}

// repeat fills x with copies of its first n elements.
func repeat[E any](x []E, n int) {
	for ; n < len(x); n *= 2 {
		copy(x[n:], x[:n])
	}
}

// longRow is of how many elements the halves of a row are at least that is added up by halves: many
// terms that are alike each lose the same.
const longRow = 64

// total returns the sum of x.
func total[T kernel.Float](x []T) float64 {
	if half := len(x) / 2; half >= longRow {
		return total(x[:half]) + total(x[half:])
	}
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

// sumOf returns the sum of x, of few numbers without the preparations of a kernel.
func sumOf[T kernel.Float](x []T) float64 {
	if len(x) <= 16 {
		return total(x)
	}
	return kernel.Sum(x)
}

// precise is a sum and what its roundings have lost (Neumaier 1974): many terms that are alike
// would all lose the same.
type precise struct{ sum, lost float64 }

func (s *precise) add(x float64) {
	t := s.sum + x
	if math.Abs(s.sum) >= math.Abs(x) {
		s.lost += (s.sum - t) + x
	} else {
		s.lost += (x - t) + s.sum
	}
	s.sum = t
}

// addAll adds the numbers of x: those that are not 0 by eights, each sum with what it has lost, in
// scratch memory e.
func (s *precise) addAll(x []float64, e *kernel.Eights) {
	*e = kernel.Eights{}
	for len(x) > 0 {
		x = x[kernel.AddEights(e, x, 1):]
		n := min(len(x), len(e.Lanes)) // the last ones, or a 0 among them
		for _, v := range x[:n] {
			s.add(v)
		}
		x = x[n:]
	}
	for i, sum := range e.Sum {
		s.add(sum)
		s.lost += e.Lost[i]
	}
}

// value returns the sum of what was added.
func (s *precise) value() float64 {
	if x := s.sum + s.lost; finite(x) {
		return x
	}
	return s.sum
}

// dot returns Σ_k p_k h_k.
func dot[T kernel.Float](p []T, h []float64) float64 {
	if half := len(p) / 2; half >= longRow {
		return dot(p[:half], h[:half]) + dot(p[half:], h[half:])
	}
	var s0, s1, s2, s3 float64 // sums that do not wait for each other
	h = h[:len(p)]
	i := 0
	for ; i+4 <= len(p); i += 4 {
		x, y := p[i:i+4:i+4], h[i:i+4:i+4]
		s0, s1, s2, s3 = s0+float64(x[0])*y[0], s1+float64(x[1])*y[1], s2+float64(x[2])*y[2], s3+float64(x[3])*y[3]
	}
	for ; i < len(p); i++ {
		s0 += float64(p[i]) * h[i]
	}
	return (s0 + s1) + (s2 + s3)
}

// above returns the position of an element above 1/2, or -1.
func above[T kernel.Float](p []T) int {
	i := 0
	for ; i+8 <= len(p); i += 8 {
		x := (*[8]T)(p[i:])
		if x[0] > 0.5 || x[1] > 0.5 || x[2] > 0.5 || x[3] > 0.5 ||
			x[4] > 0.5 || x[5] > 0.5 || x[6] > 0.5 || x[7] > 0.5 {
			break
		}
	}
	for ; i < len(p); i++ {
		if p[i] > 0.5 {
			return i
		}
	}
	return -1
}

// allAbove returns the positions of all elements of p above 1/2, fewer than dst has room for.
func allAbove(dst []int, p []float64) []int {
	n := 0
	for j, v := range p { // without branches, which nobody could predict
		dst[n] = j
		more := 0
		if v > 0.5 {
			more = 1
		}
		n += more
	}
	return dst[:n]
}

// widened returns x in float64: x itself, or what it stores in dst.
func widened[T kernel.Float](dst []float64, x []T) []float64 {
	if wide, ok := any(x).([]float64); ok {
		return wide
	}
	kernel.Widen(dst, x)
	return dst
}

// finite reports whether x is neither infinite nor NaN.
func finite[T kernel.Float](x T) bool { return x-x == 0 }

// holds reports whether T has x with all its digits.
func holds[T kernel.Float](x float64) bool {
	size := math.Abs(float64(T(x)))
	return size >= kernel.Tiny[T]() && size <= math.MaxFloat64 || x == 0
}

// valid reports whether x is a label, a weight or a count: finite and not negative.
func valid[T kernel.Float](x T) bool { return x >= 0 && finite(x) }

// center stores x - ⟨p,x⟩ in dst, which may be x: see lean.
func center(dst, p, x []float64) {
	mean := lean(dst, p, x)
	for k := range p {
		dst[k] -= mean
	}
}

// lean stores in dst, which may be x, the x of each class less that of the most likely one, and
// returns their mean, ⟨p,dst⟩. Where a p is nearly 1 that mean is small: subtracting it from the
// others loses no digits.
func lean(dst, p, x []float64) (mean float64) {
	top := 0
	for k := range p {
		if p[k] > p[top] {
			top = k
		}
	}
	at := x[top]
	for k := range p {
		if dst[k] = x[k] - at; k != top && p[k] != 0 {
			mean += p[k] * dst[k]
		}
	}
	dst[top] = 0
	return mean
}

// expected is ⟨p,x⟩; an x does not count where p is 0.
func expected(p, x []float64) (sum float64) {
	if half := len(p) / 2; half >= longRow/2 {
		return expected(p[:half], x[:half]) + expected(p[half:], x[half:])
	}
	for k := range p {
		if p[k] != 0 {
			sum += p[k] * x[k]
		}
	}
	return sum
}

// scaleBy multiplies x by f·p, which is 0 where p is.
func scaleBy(x, p []float64, f float64) {
	for k := range x {
		if x[k] *= f * p[k]; p[k] == 0 {
			x[k] = 0
		}
	}
}
