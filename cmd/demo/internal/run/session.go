package run

import (
	"io"

	"gorgonia.org/tensor"

	"softloss/cmd/demo/internal/cli"
	"softloss/cmd/demo/internal/input"
	"softloss/cmd/demo/internal/record"
	"softloss/train"
	"softloss/train/dataset"
)

// session is one run, from the data to the last file.
type session struct {
	Options
	console  cli.Console
	args     []string
	summary  *record.Run
	text     io.Writer // for people
	terminal io.Writer // for the progress bar; nil draws none

	train, valid, test *dataset.Dataset // valid is nil without validation rows
	prepared           input.Prepared
	rawTest            *tensor.Dense // features of the test rows before they were prepared
	counting           string        // a column that numbers the rows; "" where there is none
	teacher            *train.Model  // on features as they are scaled here; nil without one
	state              *train.State  // of the run to go on with, nil for a new one
	lastState          *train.State  // of the last whole epoch, kept when there is no checkpoint
	model              *train.Model  // as it was trained
	fitted             float64       // temperature of -calibrate; 0 without one
	thresholds         []float64     // of -thresholds; nil without them
}

// newSession returns a run that has not begun.
func newSession(o Options, args []string, c cli.Console) *session {
	s := &session{Options: o, console: c, args: args, summary: record.New(o.Config)}
	s.summary.Made = record.MadeNow(c.Command("train", args))
	s.text, s.terminal = o.Streams(c)
	return s
}

// watch returns the rows that are looked at after each epoch.
func (s *session) watch() *dataset.Dataset {
	if s.valid != nil {
		return s.valid
	}
	return s.test
}

// batches returns the number of steps of an epoch.
func (s *session) batches() int {
	return dataset.Batches{N: s.train.Len(), Size: min(s.Batch, s.train.Len())}.Len()
}

// trainConfig returns the trainer's configuration.
func (s *session) trainConfig() train.Config {
	c := s.config(s.batches())
	c.Teacher = s.teacher
	return c
}

// predicted are the rows of a set with what a model says of them, none of a set that is nil.
func predicted(m *train.Model, set *dataset.Dataset) (record.Rows, error) {
	if set == nil {
		return record.Rows{}, nil
	}
	probs, err := m.Predict(set.Features)
	return record.Rows{Probs: probs, Labels: set.Labels, Weights: set.Counts}, err
}
