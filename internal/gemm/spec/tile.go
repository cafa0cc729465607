package spec

import "math"

// The products run in tiles of tileRows rows and tileCols columns of C, which stay in registers
// for blockDepth steps of k. Tiles and blocks do not show in the result.
const (
	tileRows   = 2
	tileCols   = 4
	blockDepth = 256
)

// tile64 is tile for float64.
func tile64(acc *[tileRows][tileCols]float64, a0, a1 []float64, stride int, panel []float64) {
	c00, c01, c02, c03 := acc[0][0], acc[0][1], acc[0][2], acc[0][3]
	c10, c11, c12, c13 := acc[1][0], acc[1][1], acc[1][2], acc[1][3]
	for q := 0; len(panel) >= tileCols; q += stride {
		b := (*[tileCols]float64)(panel)
		x0, x1 := a0[q], a1[q]
		c00, c01 = math.FMA(x0, b[0], c00), math.FMA(x0, b[1], c01)
		c02, c03 = math.FMA(x0, b[2], c02), math.FMA(x0, b[3], c03)
		c10, c11 = math.FMA(x1, b[0], c10), math.FMA(x1, b[1], c11)
		c12, c13 = math.FMA(x1, b[2], c12), math.FMA(x1, b[3], c13)
		panel = panel[tileCols:]
	}
	acc[0] = [tileCols]float64{c00, c01, c02, c03}
	acc[1] = [tileCols]float64{c10, c11, c12, c13}
}
