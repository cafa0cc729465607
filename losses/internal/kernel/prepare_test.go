package kernel

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
)

// TestPrepare holds the kernels that ready logits and labels to plain loops.
func TestPrepare(t *testing.T) { both(t, prepare[float32], prepare[float64]) }

func prepare[T Float](t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for k := 1; k <= 130; k++ {
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
			for _, from := range []float64{0, 0.5} {
				z, top := b.z[:k], math.Inf(-1)
				got := make([]T, k)
				largest := Divide(got, z, s, from, 3)
				for j, v := range z {
					want := float64(v) - from
					if s != nil {
						want = float64(v) + s[j] - from
					}
					// The quotient is rounded once, or once more before in float64.
					require.LessOrEqual(t, numtest.Ulps(got[j], T(want/3)), uint64(1), "k=%d", k)
					top = max(top, float64(got[j]))
				}
				require.LessOrEqual(t, numtest.Ulps(T(largest), T(top)), uint64(1))
			}
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
			z := make([]T, k)
			for _, value := range []float64{nan, inf, -inf} {
				z[pos] = T(value)
				top := Divide(make([]T, k), z, nil, 0, 2)
				switch want := max(0, value); {
				case value == value && (k > 1 || value > 0):
					require.Equal(t, want, top)
				case k == 1:
					require.Equal(t, -inf, top)
				default:
					require.Zero(t, top)
				}
			}
		}
	}
}
