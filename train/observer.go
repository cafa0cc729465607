package train

// Progress is what an [Observer] is told after every mini-batch.
type Progress struct {
	Epoch, Epochs  int     // counted from 1, and how many there will be
	Batch, Batches int     // counted from 1 in the epoch, and how many it has
	Loss           float64 // of this mini-batch, a mean over its rows for any Reduction
	Done           *Epoch  // set with the last batch of an epoch, after validation; a copy, the observer's to keep

	// State is set with Done: it returns a copy of all that [Resume] needs to go on from here. Call
	// it before the observer returns.
	State func() *State
}

// Observer follows a run. [Fit] calls it on its own goroutine and waits for it.
type Observer func(Progress)
