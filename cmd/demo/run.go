package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"time"

	"softloss/train"
	"softloss/train/dataset"
)

// session is one run, from the data to the last file.
type session struct {
	options
	console
	args     []string
	summary  *summary
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

// agreement is how far the loss on tensors and the loss in a graph may be apart, relative to a loss above 1:
// both are float32, of sums taken in another order.
const agreement = 1e-5

// run does it all. A cancelled context ends the training, not the report.
func (s *session) run(ctx context.Context) error {
	start := time.Now()
	if err := s.load(); err != nil {
		return err
	}
	s.setEpochs()
	if err := checkOutputs(s.out, !s.noPlots, s.jsonFile); err != nil {
		return err
	}
	if err := s.config().Validate(); err != nil {
		return usagef("%s", trimPackage(err))
	}
	if err := s.openCheckpoint(); err != nil {
		return err
	}
	printHead(s.text, s.summary, s.lossInfo)
	s.printNotes()
	if s.state != nil {
		fmt.Fprintf(s.text, "resumed  after %s, from %s\n", count(s.state.Epoch, "epoch"), s.checkpoint)
	}
	if err := s.fit(ctx); err != nil {
		return err
	}
	if err := s.evaluate(); err != nil {
		return err
	}
	if err := s.saveModel(); err != nil {
		return err
	}
	s.summary.Seconds = float(time.Since(start).Seconds())
	err := s.writeOutputs()
	printReport(s.text, s.summary, s.lossInfo)
	if s.summary.Interrupted && s.summary.Checkpoint == "" && s.noPlots {
		fmt.Fprintln(s.text, "nothing was saved: -noplots without -checkpoint")
	}
	if err == nil && !s.summary.GraphAgrees {
		err = fmt.Errorf("the loss on tensors, %v, and in a graph, %v, disagree", s.summary.TestLoss, s.summary.GraphTestLoss)
	}
	return err
}

// load reads, splits, spoils and scales the data, and reads the teacher.
func (s *session) load() error {
	set, err := source{"data", "labels", s.data, s.labels, s.csv}.load()
	if err != nil {
		return err
	}
	if err := s.splitTest(set); err != nil {
		return err
	}
	d := &s.summary.Data
	if s.noise > 0 {
		if s.train, d.FlippedLabels, err = dataset.FlipLabels(s.train, s.noise, s.seed); err != nil {
			return err
		}
	}
	all := []*dataset.Dataset{s.test}
	if n := s.train.Len(); s.validation > 0 {
		if s.train, s.valid, err = s.train.Split(s.validation, s.seed); err != nil {
			return usagef("-validation %g of %s: leaves no row on one side, want at least 1 on both", s.validation, count(n, "training row"))
		}
		d.ValidationRows = s.valid.Len()
		all = append(all, s.valid)
	}
	s.rawTest = s.test.Features.Float32s()
	if s.scaler, err = scaleSets(s.train, all...); err != nil {
		return usagef("-data %s: %s", s.data, trimPackage(err))
	}
	d.Label = set.LabelName
	d.Name, d.TestName, d.TrainRows, d.TestRows = s.data, s.testData, s.train.Len(), s.test.Len()
	d.Features, d.Classes = set.NumFeatures(), set.NumClasses()
	d.Weighted, d.SoftLabels = set.Counts != nil, isSoft(set)
	return s.loadTeacher()
}

// splitTest parts the test rows from the others, or reads them.
func (s *session) splitTest(set *dataset.Dataset) (err error) {
	if s.testData == "" {
		if s.train, s.test, err = set.Split(s.testFraction, s.seed); err != nil {
			return usagef("-test %g of %s: %s", s.testFraction, count(set.Len(), "row"), trimPackage(err))
		}
		return nil
	}
	s.train = set
	if s.test, err = (source{"testdata", "testlabels", s.testData, s.testLabels, s.csv}).load(); err != nil {
		return err
	}
	if err := s.test.SameFeatures(set); err != nil {
		return usagef("-testdata %s: %s as in -data", s.testData, trimPackage(err))
	}
	if s.test, err = s.test.WithClasses(set.ClassNames); err != nil {
		return usagef("-testdata %s: %s as in -data", s.testData, trimPackage(err))
	}
	return nil
}

// watch returns the rows that are looked at after each epoch.
func (s *session) watch() *dataset.Dataset {
	if s.valid != nil {
		return s.valid
	}
	return s.test
}

// evaluate fills in the numbers of the closing table.
func (s *session) evaluate() error {
	trained, err := s.model.Evaluate(s.train, s.criterion)
	if err != nil {
		return err
	}
	if err := s.evaluateValidation(); err != nil {
		return err
	}
	tested, err := s.model.Evaluate(s.test, s.criterion)
	if err != nil {
		return err
	}
	graph, err := s.model.EvaluateGraph(s.test, s.criterion)
	if err != nil {
		return err
	}
	u := s.summary
	u.TrainLoss, u.TrainAccuracy, u.TrainECE = float(trained.Loss), float(trained.Accuracy), float(trained.ECE)
	u.TestLoss, u.TestAccuracy, u.ECE = float(tested.Loss), float(tested.Accuracy), float(tested.ECE)
	difference := math.Abs(graph - tested.Loss)
	u.GraphTestLoss, u.GraphDifference = float(graph), float(difference)
	u.GraphAgrees = difference <= agreement*max(1, math.Abs(tested.Loss))
	if err := s.evaluateTeacher(); err != nil {
		return err
	}
	final, err := s.calibrateModel()
	if err != nil {
		return err
	}
	if u.Test, err = describeTest(s.model, final, s.test, s.rawTest); err != nil {
		return err
	}
	if s.lossInfo.lowest {
		if u.TrainLowestLoss, err = lowestLoss(s.criterion, s.train); err != nil {
			return err
		}
		if u.TestLowestLoss, err = lowestLoss(s.criterion, s.test); err != nil {
			return err
		}
	}
	return nil
}

// evaluateValidation fills in the numbers of the validation rows.
func (s *session) evaluateValidation() error {
	if s.valid == nil {
		return nil
	}
	m, err := s.model.Evaluate(s.valid, s.criterion)
	if err != nil {
		return err
	}
	u := s.summary
	u.ValidationLoss, u.ValidationAccuracy, u.ValidationECE = float(m.Loss), float(m.Accuracy), float(m.ECE)
	if s.lossInfo.lowest {
		u.ValidationLowestLoss, err = lowestLoss(s.criterion, s.valid)
	}
	return err
}
