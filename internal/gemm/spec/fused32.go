package spec

// fuses reports whether the compiler has made FMAs of the sums in fused32. It may or may not, says
// the language; today it does on arm64, ppc64, riscv64, s390x, loong64 and on amd64 with
// GOAMD64=v3.
var fuses = func() bool {
	const x = 1 + 0x1p-12 // x² = 1 + 2^-11 + 2^-24, of which a product in float32 loses the last
	var acc [tileRows][tileCols]float64
	for i := range acc {
		for j := range acc[i] {
			acc[i][j] = -(1 + 0x1p-11)
		}
	}
	a := []float32{x}
	fused32(&acc, a, a, 1, []float64{x, x, x, x})
	for i := range acc {
		for j := range acc[i] {
			if acc[i][j] != 0x1p-24 {
				return false
			}
		}
	}
	return true
}()

// fused32 is tile for float32 where [fuses] is true.
func fused32(acc *[tileRows][tileCols]float64, a0, a1 []float32, stride int, panel []float64) {
	c00, c01, c02, c03 := float32(acc[0][0]), float32(acc[0][1]), float32(acc[0][2]), float32(acc[0][3])
	c10, c11, c12, c13 := float32(acc[1][0]), float32(acc[1][1]), float32(acc[1][2]), float32(acc[1][3])
	for q := 0; len(panel) >= tileCols; q += stride {
		b := (*[tileCols]float64)(panel)
		b0, b1, b2, b3 := float32(b[0]), float32(b[1]), float32(b[2]), float32(b[3])
		x0, x1 := a0[q], a1[q]
		c00, c01, c02, c03 = x0*b0+c00, x0*b1+c01, x0*b2+c02, x0*b3+c03
		c10, c11, c12, c13 = x1*b0+c10, x1*b1+c11, x1*b2+c12, x1*b3+c13
		panel = panel[tileCols:]
	}
	acc[0] = [tileCols]float64{float64(c00), float64(c01), float64(c02), float64(c03)}
	acc[1] = [tileCols]float64{float64(c10), float64(c11), float64(c12), float64(c13)}
}
