//go:build !purego

package vec

// The instruction sets for each element type. AVX-512 transposes with AVX2.
type (
	f32AVX2   struct{}
	f64AVX2   struct{}
	f32AVX512 struct{ f32AVX2 }
	f64AVX512 struct{ f64AVX2 }
)

func (f32AVX2) lanes() int { return 8 }

func (f32AVX2) panel(
	m, k int, a *float32, aRow, aCol int, b *float32, bRow int, c *float32, cRow, cols int, add bool, packed *float32) {
	panelF32AVX2(m, k, a, aRow, aCol, b, bRow, c, cRow, cols, add, packed)
}

func (f32AVX2) copyPanel(k int, b *float32, bRow int, dst *float32, cols int) {
	copyPanelF32AVX2(k, b, bRow, dst, cols)
}

func (f32AVX2) square() int { return 8 }

func (f32AVX2) transpose(k int, b *float32, bCol, cols int, dst *float32, dstRow int) {
	transposeF32AVX2(k, b, bCol, cols, dst, dstRow)
}

func (f64AVX2) lanes() int { return 4 }

func (f64AVX2) panel(
	m, k int, a *float64, aRow, aCol int, b *float64, bRow int, c *float64, cRow, cols int, add bool, packed *float64) {
	panelF64AVX2(m, k, a, aRow, aCol, b, bRow, c, cRow, cols, add, packed)
}

func (f64AVX2) copyPanel(k int, b *float64, bRow int, dst *float64, cols int) {
	copyPanelF64AVX2(k, b, bRow, dst, cols)
}

func (f64AVX2) square() int { return 4 }

func (f64AVX2) transpose(k int, b *float64, bCol, cols int, dst *float64, dstRow int) {
	transposeF64AVX2(k, b, bCol, cols, dst, dstRow)
}

func (f32AVX512) lanes() int { return 16 }

func (f32AVX512) panel(
	m, k int, a *float32, aRow, aCol int, b *float32, bRow int, c *float32, cRow, cols int, add bool, packed *float32) {
	panelF32AVX512(m, k, a, aRow, aCol, b, bRow, c, cRow, cols, add, packed)
}

func (f32AVX512) copyPanel(k int, b *float32, bRow int, dst *float32, cols int) {
	copyPanelF32AVX512(k, b, bRow, dst, cols)
}

func (f64AVX512) lanes() int { return 8 }

func (f64AVX512) panel(
	m, k int, a *float64, aRow, aCol int, b *float64, bRow int, c *float64, cRow, cols int, add bool, packed *float64) {
	panelF64AVX512(m, k, a, aRow, aCol, b, bRow, c, cRow, cols, add, packed)
}

func (f64AVX512) copyPanel(k int, b *float64, bRow int, dst *float64, cols int) {
	copyPanelF64AVX512(k, b, bRow, dst, cols)
}
