package loops

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// A ReLU and its gradient are the loops in Go, for every length.
func TestReLU(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for n := range 70 {
		for range 5 {
			x := numbers(r, n, true)
			if n > 9 {
				x[n/2], x[n-1] = float32(math.NaN()), -float32(math.NaN())
			}
			want := slices.Clone(x)
			rectify(want)
			Rectify(x)
			require.Equal(t, bits(want), bits(x), n)

			up, out := numbers(r, n, true), make([]float32, n, n+1)
			wantGrad := slices.Clone(out)
			rectifyGrad(wantGrad, x, up)
			RectifyGrad(out, x, up)
			require.Equal(t, bits(wantGrad), bits(out), n)
			require.Zero(t, out[:n+1][n])
			for i, y := range x {
				require.True(t, out[i] == up[i] || y == 0 && math.Float32bits(out[i]) == 0)
				require.True(t, y >= 0 && !math.Signbit(float64(y)) || y != y)
			}
		}
	}
}

// Rows are added in their order, for every width and number of rows.
func TestAddRows(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for width := 1; width < 70; width++ {
		for _, rows := range []int{0, 1, 2, 7} {
			x := numbers(r, rows*width, false)
			sum := make([]float64, width+1)
			for i := range sum {
				sum[i] = r.NormFloat64()
			}
			want := slices.Clone(sum)
			for i, v := range x {
				want[i%width] += float64(v)
			}
			AddRows(sum[:width], x)
			require.Equal(t, want, sum)
		}
	}
}

func TestMagnitude(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for n := range 100 {
		x := numbers(r, n, false)
		want := 0.0
		for _, v := range x {
			want = max(want, math.Abs(float64(v)))
		}
		require.Equal(t, want, Magnitude(x))
		for i := range x { // wherever it stands
			before := x[i]
			for _, v := range []float64{math.Inf(1), math.Inf(-1), math.NaN(), -math.NaN()} {
				x[i] = float32(v)
				require.Equal(t, math.Inf(1), Magnitude(x))
			}
			x[i] = -math.MaxFloat32
			require.Equal(t, math.MaxFloat32, Magnitude(x))
			x[i] = before
		}
	}
}

// Integers and back are the loops in Go, up to the largest that there are.
func TestFixed(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	for n := range 40 {
		x, sum := numbers(r, n, false), make([]int64, n+1)
		for i := range sum {
			sum[i] = r.Int64N(1<<61) - 1<<60
		}
		_, e := math.Frexp(Magnitude(x))
		scale := math.Ldexp(1, 62-e)
		want := slices.Clone(sum)
		addFixed(want[:n], x, scale)
		AddFixed(sum[:n], x, scale)
		require.Equal(t, want, sum)

		back, wantBack := make([]float32, n+1), make([]float32, n+1)
		for _, unit := range []float64{1 / scale, 0x1p-62, math.NaN(), 0x1p100} {
			fromFixed(wantBack[:n], sum[:n], unit)
			FromFixed(back[:n], sum[:n], unit)
			require.Equal(t, bits(wantBack), bits(back))
		}
	}
}
