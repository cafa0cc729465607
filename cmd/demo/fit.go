package main

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"softloss/train"
)

// config is what the trainer is told.
func (s *session) config() train.Config {
	return train.Config{
		Hidden: s.hidden, Epochs: s.epochs, BatchSize: s.batch, LearnRate: s.learnRate, Seed: s.seed, Criterion: s.criterion,
		Schedule: train.Schedule{Curve: s.curve, Warmup: int(math.Round(min(s.warmup, 1e6) * float64(s.batches())))},
		L2:       s.l2, WeightDecay: s.decay, ClipNorm: s.clip, Mixup: s.mixup, Patience: s.patience, Checkpoint: s.checkpoint,
		Teacher: s.teacher, TeacherTemperature: s.options.temperature, TeacherWeight: s.teacherWeight,
	}
}

// openCheckpoint reads the run to go on with, and refuses to write over another one.
func (s *session) openCheckpoint() error {
	if s.checkpoint == "" {
		return nil
	}
	if info, err := os.Stat(s.checkpoint); err == nil && !info.IsDir() {
		return usagef("-checkpoint %s: is a file, want a folder, or a name for a new one", s.checkpoint)
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
		return usagef("-checkpoint: %s", strings.Replace(trimPackage(err), "see ReadPreviousCheckpoint",
			"rename checkpoint.prev.safetensors to checkpoint.safetensors to go on from it", 1))
	}
	switch err := state.SameRun(s.config(), s.train, s.watch()); {
	case errors.Is(err, train.ErrState):
		return s.otherRun(err)
	case err != nil:
		return err
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
	p, watched := s.newProgress(), s.summary.Data.watched()
	var failed error
	model, history, err := s.trainModel(ctx, cfg, func(now train.Progress) {
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
	})
	p.end()
	switch {
	case err != nil && model != nil && errors.Is(err, ctx.Err()):
		s.summary.Interrupted = true
	case errors.Is(err, train.ErrState):
		return s.otherRun(err)
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

// newProgress returns what shows how far the training is.
func (s *session) newProgress() *progress {
	p := newProgress(s.text, s.terminal, s.lossInfo.unit, s.summary.Data.watched())
	p.patient = s.patience > 0
	if s.teacher != nil {
		p.trained += " with teacher"
	}
	return p
}

// trainModel trains a new model, or goes on with a run.
func (s *session) trainModel(ctx context.Context, cfg train.Config, observe train.Observer) (*train.Model, train.History, error) {
	if s.state != nil {
		return train.Resume(ctx, cfg, s.state, s.train, s.watch(), observe)
	}
	return train.Fit(ctx, cfg, s.train, s.watch(), observe)
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
