package train

import (
	"context"

	"softloss/train/dataset"
)

// Epoch is what one pass over the training set came to.
type Epoch struct {
	Epoch int // counted from 1

	// Loss is the mean training loss over the epoch's rows, each as it was met, before the step of its own batch: with
	// the losses of the batches b,
	//
	//	Mean, WeightedMean   Σ_b rows_b loss_b / N
	//	Sum                  Σ_b loss_b / N
	//
	// so that it is of one size for all reductions and, but for WeightedMean, which divides the loss of a batch by the weights of
	// its own rows, does not depend on where batches are cut.
	Loss float64

	// Accuracy is the share of these rows, met in the same way, whose largest logit was at their largest label, ties to
	// the lowest class; rows with Counts are weighed by them. With mixup both are those of the mixed rows.
	Accuracy float64

	LearnRate float64  // of the last step
	Valid     *Metrics // of the validation set after the epoch; nil without one
	Best      bool     // whether Valid.Loss is lower, by more than Config.MinDelta, than that of every best epoch before
}

// History is the epochs of a run that have ended, the first one first.
type History []Epoch

// Best returns the number of the epoch with the best validation loss, the last one that is marked so; 0 without one. Epochs are
// counted from 1, so that it is h[h.Best()-1]; [History.BestEpoch] returns the epoch itself.
func (h History) Best() int {
	e, _ := h.BestEpoch()
	return e.Epoch
}

// BestEpoch returns the epoch of [History.Best], and whether there is one.
func (h History) BestEpoch() (best Epoch, ok bool) {
	for i := len(h) - 1; i >= 0; i-- {
		if h[i].Best {
			return h[i], true
		}
	}
	return Epoch{}, false
}

// clone returns a copy that shares nothing.
func (h History) clone() History {
	if h == nil {
		return nil
	}
	out := make(History, len(h))
	for i, e := range h {
		out[i] = e.clone()
	}
	return out
}

// clone returns a copy that shares nothing.
func (e Epoch) clone() Epoch {
	if e.Valid != nil {
		m := *e.Valid
		e.Valid = &m
	}
	return e
}

// Progress is what an [Observer] is told after every mini-batch.
type Progress struct {
	Epoch, Epochs  int     // counted from 1, and how many there will be
	Batch, Batches int     // counted from 1 in the epoch, and how many it has
	Loss           float64 // of this mini-batch, a mean over its rows for any Reduction
	Done           *Epoch  // set with the last batch of an epoch, after validation; a copy, the observer's to keep

	// State is set with Done: it returns a copy of all that [Resume] needs to go on from here. Call it before the observer returns.
	State func() *State
}

// Observer follows a run. [Fit] calls it on its own goroutine and waits for it.
type Observer func(Progress)

// Fit trains a new model.
//
// Shapes: trainSet has features [N, D] and labels [N, K]; validSet, which may be nil, has D features and K classes too. Neither
// is modified. The package documentation describes network and training.
//
// With Patience the run ends after so many epochs without a better validation loss, and at the end, this or that of the last
// epoch, the model has the weights of the best epoch: see [History.Best].
//
// When ctx ends, Fit stops before the next mini-batch and returns the model and the history learned so far, the weights as
// they are, with ctx.Err(). After any other error the model is nil; the history has the epochs that were complete.
//
// With Checkpoint the run is written to that folder (see [WriteCheckpoint]) after every CheckpointEvery-th epoch and when it
// ends, be it by ctx or an error: always the state at the end of the last complete epoch. Nothing is written before the first has ended.
// A checkpoint that is there already is replaced. When one cannot be written, Fit stops and returns what was learned with the error.
//
// Errors: those of [Config.Validate]; [ErrEmpty] for a set without rows; [ErrMismatch] when sets and teacher
// differ in features or classes; those of [dataset.Dataset.Validate], such as a NaN in the features; those of the criterion on
// these labels, a loss that panics included; [*DivergedError] when the loss or a weight is no longer finite; those of WriteCheckpoint.
func Fit(ctx context.Context, cfg Config, trainSet, validSet *dataset.Dataset, observe Observer) (*Model, History, error) {
	f, err := newFitting(ctx, cfg, trainSet, validSet, observe)
	if err != nil {
		return nil, nil, err
	}
	defer f.net.vm.Close()
	return f.run(ctx)
}

// Resume goes on with a run from a [State] of it, as [ReadCheckpoint] returns it, and ends with the very bits, of weights and history, of
// [Fit] with this Config. The epochs of the state are not trained again; an epoch that was not complete begins anew.
//
// trainSet, validSet and cfg are those of the run, Criterion and Teacher included; Checkpoint, CheckpointEvery and Epochs may
// differ. A run with more Epochs than before is the longer run where the learn rate does not depend on them: see [Schedule].Steps. A
// state of all epochs gives its model at once. The state is not modified.
//
// Errors: [ErrState] for a state that is nil or damaged, as [*OtherRunError] for one of another run, data, criterion or teacher: see
// [State.SameRun]; those of Fit.
func Resume(ctx context.Context, cfg Config, state *State, trainSet, validSet *dataset.Dataset, observe Observer) (*Model, History, error) {
	f, err := newFitting(ctx, cfg, trainSet, validSet, observe)
	if err != nil {
		return nil, nil, err
	}
	defer f.net.vm.Close()
	if err := f.restore(state); err != nil {
		return nil, nil, err
	}
	return f.run(ctx)
}
