package train

import (
	"context"
	"errors"
	"fmt"

	"softloss/losses"
	"softloss/train/dataset"
)

// fitting is a run of Fit.
type fitting struct {
	*objective
	cfg     Config // with defaults
	train   *dataset.Dataset
	valid   *dataset.Dataset // may be nil
	observe Observer         // may be nil
	model   *Model
	adam    *adam
	batches dataset.Batches

	id      State // the fields that say whose state it is
	best    best
	history History
	unsaved *State      // of the last epoch that ended, when it is not in the checkpoint
	now     epochResult // of the epoch that goes on
}

// best is the epoch with the best validation loss; the zero value is none.
type best struct {
	epoch  int
	loss   float64
	layers []Layer // nil without Patience
}

// epochResult sums over the batches of an epoch.
type epochResult struct {
	loss      float64 // of the rows
	hit, all  float64 // weights of the rows that were right, and of all
	learnRate float64
}

// newFitting checks the arguments of Fit and returns a run before its first epoch.
func newFitting(ctx context.Context, cfg Config, trainSet, validSet *dataset.Dataset,
	observe Observer) (*fitting, error) {
	if ctx == nil {
		return nil, fail(ErrConfig, "ctx: got nil, want a context")
	}
	if err := checkFit(cfg, trainSet, validSet); err != nil {
		return nil, err
	}
	cfg = cfg.WithDefaults()
	cfg.BatchSize = min(cfg.BatchSize, trainSet.Len())
	sizes, err := cfg.sizes(cfg.BatchSize, trainSet.NumFeatures(), trainSet.NumClasses())
	if err != nil {
		return nil, err
	}
	f := &fitting{cfg: cfg, train: trainSet, valid: validSet, observe: observe,
		model: newModel(sizes, cfg.Seed)}
	if f.model, err = f.model.WithCriterion(cfg.Criterion); err != nil {
		return nil, err
	}
	if !f.leads() {
		f.cfg.Checkpoint, f.observe = "", nil
	}
	if f.objective, err = newObjective(f.model, cfg, trainSet); err != nil {
		return nil, err
	}
	f.adam = newAdam(f.model, cfg)
	f.batches = dataset.Batches{N: trainSet.Len(), Size: cfg.BatchSize, Seed: cfg.Seed}
	if f.id, err = identity(f.cfg, f.train, f.valid); err != nil {
		f.close()
		return nil, err
	}
	return f, nil
}

// leads reports whether this process is the one that writes checkpoints and has an observer.
func (f *fitting) leads() bool { return f.cfg.Group == nil || f.cfg.Group.Rank() == 0 }

// run trains from where the run is to its end, and returns what Fit does.
func (f *fitting) run(ctx context.Context) (*Model, History, error) {
	for epoch := len(f.history) + 1; epoch <= f.cfg.Epochs && !f.impatient(); epoch++ {
		if err := f.epoch(ctx, epoch); err != nil {
			return f.stop(ctx, err)
		}
	}
	if err := f.save(); err != nil {
		return f.model, f.history, err
	}
	if f.best.layers != nil {
		f.model.set(f.best.layers)
	}
	return f.model, f.history, nil
}

// stop ends a run early: what Fit returns then.
func (f *fitting) stop(ctx context.Context, err error) (*Model, History, error) {
	var other *RankError
	stop, unwritten := ctx.Err(), errors.As(err, new(*writeError))
	ended := stop != nil && errors.Is(err, stop) || errors.As(err, &other) && other.Stopped
	if !unwritten { // another try would fail like the first
		if failed := f.save(); failed != nil {
			err = fmt.Errorf("%w; and then %w", err, failed)
		}
	}
	if ended || unwritten {
		return f.model, f.history, err
	}
	return nil, f.history, err
}

// impatient reports whether Patience has come to its end.
func (f *fitting) impatient() bool {
	return f.cfg.Patience > 0 && len(f.history)-f.best.epoch >= f.cfg.Patience
}

// epoch trains one epoch, counted from 1. It returns ctx.Err() itself when ctx has ended.
func (f *fitting) epoch(ctx context.Context, number int) error {
	batches, err := f.batches.Epoch(number - 1)
	if err != nil {
		return wrap(err, "")
	}
	at := Progress{Epoch: number, Epochs: f.cfg.Epochs, Batches: f.batches.Len()}
	f.now = epochResult{}
	for rows := range batches {
		at.Batch++
		if at.Loss, err = f.batch(ctx, at, rows); err != nil {
			return err
		}
		if at.Batch == at.Batches {
			if err := agree(f.cfg.Group, f.finish(&at)); err != nil {
				return err
			}
		}
		if f.observe != nil {
			f.observe(at)
		}
	}
	return nil
}

// batch makes one step and returns the mean loss of the rows before it. It returns ctx.Err() itself
// when ctx has ended.
func (f *fitting) batch(ctx context.Context, at Progress, rows []int) (float64, error) {
	r, err := f.compute(ctx, at, rows)
	if err != nil {
		return 0, err
	}
	if f.cfg.Criterion.Reduction == losses.Sum {
		r.loss /= float64(len(rows) * questions(f.cfg.Criterion.Link, f.train.NumClasses()))
	}
	rate := f.cfg.LearnRate * f.cfg.Schedule.Factor(f.adam.steps+1, f.cfg.Epochs*at.Batches)
	if r.loss-r.loss != 0 {
		return 0, &DivergedError{Epoch: at.Epoch, Batch: at.Batch, LearnRate: rate, Loss: r.loss}
	}
	f.now.hit, f.now.all = f.now.hit+r.hit, f.now.all+r.all
	f.now.loss += r.loss * float64(len(rows))
	f.now.learnRate = rate
	f.adam.step(r.grads, rate)
	return r.loss, nil
}

// finish ends an epoch: it checks the weights, evaluates the validation set, adds to the
// history, writes the checkpoint when it is time, and tells at of it.
func (f *fitting) finish(at *Progress) error {
	if !f.model.finite() {
		return &DivergedError{Epoch: at.Epoch, Batch: at.Batch, LearnRate: f.now.learnRate, Loss: at.Loss}
	}
	e := Epoch{
		Epoch:     at.Epoch,
		Loss:      f.now.loss / float64(f.train.Len()),
		Accuracy:  f.now.hit / f.now.all,
		LearnRate: f.now.learnRate,
	}
	if f.valid != nil {
		m, err := f.model.evaluate(f.valid, f.cfg.Criterion)
		if err != nil {
			return wrap(err, "epoch %d: validation set", at.Epoch)
		}
		e.Valid, e.Best = &m, f.better(at.Epoch, m.Loss)
	}
	f.history = append(f.history, e)
	if f.cfg.Checkpoint != "" {
		f.unsaved = f.state()
		if at.Epoch%f.cfg.CheckpointEvery == 0 {
			if err := f.save(); err != nil {
				return err
			}
		}
	}
	done := e.clone()
	at.Done, at.State = &done, f.state
	return nil
}

// better reports whether a validation loss is the best so far, and remembers it and the weights if
// so. A NaN never is.
func (f *fitting) better(epoch int, loss float64) bool {
	if !(f.best.epoch == 0 && loss == loss || loss < f.best.loss-f.cfg.MinDelta) {
		return false
	}
	f.best.epoch, f.best.loss = epoch, loss
	if f.cfg.Patience > 0 {
		f.best.layers = f.model.Layers()
	}
	return true
}

// writeError is a checkpoint that could not be written.
type writeError struct{ err error }

func (e *writeError) Error() string { return e.err.Error() }
func (e *writeError) Unwrap() error { return e.err }

// save writes the state of the last epoch that ended unless the checkpoint has it.
func (f *fitting) save() error {
	if f.unsaved == nil {
		return nil
	}
	if err := WriteCheckpoint(f.cfg.Checkpoint, f.unsaved); err != nil {
		return &writeError{err}
	}
	f.unsaved = nil
	return nil
}
