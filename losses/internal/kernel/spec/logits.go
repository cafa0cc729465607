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

// AddSquares adds f x² to dst, as long, and returns the size of the largest x, NaN aside.
func AddSquares(dst, x []float64, f float64) (most float64) {
	for i, v := range x {
		dst[i] += float64(f * v * v) // rounded, never fused
		if size := math.Abs(v); size > most {
			most = size
		}
	}
	return most
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

// Eights are a sum of numbers that go to eight lanes in turn, quickly, and alike however they come.
// After some turns, at most [MostTurns], each lane goes to a sum of its own, and to Lost what that
// rounds away: of equal numbers each turn would lose the same.
type Eights struct {
	Lanes, Sum, Lost [8]float64
	Turns            int // of Lanes
}

// MostTurns is after how many turns the lanes of [Eights] go to their sum where a few roundings of
// each turn do not count.
const MostTurns = 16

// Turn counts a turn of the lanes, of which there are most.
func (e *Eights) Turn(most int) {
	if e.Turns++; e.Turns < most {
		return
	}
	for i, x := range e.Lanes { // Knuth 1969
		sum := e.Sum[i] + x
		d := sum - e.Sum[i]
		e.Lost[i] += (e.Sum[i] - (sum - d)) + (x - d)
		e.Sum[i] = sum
	}
	e.Lanes, e.Turns = [8]float64{}, 0
}

// AddEights adds as many of x as come in eights without a 0, with most turns of the lanes, and
// returns how many.
func AddEights(e *Eights, x []float64, most int) (done int) {
	l := &e.Lanes
	for ; len(x)-done >= len(l); done += len(l) {
		x := (*[len(l)]float64)(x[done:])
		if x[0] == 0 || x[1] == 0 || x[2] == 0 || x[3] == 0 || x[4] == 0 || x[5] == 0 || x[6] == 0 || x[7] == 0 {
			break
		}
		l[0], l[1], l[2], l[3] = l[0]+x[0], l[1]+x[1], l[2]+x[2], l[3]+x[3]
		l[4], l[5], l[6], l[7] = l[4]+x[4], l[5]+x[5], l[6]+x[6], l[7]+x[7]
		e.Turn(most)
	}
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
