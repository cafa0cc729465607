package run

import (
	"math"

	"softloss/cmd/demo/internal/record"
	"softloss/train"
	"softloss/train/dataset"
)

// isSoft reports whether a row's label is spread over several classes.
func isSoft(d *dataset.Dataset) bool {
	for _, t := range d.Labels.Float32s() {
		if t != 0 && t != 1 {
			return true
		}
	}
	return false
}

// agreement is how far the loss on tensors and the loss in a graph may be apart, relative to a loss
// above 1: both are float32, of sums taken in another order.
const agreement = 1e-5

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
	u.TrainLoss, u.TrainAccuracy, u.TrainECE = record.Float(trained.Loss), record.Float(trained.Accuracy),
		record.Float(trained.ECE)
	u.TestLoss, u.TestAccuracy, u.ECE = record.Float(tested.Loss), record.Float(tested.Accuracy), record.Float(tested.ECE)
	difference := math.Abs(graph - tested.Loss)
	u.GraphTestLoss, u.GraphDifference = record.Float(graph), record.Float(difference)
	u.GraphAgrees = difference <= agreement*max(1, math.Abs(tested.Loss))
	if err := s.evaluateTeacher(); err != nil {
		return err
	}
	final, err := s.calibrateModel()
	if err != nil {
		return err
	}
	if err := s.chooseThresholds(final); err != nil {
		return err
	}
	if u.Test, err = s.describeTest(final); err != nil {
		return err
	}
	if err := s.judgeTwo(final); err != nil {
		return err
	}
	if s.loss.Lowest {
		if u.TrainLowestLoss, err = lowestLoss(s.criterion, s.train); err != nil {
			return err
		}
		if u.TestLowestLoss, err = lowestLoss(s.criterion, s.test); err != nil {
			return err
		}
	}
	return nil
}

// judgeTwo finds, by the validation rows, from which probability on a row is taken for the
// rarer of two classes.
func (s *session) judgeTwo(m *train.Model) error {
	two := s.summary.Test.Verdict.TwoClasses
	if s.valid == nil || two == nil {
		return nil
	}
	var rows [2]record.Rows
	for i, set := range []*dataset.Dataset{s.valid, s.test} {
		probs, err := m.Predict(set.Features)
		if err != nil {
			return err
		}
		rows[i] = record.Rows{Probs: probs, Labels: set.Labels, Weights: set.Counts}
	}
	return two.Choose(rows[0], rows[1])
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
	u.ValidationLoss, u.ValidationAccuracy, u.ValidationECE = record.Float(m.Loss), record.Float(m.Accuracy),
		record.Float(m.ECE)
	if s.loss.Lowest {
		u.ValidationLowestLoss, err = lowestLoss(s.criterion, s.valid)
	}
	return err
}
