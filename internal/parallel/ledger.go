package parallel

import (
	"sync/atomic"
	"time"
)

// A ledger has the time that help has saved. Where another program has the other processors, help
// costs more than it saves: those who come take turns with that program, or with the one who asked
// for them on his own processor, and he waits for them in the end. Nobody can know that before. So
// while help has cost more than it saved, runs go without, and a part of the time that these take
// makes up for it: in the long run help costs at most that part.
type ledger struct {
	saved  atomic.Int64
	always atomic.Int64 // how many tests want help whatever it costs
}

const (
	// makesUp is the part, one in so many, of the time of a run without help.
	makesUp = 128
	// mostSaved and mostCost are how much is remembered: what has been saved for long is soon lost
	// on a machine that gets busy, and a process that was stopped in a run does not go without help
	// for long.
	mostSaved, mostCost = time.Millisecond / 4, 16 * time.Millisecond
)

// help is the ledger of this process.
var help ledger

// AlwaysHelped lets all runs ask for help, whatever it costs, until end is called: for tests of
// what help must not change.
func AlwaysHelped() (end func()) {
	help.always.Add(1)
	return func() { help.always.Add(-1) }
}

// pays reports whether a run should ask for help.
func (l *ledger) pays() bool { return l.saved.Load() >= 0 || l.always.Load() > 0 }

// enter adds what a run has saved. Of two at once one may be lost.
func (l *ledger) enter(saved time.Duration) {
	sum := time.Duration(l.saved.Load()) + saved
	l.saved.Store(int64(min(max(sum, -mostCost), mostSaved)))
}

var start = time.Now()

// now returns the time since the program began.
func now() time.Duration { return time.Since(start) }

// pace is how long someone took for blocks of n numbers, and for the one that took longest.
type pace struct {
	n, slowest     int
	total, longest time.Duration
}

// add adds a block of n numbers.
func (p *pace) add(n int, took time.Duration) {
	if took > p.longest {
		p.slowest, p.longest = n, took
	}
	p.n += n
	p.total += took
}

// usual returns p without the block that took longest: somebody else may have had the processor.
func (p pace) usual() pace { return pace{n: p.n - p.slowest, total: p.total - p.longest} }

// plus returns the pace of both.
func (p pace) plus(q pace) pace { return pace{n: p.n + q.n, total: p.total + q.total} }

// alone returns how long one alone takes for n numbers: up to a quarter less than at that pace, as
// then nothing has to come from another's cache.
func (p pace) alone(n int) time.Duration {
	return time.Duration(.75 * float64(p.total) / float64(p.n) * float64(n))
}
