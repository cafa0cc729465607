package parallel

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

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
				for _, run := range []func(n, block, parts int){g.Run, g.share} {
					run(n, block, parts)
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
		g.share(40, 1, parts)
	}
}

// TestOthersHelp: a caller that waits in its block is not alone; others begin with the last block.
func TestOthersHelp(t *testing.T) {
	others := make(chan int, 2)
	g := Group{}
	g.Body = func(part, lo, _ int) {
		if part != 0 {
			others <- lo
		} else {
			others <- <-others
		}
	}
	g.share(20, 10, 2)
	assert.Equal(t, 10, <-others)
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
		g.share(20, 1, 3)
		assert.EqualValues(t, 20, ran.Load())
	}
}

func TestRunAllocatesNothing(t *testing.T) {
	var sum atomic.Int64
	g := Group{Body: func(_, lo, hi int) { sum.Add(int64(hi - lo)) }}
	for i, saved := range []time.Duration{0, -mostCost} {
		run := func() {
			help.saved.Store(int64(saved))
			g.Run(100, 1, 4)
			runtime.Gosched() // goroutines that came late end, and their memory is there for the next ones
		}
		run()
		assert.Zero(t, testing.AllocsPerRun(20, run))
		assert.EqualValues(t, 2200*(i+1), sum.Load())
	}
}

// TestRunAlone: while help does not pay there is one block, and what time it takes makes up.
func TestRunAlone(t *testing.T) {
	defer help.saved.Store(0)
	var blocks [][3]int
	g := Group{Body: func(part, lo, hi int) {
		blocks = append(blocks, [3]int{part, lo, hi})
		for begin := now(); now() < begin+makesUp; { // the time that makes up for a nanosecond
		}
	}}
	for _, saved := range []time.Duration{-mostCost, -1} {
		help.saved.Store(int64(saved))
		g.Run(100, 10, 4)
		assert.Equal(t, saved == -1, help.pays())
	}
	assert.Equal(t, [][3]int{{0, 0, 100}, {0, 0, 100}}, blocks)
}

// TestFinishEnters what those who came have saved of the time that their paces tell, or cost.
func TestFinishEnters(t *testing.T) {
	defer help.saved.Store(0)
	fast := pace{n: 2, slowest: 1, total: time.Hour + 1, longest: time.Hour}
	slow := pace{n: 2, slowest: 1, total: 3 * time.Hour, longest: 2 * time.Hour}
	for _, c := range []struct {
		own, other  pace
		took, saved time.Duration
	}{
		{own: slow, other: slow, took: time.Hour, saved: mostSaved}, // 4 hours of one
		{own: fast, other: fast, took: time.Hour, saved: -mostCost}, // 4 ns of one
		{own: fast, other: slow, took: time.Hour, saved: mostSaved}, // 2 hours of one
		{own: fast, other: slow, took: 3 * time.Hour, saved: -mostCost},
		{own: pace{n: 3, slowest: 3, total: time.Hour, longest: time.Hour}, took: time.Hour}, // nobody knows
	} {
		help.saved.Store(0)
		g := Group{n: 4, own: c.own, left: make(chan pace, 1)}
		if c.other.n == 0 {
			g.seats.Store(1)
		} else {
			g.left <- c.other
		}
		g.finish(2, now()-c.took)
		assert.Equal(t, c.saved, time.Duration(help.saved.Load()), "%+v", c)
	}
}
