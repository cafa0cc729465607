package kernel

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
)

// TestSoftmaxInPlace: softmax and log-softmax may overwrite their logits, in rows of every kind.
func TestSoftmaxInPlace(t *testing.T) { both(t, softmaxInPlace[float32], softmaxInPlace[float64]) }

func softmaxInPlace[T Float](t *testing.T) {
	inf := math.Inf(-1)
	for _, k := range lengths() {
		b := newBlock[T](7, k, ordinary)
		for i, values := range [][2]float64{{0, 0}, {40, 1}, {40, inf}, {1e30, 2}, {math.NaN(), 1}, {inf, 3}} {
			b.z[i*k], b.z[i*k+k/2] = T(values[0]), T(values[1])
		}
		for name, f := range map[string]func(dst, z []T, k int){"softmax": Softmax[T], "log-softmax": LogSoftmax[T]} {
			want, got := make([]T, len(b.z)), append([]T(nil), b.z...)
			f(want, b.z, k)
			f(got, got, k)
			for j := range want {
				near := numtest.Close(float64(got[j]), float64(want[j]), 0, 0)
				require.True(t, near, "%s k=%d row %d: %v, elsewhere %v", name, k, j/k, got[j], want[j])
			}
		}
	}
}

// TestSoftmaxes: both at once have the bits of one after the other, in rows of every kind.
func TestSoftmaxes(t *testing.T) { both(t, softmaxes[float32], softmaxes[float64]) }

func softmaxes[T Float](t *testing.T) {
	inf := math.Inf(-1)
	for _, k := range lengths() {
		b := newBlock[T](19, k, ordinary)
		for i, values := range [][2]float64{{0, 0}, {40, 1}, {40, inf}, {1e30, 2}, {math.NaN(), 1}, {inf, 3}} {
			b.z[i*k], b.z[i*k+k/2] = T(values[0]), T(values[1])
		}
		wantL, wantP := make([]T, len(b.z)), make([]T, len(b.z))
		LogSoftmax(wantL, b.z, k)
		Softmax(wantP, b.z, k)
		l, p := make([]T, len(b.z)), make([]T, len(b.z))
		Softmaxes(l, p, b.z, k)
		for j := range l {
			same := numtest.Close(float64(l[j]), float64(wantL[j]), 0, 0) &&
				numtest.Close(float64(p[j]), float64(wantP[j]), 0, 0)
			require.True(t, same, "k=%d row %d: %v and %v, alone %v and %v", k, j/k, l[j], p[j], wantL[j], wantP[j])
		}
	}
}
