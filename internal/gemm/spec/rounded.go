package spec

import (
	"math"
	"sync"
)

// Where the compiler makes no FMAs of float32, chains run in float64, whose products of float32
// numbers are exact, through ranges of rows of C: up to roundedWidth chains side by side, of which
// each takes up to roundedDepth steps of k.
const (
	roundedWidth = 256
	roundedDepth = 128
	// narrow is up to how many columns of C it pays to run through its columns instead.
	narrow = 64
)

// panels is memory for a panel of B.
var panels = sync.Pool{New: func() any { return new([roundedWidth * roundedDepth]float64) }}

// mulRounded computes C ← C + A B where [fuses] is false.
func mulRounded(c, a, b Matrix[float32]) {
	if c.Cols < min(c.Rows, narrow) {
		c, a, b = c.Transposed(), b.Transposed(), a.Transposed()
	}
	whole := panels.Get().(*[roundedWidth * roundedDepth]float64)
	defer panels.Put(whole)
	for p := 0; p < a.Cols; p += roundedDepth {
		depth := min(roundedDepth, a.Cols-p)
		ap, bp := a.Slice(0, a.Rows, p, p+depth), b.Slice(p, p+depth, 0, b.Cols)
		tame := tame(rangeOf(ap), rangeOf(bp))
		for j := 0; j < c.Cols; j += roundedWidth {
			cols := min(roundedWidth, c.Cols-j)
			width := (cols + sums - 1) / sums * sums
			panel := whole[:depth*width]
			pack(panel, width, bp.Slice(0, depth, j, j+cols))
			for i := range c.Rows {
				runChains(c.Slice(i, i+1, j, j+cols), ap.Slice(i, i+1, 0, depth), panel, width, tame)
			}
		}
	}
}

// runChains computes C ← C + A B for one row of C and of A, and a panel that has B's rows behind
// each other, width numbers each.
func runChains(c, a Matrix[float32], panel []float64, width int, tame bool) {
	var chains [roundedWidth]float64
	z := chains[:width]
	for j := range c.Cols {
		z[j] = float64(c.Data[j*c.ColStride])
		tame = tame && math.Abs(z[j]) <= roof
	}
	for p := range a.Cols {
		x, b := float64(a.Data[p*a.ColStride]), panel[p*width:][:width]
		for j := 0; j < width; j++ {
			if tame {
				if j += tameSums(z[j:], b[j:], x); j == width {
					break
				}
			}
			z[j] = fma32(x, b[j], z[j])
		}
	}
	for j := range c.Cols {
		c.Data[j*c.ColStride] = float32(z[j])
	}
}

const (
	// sums is how many tameSums computes side by side.
	sums = 4
	// half is half a unit in the last place of float32, in the bits of a float64 number.
	half = 1 << 28
	// below are the bits of a float64 number below that place.
	below = 1<<29 - 1
)

// tameSums computes z_j ← fma32(x, b_j, z_j) for tame numbers, as long as it can, and returns for
// how many. It rounds the float64 sums as integers: with half added they are float32 numbers but
// for the bits below, unless these are 0. Then the sum was in the middle between two float32
// numbers, or was rounded to there.
func tameSums(z, b []float64, x float64) (done int) {
	b = b[:len(z)]
	j := 0
	for ; j < len(z)-(sums-1); j += sums {
		p0, p1, p2, p3 := x*b[j], x*b[j+1], x*b[j+2], x*b[j+3]
		s0 := math.Float64bits(p0+z[j]) + half
		if s0&below == 0 {
			break
		}
		s1 := math.Float64bits(p1+z[j+1]) + half
		if s1&below == 0 {
			break
		}
		s2 := math.Float64bits(p2+z[j+2]) + half
		if s2&below == 0 {
			break
		}
		s3 := math.Float64bits(p3+z[j+3]) + half
		if s3&below == 0 {
			break
		}
		z[j], z[j+1] = math.Float64frombits(s0&^below), math.Float64frombits(s1&^below)
		z[j+2], z[j+3] = math.Float64frombits(s2&^below), math.Float64frombits(s3&^below)
	}
	return j
}
