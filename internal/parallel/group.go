// Package parallel runs a function over ranges of numbers, several ranges at once, and keeps what
// such runs work in.
package parallel

import (
	"sync/atomic"
	"time"
)

// Group runs one body over the blocks of a range. Its zero value with Body set is ready.
// A Group that is used again allocates nothing, and is not for two goroutines at once.
type Group struct {
	// Body handles [lo, hi), which begins with a multiple of a block; part tells concurrent calls
	// apart and is below the number of parts. It is called several times.
	Body func(part, lo, hi int)

	n, block int
	taken    atomic.Int64 // how many blocks have been taken
	last     atomic.Int64 // how many of them others took
	seats    atomic.Int64 // how many goroutines may still come; below 0 none
	left     chan pace    // one from each that came, when it goes
	help     func()       // what they do, made once
	own      pace         // the caller's
}

// Run calls Body for all of [0, n), block by block, from at most as many goroutines as parts says,
// and returns when all is done. The caller's takes its share, which is all where no other comes in
// time: nobody waits for a goroutine that has not begun. With one part there is one block, and so
// there is while help costs more time than it saves.
func (g *Group) Run(n, block, parts int) {
	switch {
	case parts <= 1:
		g.Body(0, 0, n)
	case !help.pays():
		begin := now()
		g.Body(0, 0, n)
		help.enter((now() - begin) / makesUp)
	default:
		g.share(n, block, parts)
	}
}

// share is Run with help.
func (g *Group) share(n, block, parts int) {
	if g.help == nil {
		g.help = func() {
			seat := g.seats.Add(-1)
			if seat < 0 { // the run that wanted it is over
				return
			}
			var p pace
			defer func() { g.left <- p }()
			g.take(int(seat)+1, &p)
		}
	}
	if cap(g.left) < parts {
		g.left = make(chan pace, parts)
	}
	begin := now()
	g.n, g.block, g.own = n, block, pace{}
	g.taken.Store(0)
	g.last.Store(0)
	g.seats.Store(int64(parts - 1))
	// One goroutine more than there are seats: the last one is kept for the processor that it was
	// started on, and another gets it only after some 50 µs.
	for range parts {
		go g.help()
	}
	defer g.finish(parts, begin) // also when Body panics or ends the goroutine
	g.take(0, &g.own)
}

// take runs blocks until none is left, the caller from the first on and others from the last on: so
// in the next run of the same numbers each mostly works on what it has in its caches.
func (g *Group) take(part int, p *pace) {
	blocks := (g.n + g.block - 1) / g.block
	then := now()
	for i := 0; int(g.taken.Add(1)) <= blocks; i++ {
		lo := i * g.block
		if part > 0 {
			lo = (blocks - int(g.last.Add(1))) * g.block
		}
		hi := min(lo+g.block, g.n)
		g.Body(part, lo, hi)
		t := now()
		p.add(hi-lo, t-then)
		then = t
	}
}

// finish lets nobody come any more, waits for those who did, and enters what they have saved.
func (g *Group) finish(parts int, begin time.Duration) {
	const nobody = -1 << 32
	all := g.own.usual()
	for range parts - 1 - max(0, int(g.seats.Swap(nobody))) {
		all = all.plus((<-g.left).usual())
	}
	if all.n > 0 { // otherwise nobody knows
		help.enter(all.alone(g.n) - (now() - begin))
	}
}
