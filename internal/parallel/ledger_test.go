package parallel

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// TestLedger: help that costs 30 µs each time costs no more than its part in the long run, and help
// that saves is asked for each time, also after one run that cost much.
func TestLedger(t *testing.T) {
	const run, cost = 100 * time.Microsecond, 30 * time.Microsecond
	var l ledger
	var took, alone time.Duration
	for range 100_000 {
		took, alone = took+run, alone+run
		if l.pays() {
			took += cost
			l.enter(-cost)
		} else {
			l.enter(run / makesUp)
		}
	}
	assert.InDelta(t, 1./makesUp, float64(took-alone)/float64(alone), 1e-3)
	for !l.pays() {
		l.enter(run / makesUp)
	}
	for i := range 100 {
		assert.True(t, l.pays())
		if i != 50 {
			l.enter(cost)
		} else {
			l.enter(-mostSaved)
		}
	}
}

// TestLedgerForgets what has been saved for long, and that a process has stood still.
func TestLedgerForgets(t *testing.T) {
	var l ledger
	for range 100 {
		l.enter(mostSaved)
	}
	l.enter(-mostSaved)
	assert.True(t, l.pays())
	l.enter(-1)
	assert.False(t, l.pays())
	l.enter(-24 * time.Hour)
	l.enter(mostCost - 1)
	assert.False(t, l.pays())
	l.enter(1)
	assert.True(t, l.pays())
}

// TestPace: a block in which somebody else had the processor does not count.
func TestPace(t *testing.T) {
	var own, other pace
	for i := range 10 {
		own.add(8, 3*time.Microsecond)
		other.add(8, 5*time.Microsecond)
		if i == 4 {
			own.add(8, 4*time.Millisecond)
			other.add(3, 9*time.Millisecond)
		}
	}
	assert.Equal(t, pace{n: 80, total: 30 * time.Microsecond}, own.usual())
	assert.Equal(t, 2250*time.Nanosecond, own.usual().alone(8))
	assert.Equal(t, 60*time.Microsecond, own.usual().plus(other.usual()).alone(160))
	assert.Equal(t, pace{}, pace{}.usual())
}

// TestAlwaysHelped, also where help costs more than it saves.
func TestAlwaysHelped(t *testing.T) {
	defer help.saved.Store(0)
	help.saved.Store(-1)
	assert.False(t, help.pays())
	end := AlwaysHelped()
	assert.True(t, help.pays())
	end()
	assert.False(t, help.pays())
}
