package main

import (
	"errors"

	"softloss/losses"
	"softloss/train"
)

// calibrationSummary is what -calibrate came to, on the test rows: before it and after.
type calibrationSummary struct {
	Temperature float  `json:"temperature"`       // null when none fits
	Problem     string `json:"problem,omitempty"` // why none fits

	NLLBefore float `json:"nll_before"` // negative log likelihood of the labels, without smoothing, in nats
	NLLAfter  float `json:"nll_after"`
	ECEBefore float `json:"ece_before"`
	ECEAfter  float `json:"ece_after"`

	Reliability []binSummary `json:"reliability"` // after
}

// calibrateModel fits the temperature of the model on the validation rows, if that is wanted, and returns the model
// that has it. Where none fits, which is no failure of the training, the model stays.
func (s *session) calibrateModel() (*train.Model, error) {
	if !s.calibrate {
		return s.model, nil
	}
	plain := losses.Criterion{}
	before, err := s.model.Evaluate(s.test, plain)
	if err != nil {
		return nil, err
	}
	c := &calibrationSummary{Temperature: unknown, NLLBefore: float(before.Loss), NLLAfter: unknown, ECEBefore: float(before.ECE), ECEAfter: unknown}
	s.summary.Calibration = c
	temperature, err := s.model.FitTemperature(s.valid)
	var final *train.Model
	if err == nil {
		final, err = (&train.Saved{Model: s.model, Temperature: temperature}).Fold(nil)
	}
	if errors.Is(err, train.ErrValue) {
		c.Problem = trimPackage(err)
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
	c.Temperature, c.NLLAfter, c.ECEAfter = float(temperature), float(after.Loss), float(after.ECE)
	c.Reliability, err = weightedBins(probs, s.test.Labels, train.RowWeights(s.test))
	return final, err
}
