package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"time"

	"softloss/train"
	"softloss/train/dataset"
)

// session is one run, from the data to the last file.
type session struct {
	options
	summary  *summary
	text     io.Writer // for people
	terminal io.Writer // for the progress bar; nil draws none
	stdout   io.Writer // for -json -

	train, test *dataset.Dataset
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
	if err := checkOutputs(s.options); err != nil {
		return err
	}
	printHead(s.text, s.summary, s.lossEntry)
	if err := s.fit(ctx); err != nil {
		return err
	}
	if err := s.evaluate(); err != nil {
		return err
	}
	if err := s.draw(); err != nil {
		return err
	}
	s.summary.Seconds = float(time.Since(start).Seconds())
	err := s.writeJSON()
	printReport(s.text, s.summary, s.lossEntry)
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
	scaler, err := dataset.FitScaler(s.train.Features)
	if err != nil {
		return err
	}
	for _, part := range []*dataset.Dataset{s.train, s.test} {
		if part.Features, err = scaler.Transform(part.Features); err != nil {
			return usagef("-data %s: scaled as the training rows are: %s", s.data, trimPackage(err))
		}
	}
	d.Name, d.TrainRows, d.TestRows = s.data, s.train.Len(), s.test.Len()
	d.Features, d.Classes = set.NumFeatures(), set.NumClasses()
	d.Weighted, d.SoftLabels = set.Counts != nil, isSoft(set)
	return nil
}

// fit trains until it is done or ctx ends.
func (s *session) fit(ctx context.Context) error {
	cfg := train.Config{
		Hidden: s.hidden, Epochs: s.epochs, BatchSize: s.batch, LearnRate: s.learnRate,
		Seed: s.seed, Criterion: s.criterion,
	}
	p := newProgress(s.text, s.terminal, s.lossEntry.unit)
	model, history, err := train.Fit(ctx, cfg, s.train, s.test, p.observe)
	p.end()
	switch {
	case err != nil && model != nil && errors.Is(err, ctx.Err()):
		s.summary.Interrupted = true
	case errors.Is(err, train.ErrConfig):
		return usagef("%s", trimPackage(err))
	case err != nil:
		return err
	}
	for _, e := range history {
		s.summary.History = append(s.summary.History, summarise(e))
	}
	s.model = model
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
	if s.lossEntry.lowest {
		if u.TrainLowestLoss, err = lowestLoss(s.criterion, s.train); err != nil {
			return err
		}
		if u.TestLowestLoss, err = lowestLoss(s.criterion, s.test); err != nil {
			return err
		}
	}
	return nil
}

// draw writes the pictures.
func (s *session) draw() error {
	if s.noPlots {
		return nil
	}
	sheet, err := lossByAlpha()
	if err != nil {
		return err
	}
	if err := s.drawAs(lossByAlphaFile, sheet); err != nil || len(s.summary.History) == 0 {
		return err
	}
	return s.drawAs(trainingCurvesFile, trainingCurves(s.summary, s.lossEntry))
}

// drawAs writes one picture and notes its name.
func (s *session) drawAs(file string, f figure) error {
	path := filepath.Join(s.out, file)
	if err := f.write(path); err != nil {
		return err
	}
	s.summary.Files = append(s.summary.Files, path)
	return nil
}

// writeJSON writes the summary where -json says.
func (s *session) writeJSON() error {
	if s.jsonFile == "" {
		return nil
	}
	if s.jsonFile != "-" {
		s.summary.Files = append(s.summary.Files, s.jsonFile)
	}
	text, err := s.summary.json()
	if err != nil {
		return err
	}
	if s.jsonFile == "-" {
		_, err = s.stdout.Write(text)
		return err
	}
	return os.WriteFile(s.jsonFile, text, 0o666)
}

// checkOutputs finds out before the training whether there is a place for the files.
func checkOutputs(o options) error {
	if !o.noPlots {
		if err := os.MkdirAll(o.out, 0o777); err != nil {
			return usagef("-out %s: %s; want a folder, or a name for a new one", o.out, cause(err))
		}
	}
	if o.jsonFile == "" || o.jsonFile == "-" {
		return nil
	}
	if info, err := os.Stat(o.jsonFile); err == nil && info.IsDir() {
		return usagef("-json %s: is a folder, want a file", o.jsonFile)
	}
	if info, err := os.Stat(filepath.Dir(o.jsonFile)); err != nil {
		return usagef("-json %s: %s; want a file in a folder that exists", o.jsonFile, cause(err))
	} else if !info.IsDir() {
		return usagef("-json %s: its parent is no folder", o.jsonFile)
	}
	return nil
}
