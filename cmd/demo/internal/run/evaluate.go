package run

import (
	"math"

	"softloss/cmd/demo/internal/record"
	"softloss/losses"
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
	if err := s.evaluateSets(); err != nil {
		return err
	}
	graph, err := s.model.EvaluateGraph(s.test, s.criterion)
	if err != nil {
		return err
	}
	u := s.summary
	loss := float64(u.TestLoss)
	difference := math.Abs(graph - loss)
	u.GraphTestLoss, u.GraphDifference = record.Float(graph), record.Float(difference)
	u.GraphAgrees = difference <= agreement*max(1, math.Abs(loss))
	if err := s.evaluateTeacher(); err != nil {
		return err
	}
	final, err := s.calibrateModel()
	if err != nil {
		return err
	}
	valid, err := predicted(final, s.valid)
	if err != nil {
		return err
	}
	test, err := predicted(final, s.test)
	if err != nil {
		return err
	}
	if err := s.chooseThresholds(valid); err != nil {
		return err
	}
	if u.Test, err = s.describeTest(final, test); err != nil {
		return err
	}
	if two := u.Test.Verdict.TwoClasses; two != nil && s.valid != nil {
		return two.Choose(valid, test)
	}
	return nil
}

// evaluateSets fills in how the model does on each set, beside the lowest loss that is possible.
func (s *session) evaluateSets() error {
	u := s.summary
	loss, _ := losses.Describe(s.criterion.Loss)
	for _, set := range []struct {
		rows                        *dataset.Dataset
		loss, lowest, accuracy, ece *record.Float
	}{
		{s.train, &u.TrainLoss, &u.TrainLowestLoss, &u.TrainAccuracy, &u.TrainECE},
		{s.valid, &u.ValidationLoss, &u.ValidationLowestLoss, &u.ValidationAccuracy, &u.ValidationECE},
		{s.test, &u.TestLoss, &u.TestLowestLoss, &u.TestAccuracy, &u.ECE},
	} {
		if set.rows == nil {
			continue
		}
		m, err := s.model.Evaluate(set.rows, s.criterion)
		if err != nil {
			return err
		}
		*set.loss, *set.accuracy, *set.ece = record.Scores(m)
		if loss.Proper && s.Weights == "" {
			if *set.lowest, err = lowestLoss(s.criterion, set.rows); err != nil {
				return err
			}
		}
	}
	return nil
}
