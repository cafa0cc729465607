package train_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"softloss/train"
	"softloss/train/dataset"
	"softloss/train/metric"
)

// A model is trained on scaled features, saved with all that belongs to it, and used on raw
// features.
func ExampleLoad() {
	learn, path, err := exampleFile()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(filepath.Dir(path))

	saved, err := train.Load(path)
	if err != nil {
		fmt.Println(err)
		return
	}
	probs, err := saved.Predict(learn.Features)
	if err != nil {
		fmt.Println(err)
		return
	}
	accuracy, err := metric.Accuracy(probs, learn.Labels, nil)
	fmt.Println(saved.ClassNames[0], saved.Model.Sizes(), accuracy > .9, err)
	// Output: 0 [64 32 10] true <nil>
}

// exampleFile trains a model and saves it.
func exampleFile() (set *dataset.Dataset, path string, err error) {
	if set, err = dataset.Digits(); err != nil {
		return nil, "", err
	}
	scaler, err := dataset.FitScaler(set.Features)
	if err != nil {
		return nil, "", err
	}
	scaled := *set
	if scaled.Features, err = scaler.Transform(set.Features); err != nil {
		return nil, "", err
	}
	model, _, err := train.Fit(context.Background(), train.Config{Hidden: []int{32}, Epochs: 15}, &scaled, nil, nil)
	if err != nil {
		return nil, "", err
	}
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		return nil, "", err
	}
	path = filepath.Join(dir, "digits.safetensors")
	saved := train.Saved{Model: model, Scaler: scaler, ClassNames: set.ClassNames}
	return set, path, saved.Save(path)
}
