package run

import (
	"errors"

	"softloss/cmd/demo/internal/cli"
	"softloss/cmd/demo/internal/record"
	"softloss/losses"
	"softloss/train"
	"softloss/train/metric"
)

// calibrateModel fits the temperature of the model on the validation rows, if that is wanted, and
// returns the model that has it. Where none fits, which is no failure of the training, the model
// stays.
func (s *session) calibrateModel() (*train.Model, error) {
	if !s.calibrate {
		return s.model, nil
	}
	plain := losses.Criterion{Link: s.criterion.Link}
	before, err := s.model.Evaluate(s.test, plain)
	if err != nil {
		return nil, err
	}
	c := &record.Calibration{Temperature: record.Unknown, NLLBefore: record.Float(before.Loss), NLLAfter: record.Unknown,
		ECEBefore: record.Float(before.ECE), ECEAfter: record.Unknown}
	s.summary.Calibration = c
	z, err := s.model.Logits(s.valid.Features)
	if err != nil {
		return nil, err
	}
	temperature, err := metric.FitTemperature(metric.LogitsAsClasses(s.criterion.Link, z, s.valid.Labels, s.valid.Counts))
	var final *train.Model
	if err == nil {
		final, err = (&train.Saved{Model: s.model, Temperature: temperature}).Fold(nil)
	}
	if errors.Is(err, metric.ErrTemperature) || errors.Is(err, train.ErrValue) {
		c.Problem = cli.Plain(err)
		return s.model, nil
	}
	if err != nil {
		return nil, err
	}
	after, err := final.Evaluate(s.test, plain)
	if err != nil {
		return nil, err
	}
	probs, err := final.Predict(s.test.Features)
	if err != nil {
		return nil, err
	}
	s.fitted = temperature
	c.Temperature, c.NLLAfter, c.ECEAfter = record.Float(temperature), record.Float(after.Loss), record.Float(after.ECE)
	c.Reliability, err = weightedBins(s.criterion.Link, probs, s.test.Labels, train.RowWeights(s.test))
	return final, err
}

// chooseThresholds finds those of the model, of which these are the validation rows, if that is
// wanted.
func (s *session) chooseThresholds(valid record.Rows) (err error) {
	switch {
	case !s.choose:
	case s.HasQuestions():
		s.thresholds, err = metric.Thresholds(valid.Probs, valid.Labels, valid.Weights)
	default:
		s.thresholds, err = valid.Thresholds()
	}
	return err
}
