// Package rows runs a function over the rows of a batch, in parallel.
package rows

import (
	"runtime"
	"sync"
)

// Group runs one body over ranges of rows. Its zero value with Body set is ready.
// A Group that is used again allocates nothing, and is not for two goroutines at once.
type Group struct {
	// Body handles the rows [lo, hi); part tells concurrent calls apart and is
	// below the number that Parts returns.
	Body func(part, lo, hi int)

	n, parts int
	wg       sync.WaitGroup
	run      []func() // one goroutine's work each, made once
}

// Parts returns into how many ranges Run splits n rows: at most one a processor,
// and none with fewer than grain rows.
func Parts(n, grain int) int {
	return max(1, min(runtime.GOMAXPROCS(0), n/max(grain, 1)))
}

// Run splits n rows into the given number of ranges of nearly equal length, calls
// Body for each, the first on the caller's goroutine, and returns when all are done.
func (g *Group) Run(n, parts int) {
	g.n, g.parts = n, parts
	for len(g.run) < parts {
		part := len(g.run)
		g.run = append(g.run, func() {
			defer g.wg.Done()
			g.call(part)
		})
	}
	g.wg.Add(parts - 1)
	defer g.wg.Wait() // also when Body panics or ends the goroutine
	for _, f := range g.run[1:parts] {
		go f()
	}
	g.call(0)
}

func (g *Group) call(part int) {
	if lo, hi := part*g.n/g.parts, (part+1)*g.n/g.parts; lo < hi {
		g.Body(part, lo, hi)
	}
}
