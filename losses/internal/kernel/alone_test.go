package kernel

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCrossEntropyAlone wants of a single row the bits that CrossEntropy and CrossEntropyIndex give
// it, and rows that vectors decline to be left to them.
func TestCrossEntropyAlone(t *testing.T) {
	eachImplementation(t, func(t *testing.T) {
		both(t, crossEntropyAlone[float32], crossEntropyAlone[float64])
	})
}

func crossEntropyAlone[T Float](t *testing.T) {
	const f = 0.25
	for _, k := range []int{1, 2, 3, 10, 40, 41, 64, 65, 160, 161, 256, 257, 320, 321, 512, 513, 1000} {
		z, y := make([]T, k), make([]T, k)
		for i := range k {
			z[i], y[i] = T(4*math.Sin(float64(7*i))), T(i%3)
		}
		loss, got, want := []float64{0}, make([]T, k), make([]T, k)
		alone := func(what string, labels []T, class int) (taken bool) {
			l, taken := CrossEntropyAlone(got, z, labels, class, f)
			if !taken {
				return false
			}
			if labels != nil {
				require.Negative(t, CrossEntropy(loss, want, z, labels, []T{f}, k))
			} else {
				CrossEntropyIndex(loss, want, z, []int{class}, []T{f}, k)
			}
			require.Equal(t, loss[0], l, "%s, k=%d", what, k)
			require.Equal(t, want, got, "%s, k=%d", what, k)
			return true
		}
		for i := range 20 { // of few classes many a row has the same bits by other kernels
			z[0] = T(math.Sin(float64(i)))
			alone("labels", y, 0)
		}
		taken := alone("labels", y, 0)
		if k == 10 || k == 1000 {
			require.Equal(t, strings.HasPrefix(Implementation(), "avx"), taken, "k=%d", k)
		}
		for _, class := range []int{0, k / 2, k - 1} {
			alone(fmt.Sprint("class ", class), nil, class)
		}
		for _, x := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e30} {
			z[k/2] = T(x)
			taken := alone(fmt.Sprint("labels, logit ", x), y, 0)
			require.False(t, taken && x != x, "k=%d", k)
			taken = alone(fmt.Sprint("index, logit ", x), nil, 0)
			require.False(t, taken && x != x, "k=%d", k)
		}
		z[k/2] = 0
		for _, x := range []float64{-1, math.NaN(), math.Inf(1)} {
			y[k-1] = T(x)
			require.False(t, alone(fmt.Sprint("label ", x), y, 0), "k=%d", k)
		}
	}
}

// TestCrossEntropyAloneAllocatesNothing, even what comes from a pool when it ran before.
func TestCrossEntropyAloneAllocatesNothing(t *testing.T) {
	z, g := make([]float32, 1000), make([]float32, 1000)
	for _, k := range []int{10, 1000} {
		require.Zero(t, testing.AllocsPerRun(20, func() {
			CrossEntropyAlone(g[:k], z[:k], z[:k], 0, 1)
			CrossEntropyAlone(g[:k], z[:k], nil, 3, 1)
		}))
	}
}
