package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
)

// TestPrepare holds the kernels that ready logits and labels to plain loops.
func TestPrepare(t *testing.T) { both(t, prepare[float32], prepare[float64]) }

func prepare[T Float](t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, k := range lengths() {
		b := newBlock[T](3, k, ordinary)
		w, shift := make([]float64, k), make([]float64, k)
		for j := range w {
			w[j], shift[j] = r.Float64(), r.NormFloat64()
		}
		var plain, weighted float64
		for j, v := range b.t[:k] {
			plain, weighted = plain+float64(v), weighted+w[j]*float64(v)
		}
		p, q, bad := WeightedSum(b.t[:k], w)
		require.Equal(t, -1, bad)
		require.InEpsilon(t, plain, p, 1e-14)
		require.InEpsilon(t, plain, Sum(b.t[:k]), 1e-14)
		require.InEpsilon(t, weighted, q, 1e-14)

		got := make([]T, len(b.t))
		require.Equal(t, -1, Weigh(got, b.t, w))
		for i, v := range b.t {
			require.Equal(t, T(w[i%k]*float64(v)), got[i])
		}
		require.Equal(t, -1, Mix(got, b.t, w, 0.9, 0.2))
		for i := range 3 {
			sum := Sum(b.t[i*k : i*k+k])
			for j, v := range b.t[i*k : i*k+k] {
				require.InDelta(t, 0.9*float64(v)+0.2*sum*w[j], float64(got[i*k+j]), 4*float64(numtest.Ulp(got[i*k+j])))
			}
		}
		for _, s := range [][]float64{nil, shift} {
			z, got := b.z[:k], make([]float64, k)
			top, most := float64(slices.Max(z)), math.Inf(-1)
			x := make([]float64, k)
			for j, v := range z {
				if x[j] = float64(v) - top; s != nil {
					x[j] += s[j]
				}
				most = max(most, x[j])
			}
			require.Equal(t, top+most, Divide(got, z, s, 3))
			for j, x := range x { // the quotient is rounded, or the reciprocal and a product
				require.InDelta(t, (x-most)/3, got[j], 2*numtest.Ulp(got[j]), "k=%d", k)
			}
		}
		wide := make([]float64, len(b.t))
		Widen(wide, b.t)
		for i, v := range b.t {
			require.Equal(t, float64(v), wide[i])
			wide[i] *= 1 + 0x1p-30
		}
		Round(got, wide)
		for i, x := range wide {
			require.Equal(t, T(x), got[i])
		}
		got = append([]T{}, b.u...)
		AddScaled(got, b.z, 0.3)
		for i, v := range b.z {
			want := math.FMA(0.3, float64(v), float64(b.u[i]))
			require.InDelta(t, want, float64(got[i]), 4*float64(numtest.Ulp(T(1))))
		}
	}
}

// TestPrepareSpecial are invalid labels, which WeightedSum finds, and logits that are no numbers,
// which Divide passes over.
func TestPrepareSpecial(t *testing.T) { both(t, prepareSpecial[float32], prepareSpecial[float64]) }

func prepareSpecial[T Float](t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for k := 1; k <= 40; k++ {
		w := make([]float64, k)
		for _, value := range []float64{nan, inf, -inf, -1e-30} {
			for pos := range k {
				labels := make([]T, k)
				labels[pos] = T(value)
				_, _, bad := WeightedSum(labels, w)
				require.Equal(t, pos, bad, "k=%d: %v", k, value)
				rows := make([]T, 3*k)
				rows[2*k+pos] = T(value)
				require.Equal(t, 2, Weigh(make([]T, 3*k), rows, w), "k=%d: %v", k, value)
				require.Equal(t, 2, Mix(make([]T, 3*k), rows, w, 1, 1), "k=%d: %v", k, value)
			}
		}
		for pos := range k {
			z, got := make([]T, k), make([]float64, k)
			for _, value := range []float64{nan, inf, -inf} {
				z[pos] = T(value)
				top := Divide(got, z, nil, 2)
				switch want := max(0, value); {
				case value == value && (k > 1 || value > 0):
					require.Equal(t, want, top)
				case k == 1:
					require.Equal(t, -inf, top)
				default:
					require.Zero(t, top)
				}
				if value != -inf || k == 1 { // a row without a softmax stays one
					require.True(t, math.IsNaN(got[pos]), "k=%d: %v", k, value)
				}
			}
		}
	}
}

// TestDivideFar: logits far from 0 and temperatures that would make them overflow cost no accuracy.
func TestDivideFar(t *testing.T) { both(t, divideFar[float32], divideFar[float64]) }

func divideFar[T Float](t *testing.T) {
	for k := 1; k <= 70; k++ {
		for _, offset := range []T{0, 1000, -1e5} {
			for _, temperature := range []float64{3, 0.1, 1e-30} {
				z, got := make([]T, k), make([]float64, k)
				for j := range z {
					z[j] = offset + T(j%7)/64
				}
				top := Divide(got, z, nil, temperature)
				require.EqualValues(t, slices.Max(z), top)
				for j, v := range z {
					want := (float64(v) - top) / temperature
					require.InDelta(t, want, got[j], 2*numtest.Ulp(want), "offset %v T=%v", offset, temperature)
				}
			}
		}
	}
}
