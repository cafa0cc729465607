package kernel

import (
	"testing"

	"softloss/internal/numtest"
)

// TestGuardSoftmaxBack runs rows in tiles at the edges of pages.
func TestGuardSoftmaxBack(t *testing.T) {
	both(t, guardSoftmaxBack[float32], guardSoftmaxBack[float64])
}

func guardSoftmaxBack[T Float](t *testing.T) {
	pages := newPages(t, 7, 1<<15)
	for k := 1; InTiles[float64](k); k++ {
		for _, n := range []int{1, 8, 17, 33} {
			b, z := newBlock[float64](n, k, ordinary), newBlock[T](n, k, ordinary).z
			for _, behind := range []bool{true, false} {
				z, l := numtest.Guard(pages[0], z, behind), numtest.Guard(pages[1], b.t, behind)
				p, u := numtest.Guard(pages[2], b.t, behind), numtest.Guard(pages[3], b.u, behind)
				dst := numtest.Guard(pages[4], make([]T, n*k), behind)
				rest := numtest.Guard(pages[5], b.t, behind)
				lanes := numtest.Guard(pages[6], make([]float64, SoftmaxLanes(n, k)), behind)
				SoftmaxRests(l, p, rest, lanes, z, k)
				SoftmaxBack(dst, u, lanes, []T{1}, k)
			}
		}
	}
}
