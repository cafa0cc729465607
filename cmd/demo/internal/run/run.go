// Package run makes a training run, from the data to the last file.
package run

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"softloss/cmd/demo/internal/cli"
	"softloss/cmd/demo/internal/record"
	"softloss/cmd/demo/internal/show"
	"softloss/internal/phrase"
)

// run makes the whole run. The end of ctx stops the training, not the report.
func (s *session) run(ctx context.Context) error {
	start := time.Now()
	if err := s.load(); err != nil {
		return err
	}
	if err := s.trainConfig().Validate(); err != nil {
		return s.wrongConfig(err)
	}
	if s.leads() {
		if err := s.openCheckpoint(); err != nil {
			return err
		}
		if err := s.prepare(); err != nil {
			return err
		}
		if s.tensorboard != "" {
			if err := cli.MakeFolder("tensorboard", s.tensorboard); err != nil {
				return err
			}
		}
	}
	ctx, stop := s.console.Interruptible(ctx)
	defer stop()
	show.Head(s.text, s.summary)
	s.printNotes()
	if s.state != nil {
		fmt.Fprintf(s.text, "resumed  after %s, from %s\n", phrase.Plural(s.state.Epoch, "epoch"), s.checkpoint)
	}
	if err := s.fit(ctx); err != nil {
		return err
	}
	if !s.leads() {
		return s.interrupted()
	}
	if err := s.evaluate(); err != nil {
		return err
	}
	if err := s.saveModel(); err != nil {
		return err
	}
	s.summary.Seconds = record.Float(time.Since(start).Seconds())
	err := s.writeOutputs()
	show.Report(s.text, s.summary)
	if err == nil && !s.summary.GraphAgrees {
		err = fmt.Errorf("the loss on tensors, %v, and in a graph, %v, disagree", s.summary.TestLoss, s.summary.GraphTestLoss)
	}
	if err == nil {
		err = s.interrupted()
	}
	return err
}

// prepare makes the folder of the outputs, which are none of the files that the run reads.
func (s *session) prepare() error {
	if model := filepath.Join(s.Out, record.ModelFile); cli.SameFile(s.Teacher, model) {
		return cli.Usagef("-teacher %s: the run would write its model over it; give -out another folder", s.Teacher)
	}
	return s.Prepare(s.reads(), record.RunFiles(s.Out)...)
}

// reads are the files that the run reads.
func (o *Options) reads() []string {
	return slices.Concat(o.data.Files(), o.test.Files(), []string{o.Teacher})
}

// interrupted is the end of a run that a signal stopped; nil when it came to its own.
func (s *session) interrupted() error {
	if s.summary.Interrupted {
		return cli.ErrInterrupted
	}
	return nil
}
