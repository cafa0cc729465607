package rows

import (
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestParts(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	for _, c := range []struct{ n, grain, want int }{
		{0, 1, 1}, {1, 1, 1}, {3, 1, 3}, {100, 1, 4}, {100, 30, 3}, {100, 51, 1}, {100, 1000, 1}, {100, 0, 4}, {100, -5, 4},
	} {
		assert.Equal(t, c.want, Parts(c.n, c.grain), "%+v", c)
	}
}

// TestRunCoversEveryRowOnce, with ranges in the order of their parts and nearly equal, again and
// again.
func TestRunCoversEveryRowOnce(t *testing.T) {
	var g Group
	seen := make([]atomic.Int32, 100)
	lows := make([]int, 10)
	g.Body = func(part, lo, hi int) {
		lows[part] = lo
		for i := lo; i < hi; i++ {
			seen[i].Add(1)
		}
	}
	for _, n := range []int{1, 2, 7, 10, 99, 100} {
		for _, parts := range []int{1, 2, 3, 7, 10} {
			if parts > n {
				continue
			}
			g.Run(n, parts)
			for i := range seen {
				want := int32(0)
				if i < n {
					want = 1
				}
				assert.Equal(t, want, seen[i].Swap(0), "row %d of %d in %d parts", i, n, parts)
			}
			for p := range parts {
				size := n - lows[p]
				if p+1 < parts {
					size = lows[p+1] - lows[p]
				}
				assert.InDelta(t, float64(n)/float64(parts), float64(size), 1)
			}
		}
	}
}

func TestRunAllocatesNothing(t *testing.T) {
	var sum atomic.Int64
	g := Group{Body: func(_, lo, hi int) { sum.Add(int64(hi - lo)) }}
	g.Run(100, 4)
	assert.Zero(t, testing.AllocsPerRun(20, func() { g.Run(100, 4) }))
	assert.EqualValues(t, 2200, sum.Load())
}
