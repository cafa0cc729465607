// Package rows runs a function over the rows of a batch, in parallel.
package rows

import (
	"runtime"
	"sync/atomic"
)

const (
	// grain is how many elements are worth a goroutine.
	grain = 1 << 16
	// blockSize is how many elements goroutines take at a time.
	blockSize = 1 << 14
)

// Group runs one body over blocks of rows. Its zero value with Body set is ready.
// A Group that is used again allocates nothing, and is not for two goroutines at once.
type Group struct {
	// Body handles the rows [lo, hi), which begin with a multiple of Block's rows; part tells
	// concurrent calls apart and is below the number that Parts returns. It is called several times.
	Body func(part, lo, hi int)

	n, block int
	next     atomic.Int64  // the first row that nobody took
	seats    atomic.Int64  // how many goroutines may still come; below 0 none
	left     chan struct{} // one from each that came, when it goes
	help     func()        // what they do, made once
}

// Parts returns how many goroutines Run shall take for n rows of k elements: at most one a
// processor, and none with fewer than grain elements.
func Parts(n, k int) int {
	if most := n * k / grain; most > 1 {
		return min(runtime.GOMAXPROCS(0), most)
	}
	return 1
}

// Block returns how many rows of k elements a goroutine takes at a time.
func Block(k int) int { return max(1, blockSize/k) }

// Run calls Body for all of n rows of k elements, block by block, from at most as many goroutines
// as parts says, and returns when all is done. The caller's takes its share, which is all where no
// other comes in time: nobody waits for a goroutine that has not begun.
func (g *Group) Run(n, k, parts int) {
	if parts <= 1 {
		g.Body(0, 0, n)
		return
	}
	if g.help == nil {
		g.help = func() {
			seat := g.seats.Add(-1)
			if seat < 0 { // the run that wanted it is over
				return
			}
			defer func() { g.left <- struct{}{} }()
			g.take(int(seat) + 1)
		}
	}
	if cap(g.left) < parts {
		g.left = make(chan struct{}, parts)
	}
	g.n, g.block = n, Block(k)
	g.next.Store(0)
	g.seats.Store(int64(parts - 1))
	for range parts - 1 {
		go g.help()
	}
	defer g.finish(parts) // also when Body panics or ends the goroutine
	g.take(0)
}

// take runs blocks until none is left.
func (g *Group) take(part int) {
	for {
		lo := int(g.next.Add(int64(g.block))) - g.block
		if lo >= g.n {
			return
		}
		g.Body(part, lo, min(lo+g.block, g.n))
	}
}

// finish lets nobody come any more and waits for those who did.
func (g *Group) finish(parts int) {
	const nobody = -1 << 32
	for range parts - 1 - max(0, int(g.seats.Swap(nobody))) {
		<-g.left
	}
}
