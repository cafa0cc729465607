package kernel

import (
	"testing"

	"softloss/internal/numtest"
)

// TestGuardSoftmaxRows runs blocks of rows at the edges of pages.
func TestGuardSoftmaxRows(t *testing.T) {
	both(t, guardSoftmaxRows[float32], guardSoftmaxRows[float64])
}

func guardSoftmaxRows[T Float](t *testing.T) {
	pages := newPages(t, 3, 1<<15)
	for _, k := range []int{65, 72, 79, 96, 113, 128} {
		if !RowByRow[T](k) {
			continue
		}
		for _, n := range []int{1, 5, 17} {
			b := newBlock[T](n, k, ordinary)
			for _, behind := range []bool{true, false} {
				z, labels := numtest.Guard(pages[0], b.z, behind), numtest.Guard(pages[1], b.t, behind)
				e := numtest.Guard(pages[2], make([]T, n*k), behind)
				SoftmaxRows(make([]SoftmaxOf, n), e, z, labels, nil, k)
				SoftmaxRows(make([]SoftmaxOf, n), e, z, nil, b.index, k)
			}
		}
	}
}
