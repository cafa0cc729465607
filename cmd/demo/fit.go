package main

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"path/filepath"
	"time"

	"softloss/train"
	"softloss/train/dataset"
)

// config is what the trainer is told.
func (s *session) config() train.Config {
	batches := dataset.Batches{N: s.train.Len(), Size: min(s.batch, s.train.Len())}.Len()
	return train.Config{
		Hidden: s.hidden, Epochs: s.epochs, BatchSize: s.batch, LearnRate: s.learnRate, Seed: s.seed, Criterion: s.criterion,
		Schedule: train.Schedule{Curve: s.curve, Warmup: int(math.Round(min(s.warmup, 1e6) * float64(batches)))},
		L2:       s.l2, WeightDecay: s.decay, ClipNorm: s.clip, Mixup: s.mixup, Patience: s.patience, Checkpoint: s.checkpoint,
		Teacher: s.teacher, TeacherTemperature: s.options.temperature, TeacherWeight: s.teacherWeight,
	}
}

// openCheckpoint reads the run to go on with, and refuses to write over another one.
func (s *session) openCheckpoint() error {
	if s.checkpoint == "" {
		return nil
	}
	state, err := train.ReadCheckpoint(s.checkpoint)
	switch missing := errors.Is(err, fs.ErrNotExist); {
	case s.resume && missing:
		return usagef("-resume: no checkpoint in %s", s.checkpoint)
	case missing:
		return nil
	case !s.resume:
		return usagef("-checkpoint %s: there is a run already; add -resume to go on with it, or take another folder", s.checkpoint)
	case err != nil:
		return usagef("-checkpoint: %s", trimPackage(err))
	case state.Epoch > s.epochs:
		return usagef("-epochs %d: the run in %s has %d already", s.epochs, s.checkpoint, state.Epoch)
	}
	s.state = state
	return nil
}

// fit trains until it is done or ctx ends.
func (s *session) fit(ctx context.Context) error {
	cfg := s.config()
	var events *eventFile
	if s.tensorboard != "" {
		var err error
		if events, err = newEventFile(s.tensorboard, time.Now); err != nil {
			return err
		}
		defer events.file.Close()
	}
	watched := s.summary.Data.watched()
	p := newProgress(s.text, s.terminal, s.lossInfo.unit, watched)
	var failed error
	observe := func(now train.Progress) {
		p.observe(now)
		if now.Done == nil {
			return
		}
		if s.checkpoint == "" {
			s.lastState = now.State()
		}
		if events != nil && failed == nil {
			failed = events.addEpoch(*now.Done, watched)
		}
	}
	var model *train.Model
	var history train.History
	var err error
	if s.state != nil {
		model, history, err = train.Resume(ctx, cfg, s.state, s.train, s.watch(), observe)
	} else {
		model, history, err = train.Fit(ctx, cfg, s.train, s.watch(), observe)
	}
	p.end()
	switch {
	case err != nil && model != nil && errors.Is(err, ctx.Err()):
		s.summary.Interrupted = true
	case errors.Is(err, train.ErrState):
		return usagef("-resume: the run in %s is another one: %s", s.checkpoint, trimPackage(err))
	case errors.Is(err, train.ErrConfig):
		return usagef("%s", trimPackage(err))
	case err != nil:
		return err
	case failed != nil:
		return failed
	}
	for _, e := range history {
		s.summary.History = append(s.summary.History, summarise(e, watched))
	}
	s.model, s.summary.BestEpoch = model, history.Best()
	s.summary.StoppedEarly = err == nil && len(history) < s.epochs
	if s.summary.Interrupted {
		return s.keep(len(history))
	}
	return nil
}

// keep saves a run that was interrupted, if it is not saved yet, and notes how to go on with it.
func (s *session) keep(epochs int) error {
	dir := s.checkpoint
	if dir == "" && s.lastState != nil && !s.noPlots {
		dir = filepath.Join(s.out, checkpointFolder)
		if err := train.WriteCheckpoint(dir, s.lastState); err != nil {
			return err
		}
	}
	if dir == "" || epochs == 0 {
		return nil
	}
	s.summary.Checkpoint = dir
	s.summary.ResumeCommand = s.command("train", s.args, "checkpoint", "resume") + " -checkpoint " + shellWord(dir) + " -resume"
	return nil
}
