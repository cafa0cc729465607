package run

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"softloss/cmd/demo/internal/cli"
	"softloss/cmd/demo/internal/record"
	"softloss/cmd/demo/internal/show"
	"softloss/cmd/demo/internal/tfevents"
	"softloss/train"
)

// fit trains until it is done or ctx ends.
func (s *session) fit(ctx context.Context) error {
	cfg := s.trainConfig()
	var events *tfevents.File
	if s.tensorboard != "" && s.leads() {
		var err error
		if events, err = tfevents.New(s.tensorboard, time.Now); err != nil {
			return err
		}
		defer events.Close()
	}
	p, watched := show.NewProgress(s.text, s.terminal, s.summary), s.summary.Data.Watched()
	var failed error
	model, history, err := s.trainModel(ctx, cfg, func(now train.Progress) {
		p.Observe(now)
		if now.Done == nil {
			return
		}
		if s.checkpoint == "" {
			s.lastState = now.State()
		}
		if events != nil && failed == nil {
			failed = addEpoch(events, *now.Done, watched)
		}
	})
	p.End()
	switch {
	case err != nil && model != nil && (errors.Is(err, ctx.Err()) || errors.As(err, new(*train.RankError))):
		s.summary.Interrupted = true
	case errors.Is(err, train.ErrState) && s.state != nil:
		return s.otherRun(err)
	case errors.Is(err, train.ErrConfig):
		return s.wrongConfig(err)
	case err != nil:
		return err
	case failed != nil:
		return failed
	}
	for _, e := range history {
		s.summary.History = append(s.summary.History, record.EpochOf(e, watched))
	}
	s.model, s.summary.BestEpoch = model, history.Best()
	s.summary.StoppedEarly = err == nil && len(history) < s.Epochs
	if s.summary.Interrupted {
		return s.keep(len(history))
	}
	return nil
}

// trainModel trains a new model, or goes on with a run.
func (s *session) trainModel(ctx context.Context, cfg train.Config, observe train.Observer) (
	*train.Model, train.History, error) {
	if s.state != nil {
		return train.Resume(ctx, cfg, s.state, s.train, s.watch(), observe)
	}
	return train.Fit(ctx, cfg, s.train, s.watch(), observe)
}

// keep saves a run that was interrupted, if it is not saved yet, and notes how to go on with it.
func (s *session) keep(epochs int) error {
	dir := s.checkpoint
	if dir == "" && s.lastState != nil {
		dir = filepath.Join(s.Out, record.CheckpointFolder)
		if err := train.WriteCheckpoint(dir, s.lastState); err != nil {
			return err
		}
	}
	if dir == "" || epochs == 0 {
		return nil
	}
	s.summary.Checkpoint = dir
	s.summary.ResumeCommand = s.console.Command("train", s.args, "checkpoint", "resume") + " -checkpoint " +
		cli.ShellWord(dir) + " -resume"
	return nil
}

// addEpoch writes the numbers of an epoch; watched are the rows of its validation.
func addEpoch(e *tfevents.File, epoch train.Epoch, watched string) error {
	scalars := []tfevents.Scalar{
		{Tag: "train/loss", Value: epoch.Loss}, {Tag: "train/accuracy", Value: epoch.Accuracy},
		{Tag: "learn rate", Value: epoch.LearnRate},
	}
	if v := epoch.Valid; v != nil {
		scalars = append(scalars,
			tfevents.Scalar{Tag: watched + "/loss", Value: v.Loss},
			tfevents.Scalar{Tag: watched + "/accuracy", Value: v.Accuracy})
	}
	return e.Add(epoch.Epoch, scalars...)
}
