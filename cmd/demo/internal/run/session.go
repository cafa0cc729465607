package run

import (
	"io"
	"math"

	"softloss/cmd/demo/internal/cli"
	"softloss/cmd/demo/internal/record"
	"softloss/train"
	"softloss/train/dataset"
)

// config is what the trainer is told.
func (s *session) config() train.Config {
	return train.Config{
		Hidden: s.hidden, Epochs: s.Epochs, BatchSize: s.batch, LearnRate: s.LearnRate, Seed: s.seed, Criterion: s.criterion,
		Schedule: train.Schedule{Curve: s.curve, Warmup: int(math.Round(min(s.warmup, 1e6) * float64(s.batches())))},
		L2:       s.l2, WeightDecay: s.decay, ClipNorm: s.clip, Mixup: s.mixup, Patience: s.patience, Checkpoint: s.checkpoint,
		Teacher: s.teacher, TeacherTemperature: s.Options.temperature, TeacherWeight: s.teacherWeight,
	}
}

// setEpochs puts in the epochs of a file, when they are not given: about defaultSteps, and not below defaultEpochs.
func (s *session) setEpochs() {
	if s.Epochs == 0 {
		s.Epochs = max(defaultEpochs, (defaultSteps+s.batches()-1)/s.batches())
	}
	s.summary.Config.Epochs = s.Epochs
}

// batches is the number of steps of an epoch.
func (s *session) batches() int {
	return dataset.Batches{N: s.train.Len(), Size: min(s.batch, s.train.Len())}.Len()
}

// session is one run, from the data to the last file.
type session struct {
	Options
	cli.Console
	args     []string
	summary  *record.Run
	text     io.Writer // for people
	terminal io.Writer // for the progress bar; nil draws none

	train, valid, test *dataset.Dataset // valid is nil without validation rows
	scaler             *dataset.Scaler
	rawTest            []float32    // features of the test rows before they were scaled
	teacher            *train.Model // on features as they are scaled here; nil without one
	state              *train.State // of the run to go on with, nil for a new one
	lastState          *train.State // of the last whole epoch, kept when there is no checkpoint
	model              *train.Model // as it was trained
	fitted             float64      // temperature of -calibrate; 0 without one
}

// watch returns the rows that are looked at after each epoch.
func (s *session) watch() *dataset.Dataset {
	if s.valid != nil {
		return s.valid
	}
	return s.test
}
