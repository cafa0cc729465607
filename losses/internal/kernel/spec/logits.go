package spec

import "math"

// Divide stores (x - M)/t of one row in dst for x = (z - top) + shift, a nil shift being 0, top the
// largest z and M the largest x, NaN aside, and returns top + M. The softmax does not mind the
// differences, which spare what x/t would lose of logits far from 0, and do not overflow.
func Divide[T Float](dst []float64, z []T, shift []float64, t float64) (top float64) {
	top, most := Shift(dst, z, shift)
	for j, x := range dst {
		dst[j] = (x - most) / t
	}
	return top + most
}

// Shift stores x = (z - top) + shift in dst and returns top and the largest x; see [Divide].
func Shift[T Float](dst []float64, z []T, shift []float64) (top, most float64) {
	top, most = math.Inf(-1), math.Inf(-1)
	for _, v := range z {
		if x := float64(v); x > top {
			top = x
		}
	}
	for j, v := range z {
		x := float64(v) - top
		if shift != nil {
			x += shift[j]
		}
		if dst[j] = x; x > most {
			most = x
		}
	}
	if math.IsInf(most, -1) { // no number: NaN aside
		most = 0
	}
	return top, most
}

// ElementLogits stores (z + shift)/t in dst, a nil shift being 0. It returns false where T does not
// hold one of a finite z.
func ElementLogits[T Float](dst []float64, z []T, shift []float64, t float64) (ok bool) {
	ok = true
	for i, v := range z {
		x := float64(v)
		if shift != nil {
			x += shift[i]
		}
		dst[i] = x / t
		ok = ok && (!math.IsInf(float64(T(dst[i])), 0) || math.IsInf(float64(v), 0))
	}
	return ok
}

// AddScaled adds a p to dst.
func AddScaled[T Float](dst, p []T, a float64) {
	for j, v := range p {
		dst[j] = T(float64(dst[j]) + a*float64(v))
	}
}

// Factors stores f x in dst, rounded to the element type.
func Factors[T Float](dst, x []T, f float64) {
	for i, v := range x {
		dst[i] = T(f * float64(v))
	}
}

// Sizes are those of numbers: the smallest that is not 0, +Inf where there is none, and the
// largest, NaN aside, and whether all numbers are finite, one is negative, and one is 0.
type Sizes struct {
	Least, Most            float64
	Finite, Negative, Zero bool
}

// SizesOf returns those of x.
func SizesOf[T Float](x []T) Sizes {
	s := Sizes{Least: math.Inf(1), Finite: true}
	for _, v := range x {
		size := math.Abs(float64(v))
		if size > 0 {
			s.Least, s.Most = min(s.Least, size), max(s.Most, size)
		}
		s.Finite = s.Finite && size <= math.MaxFloat64
		s.Negative, s.Zero = s.Negative || v < 0, s.Zero || v == 0
	}
	return s
}

// Times multiplies dst by x, as long.
func Times[T Float](dst []float64, x []T) {
	for i, v := range x {
		dst[i] *= float64(v)
	}
}

// AddEights adds to the lanes in turn as many of x as come in eights without a 0, and returns how
// many.
func AddEights(lanes *[8]float64, x []float64) (done int) {
	s0, s1, s2, s3 := lanes[0], lanes[1], lanes[2], lanes[3] // which fit registers
	s4, s5, s6, s7 := lanes[4], lanes[5], lanes[6], lanes[7]
	for ; len(x)-done >= len(lanes); done += len(lanes) {
		x := (*[len(lanes)]float64)(x[done:])
		if x[0] == 0 || x[1] == 0 || x[2] == 0 || x[3] == 0 || x[4] == 0 || x[5] == 0 || x[6] == 0 || x[7] == 0 {
			break
		}
		s0, s1, s2, s3 = s0+x[0], s1+x[1], s2+x[2], s3+x[3]
		s4, s5, s6, s7 = s4+x[4], s5+x[5], s6+x[6], s7+x[7]
	}
	*lanes = [...]float64{s0, s1, s2, s3, s4, s5, s6, s7}
	return done
}

// Widen stores x in dst, as long.
func Widen[T Float](dst []float64, x []T) {
	for i, v := range x {
		dst[i] = float64(v)
	}
}

// Round stores x in dst, as long, rounded to the element type.
func Round[T Float](dst []T, x []float64) {
	dst = dst[:len(x)]
	for i, v := range x {
		dst[i] = T(v)
	}
}

// Position returns the first place of v in x, or len(x).
func Position(x []float64, v float64) int {
	for j, y := range x {
		if y == v {
			return j
		}
	}
	return len(x)
}
