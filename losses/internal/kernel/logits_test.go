package kernel

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/losses/internal/kernel/spec"
)

// TestFactors: products of numbers, and with them, of every length, are those of plain loops, and
// nothing is written behind them.
func TestFactors(t *testing.T) { both(t, factors[float32], factors[float64]) }

func factors[T Float](t *testing.T) {
	for _, k := range lengths() {
		x := newBlock[T](1, k, ordinary).u
		dst, want := append(make([]T, k), 7), append(make([]T, k), 7)
		Factors(dst[:k], x, 1./3)
		spec.Factors(want[:k], x, 1./3)
		require.True(t, sameBits(want, dst), "k=%d", k)
		losses, wantLosses := make([]float64, k+1), make([]float64, k+1)
		for i := range losses {
			losses[i] = 1 / (1 + float64(i))
			wantLosses[i] = losses[i]
		}
		Times(losses[:k], x)
		spec.Times(wantLosses[:k], x)
		require.True(t, sameBits(wantLosses, losses), "k=%d", k)
	}
}

// TestAddSquares: the bits of a plain loop, for every length, and the largest size whatever is no
// number.
func TestAddSquares(t *testing.T) {
	eachImplementation(t, func(t *testing.T) {
		for n := range 70 {
			x, got, want := make([]float64, n), make([]float64, n), make([]float64, n)
			for i := range x {
				x[i], got[i] = []float64{0.1, -7.3, 1e-300, math.NaN(), 1e200, math.Inf(-1)}[i%(2+n%5)], 1/float64(i+1)
			}
			copy(want, got)
			require.Equal(t, spec.AddSquares(want, x, 0.3), AddSquares(got, x, 0.3), "n=%d", n)
			require.True(t, sameBits(want, got), "n=%d", n)
		}
	})
}

// TestAddEights: the bits of plain loops, for every length, until a 0 of either sign comes, and
// with what is no number.
func TestAddEights(t *testing.T) {
	eachImplementation(t, func(t *testing.T) {
		for n := range 65 {
			n += n / 60 * 220 // so many turns that the lanes go to their sum twice
			for zero := -1; zero < n; zero++ {
				x := make([]float64, n)
				for i := range x {
					x[i] = []float64{0.1, -0.3, 1e-320, 1e300, math.Inf(-1), math.NaN()}[i%(4+n%3)]
				}
				if zero >= 0 {
					x[zero] = math.Copysign(0, float64(zero%2)-1)
				}
				for _, most := range []int{1, MostTurns} {
					sum := Eights{Lanes: [8]float64{0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1}, Turns: n % most}
					want := sum
					require.Equal(t, spec.AddEights(&want, x, most), AddEights(&sum, x, most), "n=%d, 0 at %d", n, zero)
					require.Equal(t, want.Turns, sum.Turns, "n=%d, 0 at %d", n, zero)
					require.True(t, sameBits(want.Lanes[:], sum.Lanes[:]), "n=%d, 0 at %d", n, zero)
					require.True(t, sameBits(want.Sum[:], sum.Sum[:]), "n=%d, 0 at %d", n, zero)
					require.True(t, sameBits(want.Lost[:], sum.Lost[:]), "n=%d, 0 at %d", n, zero)
				}
			}
		}
	})
}

// TestSizesOf: the smallest and largest sizes of every length, wherever they are, and what is no
// positive number.
func TestSizesOf(t *testing.T) { both(t, sizesOf[float32], sizesOf[float64]) }

func sizesOf[T Float](t *testing.T) {
	for _, k := range lengths() {
		x := make([]T, k)
		for i := range x {
			x[i] = T(1 + i%7)
		}
		require.Equal(t, spec.SizesOf(x), SizesOf(x), "k=%d", k)
		for i := 0; i < k; i += 1 + k/9 {
			for _, v := range []float64{1e-40, 1e30, -0.5, 0, math.Copysign(0, -1), math.NaN(), math.Inf(1), math.Inf(-1)} {
				was := x[i]
				x[i] = T(v)
				got, want := SizesOf(x), spec.SizesOf(x)
				require.Equal(t, want, got, "k=%d: %v at %d", k, v, i)
				require.Equal(t, []bool{v-v == 0, v < 0, v == 0}, []bool{got.Finite, got.Negative, got.Zero})
				x[i] = was
			}
		}
	}
	require.Equal(t, Sizes{Least: math.Inf(1), Finite: true}, SizesOf[T](nil))
}
