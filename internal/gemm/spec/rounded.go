package spec

import (
	"math"
	"sync"
)

// Where the compiler makes no FMAs of float32, chains run in float64, whose products of float32
// numbers are exact, through ranges of rows of C: roundedWidth chains side by side, of which each
// takes roundedDepth steps of k.
const (
	roundedWidth = 128
	roundedDepth = 64
)

// panels is memory for a panel of B.
var panels = sync.Pool{New: func() any { return new([roundedWidth * roundedDepth]float64) }}

// mulRounded is Mul for float32 where [fuses] is false, and C ← β C is done.
func mulRounded(c Matrix[float32], alpha float32, a, b Matrix[float32]) {
	whole := panels.Get().(*[roundedWidth * roundedDepth]float64)
	defer panels.Put(whole)
	for p := 0; p < a.Cols; p += roundedDepth {
		depth := min(roundedDepth, a.Cols-p)
		ap := a.Slice(0, a.Rows, p, p+depth)
		ra := rangeOf(ap)
		for j := 0; j < c.Cols; j += roundedWidth {
			cols := min(roundedWidth, c.Cols-j)
			panel := whole[:depth*cols]
			rb := pack(panel, cols, b.Slice(p, p+depth, j, j+cols), alpha)
			cj, tame := c.Slice(0, c.Rows, j, j+cols), tame(ra, rb)
			for i := range c.Rows {
				runChains(cj.Slice(i, i+1, 0, cols), ap.Slice(i, i+1, 0, depth), panel, tame)
			}
		}
	}
}

// runChains computes C ← C + A B for one row of C and of A, and a panel that has B's rows behind
// each other.
func runChains(c, a Matrix[float32], panel []float64, tame bool) {
	var chains [roundedWidth]float64
	z, r := chains[:c.Cols], none
	for j := range z {
		z[j] = float64(c.Data[j*c.ColStride])
		r = r.with(z[j])
	}
	tame = tame && r.most <= roofBits
	for p := 0; p < a.Cols; p++ {
		x, b := float64(a.Data[p*a.ColStride]), panel[p*len(z):]
		switch {
		case !tame:
			for j := range z {
				z[j] = fma32(x, b[j], z[j])
			}
		case p+1 == a.Cols:
			step(z, b, x)
		default:
			p++
			twoSteps(z, b, b[len(z):], x, float64(a.Data[p*a.ColStride]))
		}
	}
	for j := range z {
		c.Data[j*c.ColStride] = float32(z[j])
	}
}

const (
	// half is half a unit in the last place of float32, in the bits of a float64 number.
	half = 1 << 28
	// below are the bits of a float64 number below that place.
	below = 1<<29 - 1
)

// step computes z_j ← fma32(x, b_j, z_j) for tame numbers. It rounds the float64 sums as integers:
// with half added they are float32 numbers but for the bits below, unless these are 0. Then the sum
// was in the middle between two float32 numbers, or was rounded to there.
func step(z, b []float64, x float64) {
	b = b[:len(z)]
	for j, c := range z {
		s := math.Float64bits(x*b[j]+c) + half
		if s&below != 0 {
			z[j] = math.Float64frombits(s &^ below)
			continue
		}
		z[j] = fma32(x, b[j], c)
	}
}

// twoSteps is step with b0 and x0, and then with b1 and x1, in less time.
func twoSteps(z, b0, b1 []float64, x0, x1 float64) {
	b0, b1 = b0[:len(z)], b1[:len(z)]
	for j, c := range z {
		s := math.Float64bits(x0*b0[j]+c) + half
		if s&below != 0 {
			s = math.Float64bits(x1*b1[j]+math.Float64frombits(s&^below)) + half
			if s&below != 0 {
				z[j] = math.Float64frombits(s &^ below)
				continue
			}
		}
		z[j] = fma32(x1, b1[j], fma32(x0, b0[j], c))
	}
}
