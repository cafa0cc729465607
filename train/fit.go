package train

import (
	"context"
	"errors"
	"fmt"

	"softloss/losses"
	"softloss/train/dataset"
)

// Epoch is what one pass over the training set came to.
type Epoch struct {
	Epoch int // counted from 1

	// Loss is the mean training loss over the epoch's rows, each as it was met, before the step of its own batch: with
	// the losses of the batches b,
	//
	//	Mean   Σ_b rows_b loss_b / N
	//	Sum    Σ_b loss_b / N
	//
	// so that it does not depend on where batches are cut, and is of one size for both reductions.
	Loss float64

	Valid *Metrics // of the validation set after the epoch; nil without one
}

// History is the epochs of a run that have ended, the first one first.
type History []Epoch

// Progress is what an [Observer] is told after every mini-batch.
type Progress struct {
	Epoch, Epochs  int     // counted from 1, and how many there will be
	Batch, Batches int     // counted from 1 in the epoch, and how many it has
	Loss           float64 // of this mini-batch, a mean over its rows for any Reduction
	Done           *Epoch  // set with the last batch of an epoch, after validation; a copy, the observer's to keep
}

// Observer follows a run. [Fit] calls it on its own goroutine and waits for it.
type Observer func(Progress)

// Fit trains a new model.
//
// Shapes: trainSet has features [N, D] and labels [N, K]; validSet, which may be nil, has D features and K classes too. Neither
// is modified. The package documentation describes network and training.
//
// When ctx ends, Fit stops before the next mini-batch and returns the model and the history learned so far with ctx.Err().
// After any other error the model is nil; the history has the epochs that were complete.
//
// Errors: those of [Config.Validate]; [ErrEmpty] for a set without rows; [ErrMismatch] when the sets
// differ in features or classes; those of [dataset.Dataset.Validate], such as a NaN in the features; those of the criterion on
// these labels, a loss that panics included; [*DivergedError] when the loss or a weight is no longer finite.
func Fit(ctx context.Context, cfg Config, trainSet, validSet *dataset.Dataset, observe Observer) (*Model, History, error) {
	if ctx == nil {
		return nil, nil, fail(ErrConfig, "ctx: got nil, want a context")
	}
	if err := checkFit(cfg, trainSet, validSet); err != nil {
		return nil, nil, err
	}
	cfg = cfg.WithDefaults()
	cfg.BatchSize = min(cfg.BatchSize, trainSet.Len())
	sizes, err := cfg.sizes(cfg.BatchSize, trainSet.NumFeatures(), trainSet.NumClasses())
	if err != nil {
		return nil, nil, err
	}
	f := &fitting{cfg: cfg, train: trainSet, valid: validSet, observe: observe, model: newModel(sizes, cfg.Seed)}
	if f.net, err = newNetwork(f.model, cfg.Criterion, cfg.BatchSize, cfg.LearnRate); err != nil {
		return nil, nil, err
	}
	defer f.net.vm.Close()
	f.weights = rowWeights(trainSet.Counts)
	f.batches = dataset.Batches{N: trainSet.Len(), Size: cfg.BatchSize, Seed: cfg.Seed}
	for epoch := 1; epoch <= cfg.Epochs; epoch++ {
		if err := f.epoch(ctx, epoch); err != nil {
			if stop := ctx.Err(); stop != nil && errors.Is(err, stop) {
				return f.model, f.history, stop
			}
			return nil, f.history, err
		}
	}
	return f.model, f.history, nil
}

// checkFit checks the arguments of Fit.
func checkFit(cfg Config, trainSet, validSet *dataset.Dataset) error {
	if err := cfg.Validate(); err != nil {
		return err
	}
	if err := checkSet("training set", trainSet); err != nil {
		return err
	}
	if validSet == nil {
		return nil
	}
	if err := checkSet("validation set", validSet); err != nil {
		return err
	}
	return sameSizes("validation set", validSet, trainSet.NumFeatures(), trainSet.NumClasses(), "the training set")
}

// fitting is a run of Fit.
type fitting struct {
	cfg     Config // with defaults
	train   *dataset.Dataset
	valid   *dataset.Dataset // may be nil
	observe Observer         // may be nil
	model   *Model
	net     *network
	batches dataset.Batches
	weights []float32 // of the training rows; nil for 1 each
	history History
}

// epoch trains one epoch, counted from 1. It returns ctx.Err() itself when ctx has ended.
func (f *fitting) epoch(ctx context.Context, number int) error {
	batches, err := f.batches.Epoch(number - 1)
	if err != nil {
		return fmt.Errorf("train: %w", err)
	}
	now := Progress{Epoch: number, Epochs: f.cfg.Epochs, Batches: f.batches.Len()}
	var sum float64 // of the rows' losses
	for rows := range batches {
		if err := ctx.Err(); err != nil {
			return err
		}
		now.Batch++
		if now.Loss, err = f.batch(now, rows); err != nil {
			return err
		}
		sum += now.Loss * float64(len(rows))
		if now.Batch == now.Batches {
			if now.Done, err = f.finish(now, sum); err != nil {
				return err
			}
		}
		if f.observe != nil {
			f.observe(now)
		}
	}
	return nil
}

// batch makes one step and returns the mean loss of the rows before it.
func (f *fitting) batch(at Progress, rows []int) (float64, error) {
	if err := f.net.load(f.train, rows, f.weights); err != nil {
		return 0, fmt.Errorf("train: training set: %w", err)
	}
	loss, err := f.net.run()
	if err != nil {
		return 0, fmt.Errorf("train: epoch %d batch %d: %w", at.Epoch, at.Batch, err)
	}
	if f.cfg.Criterion.Reduction == losses.Sum {
		loss /= float64(len(rows))
	}
	if loss-loss != 0 {
		return 0, &DivergedError{Epoch: at.Epoch, Batch: at.Batch, LearnRate: f.cfg.LearnRate, Loss: loss}
	}
	if err := f.net.step(); err != nil {
		return 0, fmt.Errorf("train: epoch %d batch %d: solver: %w", at.Epoch, at.Batch, err)
	}
	return loss, nil
}

// finish ends an epoch: it checks the weights, evaluates the validation set, and
// adds to the history. It returns a copy of the new entry.
func (f *fitting) finish(at Progress, sum float64) (*Epoch, error) {
	if !f.model.finite() {
		return nil, &DivergedError{Epoch: at.Epoch, Batch: at.Batch, LearnRate: f.cfg.LearnRate, Loss: at.Loss}
	}
	e := Epoch{Epoch: at.Epoch, Loss: sum / float64(f.train.Len())}
	if f.valid != nil {
		m, err := f.model.evaluate(f.valid, f.cfg.Criterion)
		if err != nil {
			return nil, fmt.Errorf("train: epoch %d: validation set: %w", at.Epoch, err)
		}
		e.Valid = &m
	}
	f.history = append(f.history, e)
	if e.Valid != nil {
		m := *e.Valid
		e.Valid = &m
	}
	return &e, nil
}
