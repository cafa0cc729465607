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

	train, test *dataset.Dataset
	scaler      *dataset.Scaler
	rawTest     []float32    // features of the test rows before they were scaled
	state       *train.State // of the run to go on with, nil for a new one
	lastState   *train.State // of the last whole epoch, kept when there is no checkpoint
	model       *train.Model
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
	if err == nil && !s.summary.GraphAgrees {
		err = fmt.Errorf("the loss on tensors, %v, and in a graph, %v, disagree", s.summary.TestLoss, s.summary.GraphTestLoss)
	}
	return err
}

// load reads, splits, spoils and scales the data.
func (s *session) load() error {
	set, err := loadData(s.data, s.csv)
	if err != nil {
		return err
	}
	if s.train, s.test, err = set.Split(s.testFraction, s.seed); err != nil {
		return usagef("-test %g of %s: %s", s.testFraction, count(set.Len(), "row"), trimPackage(err))
	}
	d := &s.summary.Data
	if s.noise > 0 {
		if s.train, d.FlippedLabels, err = dataset.FlipLabels(s.train, s.noise, s.seed); err != nil {
			return err
		}
	}
	s.rawTest = s.test.Features.Float32s()
	if s.scaler, err = scaleSets(s.train, s.test); err != nil {
		return usagef("-data %s: %s", s.data, trimPackage(err))
	}
	d.Name, d.TrainRows, d.TestRows = s.data, s.train.Len(), s.test.Len()
	d.Features, d.Classes = set.NumFeatures(), set.NumClasses()
	d.Weighted, d.SoftLabels = set.Counts != nil, isSoft(set)
	return nil
}

// evaluate fills in the numbers of the closing table.
func (s *session) evaluate() error {
	trained, err := s.model.Evaluate(s.train, s.criterion)
	if err != nil {
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
	if u.Test, err = describeTest(s.model, s.test, s.rawTest, s.data == "digits"); err != nil {
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
