package input

import (
	"softloss/cmd/demo/internal/cli"
	"softloss/train/dataset"
)

// ScaleSets scales all sets as the features of the training set are distributed.
func ScaleSets(trainSet *dataset.Dataset, others ...*dataset.Dataset) (*dataset.Scaler, error) {
	scaler, err := dataset.FitScaler(trainSet.Features)
	if err != nil {
		return nil, err
	}
	for _, part := range append([]*dataset.Dataset{trainSet}, others...) {
		if part.Features, err = scaler.Transform(part.Features); err != nil {
			return nil, cli.Usagef("scaled as the training rows are: %s", cli.Plain(err))
		}
	}
	return scaler, nil
}
