package spec

import "math"

// fma32 returns x y + z rounded once to float32, as the FMA of that type does, for float32 numbers
// x, y and z.
func fma32(x, y, z float64) float64 {
	return float64(float32(math.Float64frombits(roundToOdd(x, y, z))))
}

// roundToOdd returns the bits of x y + z rounded to odd: of the two float64 numbers around an
// inexact sum the one whose last bit is 1. It is no midpoint of float32 numbers, and lies on that
// side of one where the exact sum lies, so that a second rounding, to float32, gives what one
// rounding gives. The product of float32 numbers is exact in float64.
//
// Source: Boldo and Melquiond, "Emulation of FMA and correctly rounded sums: proved algorithms
// using rounding to odd", IEEE Transactions on Computers 2008, theorem 2.
func roundToOdd(x, y, z float64) uint64 {
	p := float64(x * y) // never fused with the sums below
	s := p + z
	t := s - p
	e := (p - (s - t)) + (z - t) // the error of s, exactly: Knuth's TwoSum
	b := math.Float64bits(s)
	switch {
	case b&1 == 1 || !(e < 0 || e > 0):
		return b
	case (e > 0) == (s > 0):
		return b + 1
	default:
		return b - 1
	}
}
