package exact

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestFMA compares FMA with the standard library's for float64, and quick with FMA for float32,
// over numbers of any bits.
func TestFMA(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		x, y, z := math.Float64frombits(r.Uint64()), math.Float64frombits(r.Uint64()), math.Float64frombits(r.Uint64())
		if r.IntN(2) == 0 {
			z = -x * y * (1 + (r.Float64()-0.5)*0x1p-50)
		}
		got, want := FMA(x, y, z), math.FMA(x, y, z)
		require.True(t, same(got, want), "%x %x %x: %x, want %x", x, y, z, got, want)
		v := [3]float32{math.Float32frombits(r.Uint32()), math.Float32frombits(r.Uint32()), math.Float32frombits(r.Uint32())}
		quick, slow := quick(v[0], v[1], v[2]), FMA(v[0], v[1], v[2])
		require.True(t, same(float64(quick), float64(slow)), "%x: %x, want %x", v, quick, slow)
	}
}

func TestFMASigns(t *testing.T) {
	zero := math.Copysign(0, -1)
	for _, c := range []struct{ x, y, z, want float64 }{
		{zero, 1, 0, 0}, {zero, 1, zero, zero}, {1, 1, -1, 0}, {0, 1, zero, 0},
		{0x1p-600, -0x1p-600, 0, zero}, {math.Inf(1), 0, 1, math.NaN()}, {math.Inf(1), -1, 5, math.Inf(-1)},
	} {
		got := FMA(c.x, c.y, c.z)
		require.True(t, same(got, c.want), "%v: %v", c, got)
	}
}

// same reports whether x and y are the same number, the sign of a zero included, or both NaN.
func same(x, y float64) bool {
	return math.Float64bits(x) == math.Float64bits(y) || math.IsNaN(x) && math.IsNaN(y)
}
