package spec

import "math"

// tile32 is tile for float32. All numbers in acc and panel are float32 numbers held as float64.
func tile32(acc *[tileRows][tileCols]float64, a0, a1 []float32, stride int, panel []float64, tame bool) {
	for p := 0; p*tileCols < len(panel); p++ {
		done := 0 // rows of this step
		if tame {
			steps, rows := tame32(acc, a0[p*stride:], a1[p*stride:], stride, panel[p*tileCols:])
			if p, done = p+steps, rows; p*tileCols == len(panel) {
				return
			}
		}
		b := (*[tileCols]float64)(panel[p*tileCols:])
		for i, x := range [tileRows]float32{a0[p*stride], a1[p*stride]} {
			if i >= done {
				for j := range b {
					acc[i][j] = fma32(float64(x), b[j], acc[i][j])
				}
			}
		}
	}
}

// tame32 is tile32 for tame numbers: it rounds the sums as integers. At the first midpoint among
// them it stops, after the steps that it returns and, in the next one, the given number of rows.
func tame32(acc *[tileRows][tileCols]float64, a0, a1 []float32, stride int, panel []float64) (steps, rows int) {
	c00, c01, c02, c03 := acc[0][0], acc[0][1], acc[0][2], acc[0][3]
	c10, c11, c12, c13 := acc[1][0], acc[1][1], acc[1][2], acc[1][3]
	left := panel
	for q := 0; len(left) >= tileCols; q += stride {
		b, x := (*[tileCols]float64)(left), float64(a0[q])
		s0, s1, s2, s3 := sum(x, b[0], c00), sum(x, b[1], c01), sum(x, b[2], c02), sum(x, b[3], c03)
		if midpoint(s0) || midpoint(s1) || midpoint(s2) || midpoint(s3) {
			break
		}
		c00, c01, c02, c03 = nearest(s0), nearest(s1), nearest(s2), nearest(s3)
		x = float64(a1[q])
		s0, s1, s2, s3 = sum(x, b[0], c10), sum(x, b[1], c11), sum(x, b[2], c12), sum(x, b[3], c13)
		if midpoint(s0) || midpoint(s1) || midpoint(s2) || midpoint(s3) {
			rows = 1
			break
		}
		c10, c11, c12, c13 = nearest(s0), nearest(s1), nearest(s2), nearest(s3)
		left = left[tileCols:]
	}
	acc[0] = [tileCols]float64{c00, c01, c02, c03}
	acc[1] = [tileCols]float64{c10, c11, c12, c13}
	return (len(panel) - len(left)) / tileCols, rows
}

// sum returns the bits of x y + z, rounded to float64, plus half a unit in the last place of
// float32: without the bits below that place they are the sum rounded to float32, unless the
// sum was a midpoint.
func sum(x, y, z float64) uint64 { return math.Float64bits(x*y+z) + 1<<28 }

// midpoint reports whether s is that of a sum in the middle between two float32 numbers.
func midpoint(s uint64) bool { return s&(1<<29-1) == 0 }

// nearest returns the float32 number for a sum of which s are the bits.
func nearest(s uint64) float64 { return math.Float64frombits(s &^ (1<<29 - 1)) }
