package parallel

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestRunCoversAllOnce, in blocks that begin with a multiple of theirs, again and again.
func TestRunCoversAllOnce(t *testing.T) {
	var g Group
	const block = 8
	seen := make([]atomic.Int32, 100)
	g.Body = func(part, lo, hi int) {
		assert.Zero(t, lo%block)
		for i := lo; i < hi; i++ {
			seen[i].Add(1)
		}
	}
	for range 20 {
		for _, n := range []int{1, 2, 7, 10, 99, 100} {
			for _, parts := range []int{1, 2, 3, 7, 10} {
				g.Run(n, block, parts)
				for i := range seen {
					want := int32(0)
					if i < n {
						want = 1
					}
					assert.Equal(t, want, seen[i].Swap(0), "%d of %d in %d parts", i, n, parts)
				}
			}
		}
	}
}

// TestPartsAreApart: no two calls of Body with the same part at once, also where goroutines of the
// run before come late.
func TestPartsAreApart(t *testing.T) {
	const parts = 4
	var busy [parts]sync.Mutex
	g := Group{Body: func(part, lo, hi int) {
		if assert.True(t, busy[part].TryLock(), "part %d", part) {
			runtime.Gosched()
			busy[part].Unlock()
		}
	}}
	for range 300 {
		g.Run(40, 1, parts)
	}
}

// TestOthersHelp: a caller that waits in its block is not alone.
func TestOthersHelp(t *testing.T) {
	others := make(chan int, 1)
	g := Group{}
	g.Body = func(part, lo, _ int) {
		if part != 0 {
			others <- lo
		} else {
			others <- <-others
		}
	}
	g.Run(2, 1, 2)
	assert.Len(t, others, 1)
}

// TestEndedGoroutine: one that ends in its block is not waited for, nor is its part taken again.
func TestEndedGoroutine(t *testing.T) {
	g := Group{}
	var ran atomic.Int32
	g.Body = func(part, lo, _ int) {
		if ran.Add(1); part != 0 {
			runtime.Goexit()
		}
		runtime.Gosched()
	}
	for range 50 {
		ran.Store(0)
		g.Run(20, 1, 3)
		assert.EqualValues(t, 20, ran.Load())
	}
}

func TestRunAllocatesNothing(t *testing.T) {
	var sum atomic.Int64
	g := Group{Body: func(_, lo, hi int) { sum.Add(int64(hi - lo)) }}
	run := func() {
		g.Run(100, 1, 4)
		runtime.Gosched() // goroutines that came late end, and their memory is there for the next ones
	}
	run()
	assert.Zero(t, testing.AllocsPerRun(20, run))
	assert.EqualValues(t, 2200, sum.Load())
}
