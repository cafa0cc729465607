package input

import (
	"softloss/cmd/demo/internal/cli"
	"softloss/train/dataset"
)

// Prepared is what the features of a training set say of how to prepare features for a model.
type Prepared struct {
	Fill   []float64       // what stands for missing values; nil where none can be missing
	Scaler *dataset.Scaler // mean 0 and standard deviation 1; nil for features as they are
}

// Prepare prepares the features of all sets as those of the training set are distributed: fills in
// what is missing and scales, if that is wanted.
func (s *Source) Prepare(scale bool, trainSet *dataset.Dataset, others ...*dataset.Dataset) (p Prepared, err error) {
	all := append([]*dataset.Dataset{trainSet}, others...)
	if s.CSV.Missing == dataset.MissingNaN {
		if p.Fill, err = dataset.FitFill(trainSet); err != nil {
			return p, cli.Usagef("-data %s: the training rows: %s", s.Data, cli.Plain(err))
		}
		for _, part := range all {
			if part.Features, err = dataset.FillIn(part.Features, p.Fill); err != nil {
				return p, err
			}
		}
	}
	scaler := dataset.Unscaled(trainSet.NumFeatures())
	if scale {
		if p.Scaler, err = dataset.FitScaler(trainSet.Features); err != nil {
			return p, err
		}
		scaler = p.Scaler
	}
	for _, part := range all {
		if part.Features, err = scaler.Transform(part.Features); err != nil {
			return p, cli.Usagef("-data %s: scaled as the training rows are: %s", s.Data, cli.Plain(err))
		}
	}
	return p, nil
}
