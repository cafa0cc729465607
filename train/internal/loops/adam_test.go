package loops

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// numbers are n of all sizes and signs, zeros, subnormal and, if asked for, infinite ones, that
// begin at an odd place in memory.
func numbers(r *rand.Rand, n int, special bool) []float32 {
	x := make([]float32, n+1)[1:]
	for i := range x {
		x[i] = float32(r.NormFloat64() * math.Exp(10*r.NormFloat64()))
		switch r.IntN(12) {
		case 0:
			x[i] = 0
		case 1:
			x[i] = float32(math.Copysign(0, -1))
		case 2:
			x[i] *= 0x1p-130
		case 3:
			if special {
				x[i] = float32(math.Inf(r.IntN(2)*2 - 1))
			}
		}
	}
	return x
}

// bits are those of x, with one NaN.
func bits(x []float32) []uint32 {
	var out []uint32
	for _, v := range x {
		if v != v {
			v = float32(math.NaN())
		}
		out = append(out, math.Float32bits(v))
	}
	return out
}

// The kernel gives the bits of the loop, for every length, with and without factors, and writes
// nothing behind the end.
func TestStepIsTheLoop(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for n := range 70 {
		for i, a := range []Adam{
			{Scale: 1, Rate: 1e-3, Eps: 1e-8, Keep: 1}, {Scale: 0.3, L2: 0.1, Rate: 0.7, Eps: 1e-9, Keep: 0.9},
			{Scale: 1, L2: 0.1, Rate: 1, Eps: 0, Keep: 1}, {Scale: 2, Rate: 1, Eps: 1, Keep: 1},
			{Scale: 1, Rate: 1, Eps: 1, Keep: 0.5},
		} {
			for _, special := range []bool{false, true} {
				var got, want [4][]float32
				for j := range got {
					got[j] = numbers(r, n+1, special) // one behind the end, which must stay
				}
				for j := range got[2] {
					got[2][j] = float32(math.Abs(float64(got[2][j])))
				}
				for j := range got {
					want[j] = slices.Clone(got[j])
				}
				a.Step(got[0][:n], got[1], got[2], got[3])
				a.loop(want[0][:n], want[1], want[2], want[3])
				for j := range got {
					require.Equal(t, bits(want[j]), bits(got[j]), "tensor %d of length %d, case %d", j, n, i)
				}
			}
		}
	}
}

// The loop is the formula.
func TestLoop(t *testing.T) {
	a := Adam{Scale: 0.5, L2: 0.25, Rate: 0.1, Eps: 0.01, Keep: 0.9}
	value, m, v := []float32{2, -3}, []float32{0.5, 1e-39}, []float32{4, 0}
	a.loop(value, m, v, []float32{1, 1.5})
	for i, want := range [][3]float64{ // g is 1, and 0 where the moments end
		{0.9*2 - 0.1*0.55/(math.Sqrt(3.997)+0.01), 0.55, 3.997}, {0.9 * -3, 0, 0},
	} {
		for j, got := range []float32{value[i], m[i], v[i]} {
			require.InDelta(t, want[j], got, 1e-6, "%d, %d", i, j)
		}
	}
}

// BenchmarkStep is a step on 100 000 parameters, by the kernel and by the loop.
func BenchmarkStep(b *testing.B) {
	const n = 100_000
	value, m, v, grad := make([]float32, n), make([]float32, n), make([]float32, n), make([]float32, n)
	for i := range grad {
		grad[i] = float32(i%7) - 3
	}
	a := Adam{Scale: 1, Rate: 1e-9, Eps: 1e-8, Keep: 1}
	for name, step := range map[string]func(value, m, v, grad []float32){"kernel": a.Step, "loop": a.loop} {
		b.Run(fmt.Sprintf("by=%s", name), func(b *testing.B) {
			b.SetBytes(7 * 4 * n)
			for b.Loop() {
				step(value, m, v, grad)
			}
		})
	}
}
