package kernel

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
)

// sparseGuards are rows of k logits by their number j: as many near the largest as there can be,
// none beside it, and what the kernels of sparse maps leave to the specification.
var sparseGuards = []func(j, k int) float64{
	func(j, _ int) float64 { return float64(j) / 512 },
	func(int, int) float64 { return 3 },
	func(j, k int) float64 { return 1e3 * float64((j+1)/k) },
	func(int, int) float64 { return math.NaN() },
	func(j, k int) float64 { return math.Log(float64(j - k/2)) },
	func(j, k int) float64 { return -math.Log(math.Abs(float64(j - k/2))) },
	func(int, int) float64 { return math.Inf(1) },
	func(int, int) float64 { return math.Inf(-1) },
}

// TestGuardSparse runs the kernels of sparse maps at the edges of pages, with tiles and rows of
// every number of classes.
func TestGuardSparse(t *testing.T) { having(t, HasSparse, guardSparse[float32], guardSparse[float64]) }

func guardSparse[T Float](t *testing.T) {
	pages := newPages(t, 8, 9*170*8)
	right := func(int) bool { return true }
	for k := 1; k <= 170; k++ { // rows of both types are tiles up to 40 or 128
		for _, n := range []int{1, 3, 9} {
			if n > 1 && k > 20 && k < 38 || n > 1 && k > 45 && k < 126 {
				continue
			}
			for _, f := range sparseGuards {
				z := make([]T, n*k)
				for i := range z {
					z[i] = T(f(i%k, k))
				}
				for _, behind := range []bool{true, false} {
					elements := func(page, n int) []T { return numtest.Guard(pages[page], make([]T, n), behind) }
					in := numtest.Guard(pages[0], z, behind)
					labels, grad, scale, scratch := elements(1, n*k), elements(2, n*k), elements(3, n), elements(4, SparseScratch(k))
					loss := numtest.Guard(pages[5], make([]float64, n), behind)
					labelGrad := elements(7, n*k)
					index := numtest.Guard(pages[6], slices.Repeat([]int{k - 1}, n), behind)
					for e := 1; e <= 2; e++ {
						for _, g := range [][]T{grad, nil} {
							require.Equal(t, -1, Sparse(e, loss, g, nil, in, labels, nil, scale, scratch, k, right))
							require.Equal(t, -1, Sparse(e, loss, g, labelGrad, in, labels, nil, scale, scratch, k, right))
							require.Equal(t, -1, Sparse(e, loss, g, nil, in, nil, index, scale[:1], scratch, k, right))
						}
					}
					require.True(t, sameBits(z, in) && !slices.ContainsFunc(labels, func(x T) bool { return x != 0 }), "k=%d", k)
				}
			}
		}
	}
}
