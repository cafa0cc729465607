package train_test

import (
	"context"
	"fmt"

	"gorgonia.org/tensor"

	"softloss/losses"
	"softloss/train"
	"softloss/train/dataset"
	"softloss/train/metric"
)

// Four points of two classes, which no straight line separates; the labels are soft, as from votes.
func ExampleFit() {
	set := &dataset.Dataset{
		Features: tensor.New(tensor.WithShape(4, 2), tensor.WithBacking([]float32{0, 0, 0, 1, 1, 0, 1, 1})),
		Labels:   tensor.New(tensor.WithShape(4, 2), tensor.WithBacking([]float32{1, 0, 0.1, 0.9, 0, 1, 0.8, 0.2})),
	}
	cfg := train.Config{
		Hidden:    []int{16},
		Epochs:    400,
		LearnRate: 0.01,
		Seed:      1,
		Criterion: losses.Criterion{Reduction: losses.Mean},
	}
	model, history, err := train.Fit(context.Background(), cfg, set, set, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	probs, err := model.Predict(set.Features)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("accuracy %.2f after %d epochs\n", history[len(history)-1].Valid.Accuracy, len(history))
	for _, p := range [][]float32{probs.Float32s()[2:4], probs.Float32s()[6:8]} {
		fmt.Printf("%.1f\n", p)
	}
	// Output:
	// accuracy 1.00 after 400 epochs
	// [0.1 0.9]
	// [0.8 0.2]
}

// Several labels may be true of a row: each is a question of its own, with a threshold that rows held
// out of the training choose.
func ExampleFit_severalLabels() {
	check := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	set, err := dataset.DigitQuestions()
	check(err)
	trainSet, test, err := set.Split(0.3, 1)
	check(err)
	trainSet, valid, err := trainSet.Split(0.2, 1)
	check(err)
	cfg := train.Config{Hidden: []int{64}, Epochs: 60, Criterion: losses.Criterion{Link: losses.SigmoidLink}}
	model, _, err := train.Fit(context.Background(), cfg, trainSet, valid, nil)
	check(err)
	probs, err := model.Predict(valid.Features)
	check(err)
	thresholds, err := metric.Thresholds(probs, valid.Labels, nil)
	check(err)
	probs, err = model.Predict(test.Features)
	check(err)
	report, err := metric.ReportQuestions(probs, test.Labels, nil, thresholds)
	check(err)
	for k, name := range set.ClassNames {
		fmt.Printf("%s: F1 above 0.9: %v\n", name, report.Labels[k].F1 > 0.9)
	}
	// Output:
	// even: F1 above 0.9: true
	// above four: F1 above 0.9: true
	// loop: F1 above 0.9: true
	// prime: F1 above 0.9: true
	// square: F1 above 0.9: true
}
