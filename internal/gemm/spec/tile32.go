package spec

import "math"

// tile32 is tile for float32. All numbers in acc and panel are float32 numbers held as float64.
func tile32(acc *[tileRows][tileCols]float64, a0, a1 []float32, stride int, panel []float64) {
	c00, c01, c02, c03 := acc[0][0], acc[0][1], acc[0][2], acc[0][3]
	c10, c11, c12, c13 := acc[1][0], acc[1][1], acc[1][2], acc[1][3]
	for q := 0; len(panel) >= tileCols; q += stride {
		b := (*[tileCols]float64)(panel)
		x0, x1 := float64(a0[q]), float64(a1[q])
		c00, c01, c02, c03 = fma32(x0, b[0], c00), fma32(x0, b[1], c01), fma32(x0, b[2], c02), fma32(x0, b[3], c03)
		c10, c11, c12, c13 = fma32(x1, b[0], c10), fma32(x1, b[1], c11), fma32(x1, b[2], c12), fma32(x1, b[3], c13)
		panel = panel[tileCols:]
	}
	acc[0] = [tileCols]float64{c00, c01, c02, c03}
	acc[1] = [tileCols]float64{c10, c11, c12, c13}
}

// tame32 is tile32 for tame numbers: it rounds the sums as integers, and one in 2^29 with care.
func tame32(acc *[tileRows][tileCols]float64, a0, a1 []float32, stride int, panel []float64) {
	c00, c01, c02, c03 := acc[0][0], acc[0][1], acc[0][2], acc[0][3]
	c10, c11, c12, c13 := acc[1][0], acc[1][1], acc[1][2], acc[1][3]
	for q := 0; len(panel) >= tileCols; q += stride {
		b := (*[tileCols]float64)(panel)
		x := float64(a0[q])
		s0, s1, s2, s3 := sum(x, b[0], c00), sum(x, b[1], c01), sum(x, b[2], c02), sum(x, b[3], c03)
		if midpoint(s0) || midpoint(s1) || midpoint(s2) || midpoint(s3) {
			s0, s1, s2, s3 = odd(x, b[0], c00), odd(x, b[1], c01), odd(x, b[2], c02), odd(x, b[3], c03)
		}
		c00, c01, c02, c03 = nearest(s0), nearest(s1), nearest(s2), nearest(s3)
		x = float64(a1[q])
		s0, s1, s2, s3 = sum(x, b[0], c10), sum(x, b[1], c11), sum(x, b[2], c12), sum(x, b[3], c13)
		if midpoint(s0) || midpoint(s1) || midpoint(s2) || midpoint(s3) {
			s0, s1, s2, s3 = odd(x, b[0], c10), odd(x, b[1], c11), odd(x, b[2], c12), odd(x, b[3], c13)
		}
		c10, c11, c12, c13 = nearest(s0), nearest(s1), nearest(s2), nearest(s3)
		panel = panel[tileCols:]
	}
	acc[0] = [tileCols]float64{c00, c01, c02, c03}
	acc[1] = [tileCols]float64{c10, c11, c12, c13}
}

// sum returns the bits of x y + z, rounded to float64, plus half a unit in the last place of
// float32: without the bits below that place they are the sum rounded to float32, unless the
// sum was a midpoint.
func sum(x, y, z float64) uint64 { return math.Float64bits(x*y+z) + half }

const half = 1 << 28

// odd is sum where that was a midpoint, rounded to odd instead.
func odd(x, y, z float64) uint64 {
	return math.Float64bits(fma32(x, y, z)) + half
}

// midpoint reports whether s is that of a sum in the middle between two float32 numbers.
func midpoint(s uint64) bool { return s&(1<<29-1) == 0 }

// nearest returns the float32 number for a sum of which s are the bits.
func nearest(s uint64) float64 { return math.Float64frombits(s &^ (1<<29 - 1)) }
