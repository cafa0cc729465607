package spec

import (
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/gemm/internal/exact"
)

// hardSum returns numbers whose x y + z is in the middle between two float32 numbers or so near it
// that the float64 sum is; from the normal range down to the smallest numbers.
func hardSum(r *rand.Rand) (x, y, z float32) {
	z = math.Float32frombits(r.Uint32N(0x7f000000))
	half := float64(math.Nextafter32(z, math.MaxFloat32)-z) / 2
	scale, tilt := math.Ldexp(1, r.IntN(60)-30), float64(r.IntN(400)-200)*0x1p-23
	x, y = float32(scale*(1+tilt)), float32(half/scale*(1-tilt)) // the product is half (1 - tilt²)
	if r.IntN(2) == 0 {
		x = -x
	}
	if r.IntN(2) == 0 {
		y, z = -y, -z
	}
	return x, y, z
}

// TestFMA32 compares fma32 with math/big where two roundings are most often not one.
func TestFMA32(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	twice := 0
	for range 60000 {
		x, y, z := hardSum(r)
		want := exact.FMA(x, y, z)
		got := fma32(float64(x), float64(y), float64(z))
		require.Equal(t, math.Float64bits(float64(want)), math.Float64bits(got), "%x %x %x", x, y, z)
		if float32(float64(x)*float64(y)+float64(z)) != want {
			twice++
		}
	}
	require.Greater(t, twice, 10000, "sums that two roundings get wrong")
}

// TestFMA32Special: infinities, NaN, signed zeros and overflow.
func TestFMA32Special(t *testing.T) {
	inf, nan, zero, big := math.Inf(1), math.NaN(), math.Copysign(0, -1), float64(math.MaxFloat32)
	for _, c := range []struct{ x, y, z, want float64 }{
		{inf, 1, 0, inf}, {-inf, 1, 5, -inf}, {1, 1, -inf, -inf}, {inf, 0, 1, nan}, {inf, 1, -inf, nan},
		{nan, 1, 1, nan}, {1, 1, nan, nan}, {zero, 1, 0, 0}, {zero, 1, zero, zero}, {1, -1, 1, 0},
		{big, 2, 0, inf}, {big, 2, -big, big}, {big, -2, 0, -inf}, {0x1p-149, 0.5, 0, 0}, {0x1p-149, 0.75, 0, 0x1p-149},
	} {
		got := fma32(c.x, c.y, c.z)
		if c.want != c.want {
			require.True(t, got != got, "%v: %v", c, got)
			continue
		}
		require.Equal(t, math.Float64bits(c.want), math.Float64bits(got), "%v: %v", c, got)
	}
}

// TestSteps runs chains of two hard sums in the tame range through every way to compute them.
func TestSteps(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 3))
	ran := 0
	for range 30000 {
		const n = tileCols
		var z, b0, b1 [n]float64
		rb, rc := none, none
		var x float32
		hard := r.IntN(n)
		for j := range n {
			factor, y, start := hardSum(r)
			if j == hard {
				x = factor
			}
			z[j], b0[j], b1[j] = float64(start), float64(y), float64(y/2)
			rb, rc = rb.with(y).with(y/2), rc.with(start)
		}
		x0, x1 := float64(x), float64(-x)
		if _, most := rc.bounds(); !tame(none.with(x), rb) || most > roof {
			continue
		}
		ran++
		want := z
		for j := range want {
			want[j] = fma32(x1, b1[j], fma32(x0, b0[j], z[j]))
		}
		for _, tame := range []bool{false, true} {
			var c [n]float32
			for j := range c {
				c[j] = float32(z[j])
			}
			row := Matrix[float32]{Rows: 1, Cols: n, ColStride: 1, Data: c[:]}
			factors := Matrix[float32]{Rows: 1, Cols: 2, ColStride: 1, Data: []float32{x, -x}}
			runChains(row, factors, append(b0[:n:n], b1[:]...), n, tame)
			for j := range c {
				require.Equal(t, want[j], float64(c[j]), "tame: %t", tame)
			}
		}
		if fuses {
			got := [tileRows][tileCols]float64{z, z}
			fused32(&got, []float32{x, -x}, []float32{x, -x}, 1, append(b0[:n:n], b1[:]...))
			require.Equal(t, [tileRows][tileCols]float64{want, want}, got)
		}
	}
	require.Greater(t, ran, 1000)
	require.True(t, fuses || runtime.GOARCH != "arm64", "Go makes no FMAs for float32 here any more: products are slow")
}

// TestRoof: a chain that starts above the roof leaves float32's range and does not come back.
func TestRoof(t *testing.T) {
	c := Matrix[float32]{Rows: 1, Cols: 1, Data: []float32{math.Nextafter32(math.MaxFloat32, 0)}}
	a := Matrix[float32]{Rows: 1, Cols: 2, ColStride: 1, Data: []float32{0x1p59, -0x1p59}}
	b := Matrix[float32]{Rows: 2, Cols: 1, RowStride: 1, Data: []float32{0x1p58, 0x1p58}}
	mulRounded(c, a, b)
	require.Equal(t, []float32{float32(math.Inf(1))}, c.Data)
}

// TestTame draws the line: one factor beyond it, chains would go wrong in the tame tile.
func TestTame(t *testing.T) {
	of := func(numbers ...float32) magnitudes {
		r := none
		for _, x := range numbers {
			r = r.with(x)
		}
		return r
	}
	for _, c := range []struct {
		a, b []float32
		want bool
	}{
		{want: true},
		{a: []float32{0, 1}, b: []float32{-1, 0, 2}, want: true},
		{a: []float32{0x1p-50, 1}, b: []float32{0x1p-51}, want: true},
		{a: []float32{0x1p-50, 1}, b: []float32{0x1p-52}},
		{a: []float32{0x1p60}, b: []float32{0x1p58}, want: true},
		{a: []float32{0x1p60}, b: []float32{-0x1p59}},
		{a: []float32{float32(math.NaN())}, b: []float32{1}},
		{a: []float32{1}, b: []float32{float32(math.Inf(-1)), 3}},
		{a: []float32{0}, b: []float32{float32(math.Inf(-1))}},
	} {
		require.Equal(t, c.want, tame(of(c.a...), of(c.b...)), "%v", c)
	}
}
