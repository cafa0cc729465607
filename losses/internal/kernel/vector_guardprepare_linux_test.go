package kernel

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestGuardPrepare runs the kernels that take float64 beside other elements at the edges of pages.
func TestGuardPrepare(t *testing.T) { both(t, guardPrepare[float32], guardPrepare[float64]) }

func guardPrepare[T Float](t *testing.T) {
	pages := []guardedPages{newGuardedPages(t, 4096), newGuardedPages(t, 4096), newGuardedPages(t, 4096)}
	for k := 1; k <= 70; k++ {
		b := newBlock[T](1, k, ordinary)
		w := make([]float64, k)
		for j := range w {
			w[j] = 1 + float64(j)
		}
		run := func(dst, z []T, w []float64) (all []T) {
			plain, weighted, bad := WeightedSum(z[:k:k], w)
			all = append(all, T(plain), T(weighted), T(bad), T(Sum(z)))
			for _, f := range []func(){
				func() { Weigh(dst, z, w) },
				func() { Mix(dst, z, w, 0.9, 0.2) },
				func() { Divide(dst, z, nil, 0, 3) },
				func() { Divide(dst, z, w, 0, 3) },
				func() { AddScaled(dst, z, 2) },
			} {
				f()
				all = append(all, dst...)
			}
			return all
		}
		want := run(make([]T, k), b.t, w)
		for _, behind := range []bool{true, false} {
			got := run(guard(pages[0], make([]T, k), behind), guard(pages[1], b.t, behind), guard(pages[2], w, behind))
			require.True(t, sameBits(want, got), "k=%d", k)
		}
	}
}
