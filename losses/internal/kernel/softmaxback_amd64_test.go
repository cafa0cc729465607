package kernel

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
)

// TestSoftmaxRests: the logarithms and the p of [Softmaxes], and 1 - p with the digits of the sum
// of the others, in rows of every kind.
func TestSoftmaxRests(t *testing.T) {
	eachImplementation(t, func(t *testing.T) {
		for k := 1; InTiles[float64](k); k++ {
			b := newBlock[float64](19, k, ordinary)
			for i, values := range [][2]float64{
				{0, 0}, {40, 1}, {40, math.Inf(-1)}, {1e30, 2}, {math.NaN(), 1}, {math.Inf(-1), 3}, {800, 1}, {2, 2},
			} {
				b.z[i*k], b.z[i*k+k/2] = values[0], values[1]
			}
			n := len(b.z)
			wantL, wantP, l, p := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
			Softmaxes(wantL, wantP, b.z, k)
			rest, lanes := append(make([]float64, n), 7), append(make([]float64, SoftmaxLanes(19, k)), 7)
			SoftmaxRests(l, p, rest[:n], lanes[:len(lanes)-1], b.z, k)
			require.Equal(t, 7.0, lanes[len(lanes)-1])
			require.Equal(t, 7.0, rest[n])
			for j := range l {
				same := numtest.Close(l[j], wantL[j], 0, 0) && numtest.Close(p[j], wantP[j], 0, 0)
				require.True(t, same, "k=%d row %d: %v and %v, alone %v and %v", k, j/k, l[j], p[j], wantL[j], wantP[j])
				want, bound := 1-p[j], 0x1p-51
				if p[j] > 0.5 {
					want, bound = 0, 0x1p-49
					for i, x := range p[j/k*k : (j/k+1)*k] {
						if i != j%k {
							want += x
						}
					}
				}
				require.True(t, numtest.Close(rest[j], want, bound, 0), "k=%d row %d: %v, want %v", k, j/k, rest[j], want)
			}
		}
	})
}

// TestSoftmaxBack compares it with its definition, for p on both sides of 1/2 and in rows of every
// kind, and keeps what is behind dst.
func TestSoftmaxBack(t *testing.T) { both(t, softmaxBack[float32], softmaxBack[float64]) }

func softmaxBack[T Float](t *testing.T) {
	for k := 1; InTiles[float64](k); k++ {
		for _, n := range []int{1, 7, 8, 19, 70, 300} {
			b, wide := newBlock[T](n, k, ordinary), newBlock[float64](n, k, ordinary)
			for i := range n {
				wide.z[i*k] += []float64{float64(i % 40), 1e30, math.NaN(), 800, 0}[i%5] // and rows that tiles decline
			}
			l, p, rest, u := make([]float64, n*k), make([]float64, n*k), make([]float64, n*k), wide.u
			lanes := make([]float64, SoftmaxLanes(n, k))
			SoftmaxRests(l, p, rest, lanes, wide.z, k)
			for _, scale := range [][]T{b.scale, b.scale[:1]} {
				got := append(make([]T, n*k), 7)
				SoftmaxBack(got[:n*k], u, lanes, scale, k)
				require.Equal(t, T(7), got[n*k])
				for j := range u {
					i := j / k
					f := float64(scale[min(i, len(scale)-1)])
					want, size := backWant(u[i*k:(i+1)*k], p[j], rest[j], j%k)
					require.True(t, numtest.Close(float64(got[j]), f*want, roundoff[T](), 0x1p-49*f*size),
						"k=%d n=%d row %d: %v, want %v", k, n, i, got[j], f*want)
				}
			}
		}
	}
}

// backWant returns u_j - p Σ u of a row, with 1 - p = rest, and the size of what it is made of.
func backWant(u []float64, p, rest float64, j int) (want, size float64) {
	var others float64
	for i, x := range u {
		if i != j {
			others += x
			size += math.Abs(p * x)
		}
	}
	return rest*u[j] - p*others, size + math.Abs(rest*u[j])
}

// roundoff is the largest relative error of one rounding to T.
func roundoff[T Float]() float64 {
	if any(T(0)) == any(float32(0)) {
		return 0x1p-24
	}
	return 0x1p-53
}
