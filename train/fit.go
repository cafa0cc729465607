package train

import (
	"context"

	"softloss/train/dataset"
)

// Fit trains a new model.
//
// Shapes: trainSet has features [N, D] and labels [N, K]; validSet, which may be nil, has D
// features and K classes too, of the same names in the same order where both sets have names.
// Neither is modified. The package documentation describes network and training.
//
// With Patience the run ends after that number of epochs without a better validation loss. Then,
// and after the last epoch, the model has the weights of the best epoch: see [History.Best].
//
// When ctx ends, Fit stops before the next mini-batch and returns the model and the history learned
// so far, the weights as they are, with ctx.Err(). After any other error the model is nil, and the
// history has the complete epochs.
//
// With Checkpoint the run is written to that folder (see [WriteCheckpoint]) after every
// CheckpointEvery-th epoch and when it ends, whether by itself, by ctx or by an error: always the
// state at the end of the last complete epoch. Nothing is written before the first has ended. A
// checkpoint that is there already is replaced. When one cannot be written, Fit stops and returns
// what was learned with the error.
//
// Errors: those of [Config.Validate]; [ErrEmpty] for a set without rows; [ErrMismatch] when sets
// and teacher differ in features or classes, or the sets in their names; those of
// [dataset.Dataset.Validate], such as a NaN in the features; those of the criterion on these
// labels, a loss that panics included; [*DivergedError] when the loss or a weight is no longer
// finite; those of WriteCheckpoint; with a Group, those of the Group and [*RankError].
func Fit(ctx context.Context, cfg Config, trainSet, validSet *dataset.Dataset, observe Observer) (*Model,
	History, error) {
	return fit(ctx, cfg, func(*fitting) error { return nil }, trainSet, validSet, observe)
}

// Resume goes on with a run from a [State] of it, as [ReadCheckpoint] returns it, and ends with the
// same weights and history, bit for bit, as [Fit] with this Config. The epochs of the state are not
// trained again; an epoch that was not complete is trained from its start.
//
// trainSet, validSet and cfg are those of the run, Criterion and Teacher included; Checkpoint,
// CheckpointEvery and Epochs may differ. A run with more Epochs than before is the longer run where
// the learn rate does not depend on them: see [Schedule].Steps. A state of all epochs gives its
// model at once. The state is not modified. With a Group it is that of rank 0, and the others need
// none.
//
// Errors: [ErrState] for a state that is nil or damaged, as [*OtherRunError] for one of another
// run, data, criterion or teacher: see [State.SameRun]; those of Fit.
func Resume(ctx context.Context, cfg Config, state *State, trainSet, validSet *dataset.Dataset,
	observe Observer) (*Model, History, error) {
	return fit(ctx, cfg, func(f *fitting) error { return f.restore(state) }, trainSet, validSet, observe)
}

// fit makes a run that begins as start says, with the state of rank 0 on every rank.
func fit(ctx context.Context, cfg Config, start func(*fitting) error, trainSet, validSet *dataset.Dataset,
	observe Observer) (*Model, History, error) {
	f, err := newFitting(ctx, cfg, trainSet, validSet, observe)
	if err == nil {
		defer f.close()
		if f.leads() {
			err = start(f)
		}
	}
	if err = agree(cfg.Group, err); err == nil {
		err = f.share()
	}
	if err != nil {
		return nil, nil, err
	}
	return f.run(ctx)
}
