//go:build !purego

package vec

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/losses/internal/kernel/spec"
)

// TestFewRows wants of a row alone the bits that it has in a tile, whatever its logits and labels
// are.
func TestFewRows(t *testing.T) {
	was := InUse()
	defer Use(was)
	for _, set := range Sets() {
		if Use(set); On() {
			fewRows[float32](t, tileCols)
			fewRows[float64](t, 40)
		}
	}
}

func fewRows[T spec.Float](t *testing.T, most int) {
	const n = 16
	r := rand.New(rand.NewPCG(1, 2))
	for k := 1; k <= most; k++ {
		require.True(t, inTiles[T](k))
		require.Equal(t, 1, fewer(1, 16, k))
		for trial := range 24 {
			z, labels, index := make([]T, n*k), make([]T, n*k), make([]int, n)
			width := []float64{0.01, 1, 8, 100}[trial%4]
			for i := range z {
				z[i], labels[i] = T(width*r.NormFloat64()), T(r.IntN(3))*T(r.Float64())
				switch {
				case trial%5 == 1: // several maxima
					z[i] = T(math.Round(float64(z[i])))
				case trial%5 == 2 && r.IntN(50) == 0:
					z[i] = T([]float64{math.Inf(-1), math.Inf(1), math.NaN(), 1e30}[r.IntN(4)])
				}
			}
			for i := range index {
				index[i] = r.IntN(k)
			}
			for _, scale := range [][]T{{0.3}, labels[:n:n]}[:min(k, 2)] {
				all, one := make([]T, n*k), make([]T, k)
				losses, loss := make([]float64, n), make([]float64, 1)
				alone := func(i int, run func(z, scale []T)) {
					run(spec.Row(z, i, k), spec.FactorOf(scale, i))
					require.True(t, sameBits(losses[i:i+1], loss), "%v k=%d", InUse(), k)
					require.True(t, sameBits(spec.Row(all, i, k), one), "%v k=%d", InUse(), k)
				}
				require.Negative(t, CrossEntropy(losses, all, z, labels, scale, k))
				for i := range n {
					alone(i, func(z, scale []T) { CrossEntropy(loss, one, z, spec.Row(labels, i, k), scale, k) })
				}
				CrossEntropyIndex(losses, all, z, index, scale, k)
				for i := range n {
					alone(i, func(z, scale []T) { CrossEntropyIndex(loss, one, z, index[i:i+1], scale, k) })
				}
				CrossEntropyIndex(losses, nil, z, index, scale, k)
				for i := range n {
					CrossEntropyIndex(loss, nil, spec.Row(z, i, k), index[i:i+1], scale, k)
					require.True(t, sameBits(losses[i:i+1], loss), "%v k=%d", InUse(), k)
				}
			}
		}
	}
}

// TestFewRowsOnSmallStacks calls the kernels, whose frames are large, from goroutines with every
// amount of their first stack left.
func TestFewRowsOnSmallStacks(t *testing.T) {
	onSets(t, func(t *testing.T) {
		z, labels := normalRows[float32](1, 10)
		want, grad := make([]float64, 1), make([]float32, 10)
		CrossEntropy(want, grad, z, labels, []float32{1}, 10)
		for depth := range 200 {
			loss, got := make([]float64, 1), make([]float32, 10)
			done := make(chan struct{})
			go func() {
				defer close(done)
				deeper(depth, func() { CrossEntropy(loss, got, z, labels, []float32{1}, 10) })
			}()
			<-done
			require.True(t, sameBits(want, loss) && sameBits(grad, got), "%d calls deep", depth)
		}
	})
}

// deeper runs f that many calls deep.
//
//go:noinline
func deeper(depth int, f func()) {
	if depth > 0 {
		deeper(depth-1, f)
		return
	}
	f()
}

// sameBits reports whether a and b have the same bits, any NaN for a NaN.
func sameBits[T spec.Float](a, b []T) bool {
	for i, v := range a {
		x, y := float64(v), float64(b[i])
		if x != y && (x == x || y == y) || x == 0 && math.Signbit(x) != math.Signbit(y) {
			return false
		}
	}
	return len(a) == len(b)
}
