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

// Several labels may be true of a row, each a question of its own. Of a rare one most answers are
// no, and a network soon says so of every row: PosWeight makes a yes count as many times as it is
// rarer. Rows held out of the training choose from which probability on an answer is yes.
func ExampleFit_severalLabels() {
	check := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	set, err := dataset.Digits()
	check(err)
	labels := make([]float32, 0, 3*set.Len())
	for _, digit := range set.Index() {
		for _, yes := range []bool{digit%2 == 0, digit > 7, digit == 8} {
			labels = append(labels, map[bool]float32{true: 1}[yes])
		}
	}
	set.Labels = tensor.New(tensor.WithShape(set.Len(), 3), tensor.WithBacking(labels))
	set.ClassNames = []string{"even", "above seven", "eight"} // of 5, 2 and 1 of 10 rows
	trainSet, test, err := set.Split(0.3, 1)
	check(err)
	trainSet, valid, err := trainSet.Split(0.2, 1)
	check(err)
	for _, weights := range [][]float64{nil, {1, 4, 9}} {
		cfg := train.Config{Hidden: []int{}, Epochs: 15,
			Criterion: losses.Criterion{Link: losses.SigmoidLink, PosWeight: weights}}
		model, _, err := train.Fit(context.Background(), cfg, trainSet, valid, nil)
		check(err)
		probs, err := model.Predict(test.Features)
		check(err)
		half, err := metric.ReportQuestions(probs, test.Labels, nil, nil)
		check(err)
		validProbs, err := model.Predict(valid.Features)
		check(err)
		thresholds, err := metric.Thresholds(validProbs, valid.Labels, nil)
		check(err)
		chosen, err := metric.ReportQuestions(probs, test.Labels, nil, thresholds)
		check(err)
		fmt.Println("PosWeight", weights)
		for k, name := range set.ClassNames {
			fmt.Printf("  %-12s recall %.1f, F1 %.1f; from the threshold chosen on F1 %.1f\n", name, half.Classes[k].Recall,
				half.Classes[k].F1, chosen.Classes[k].F1)
		}
	}
	// Output:
	// PosWeight []
	//   even         recall 0.8, F1 0.8; from the threshold chosen on F1 0.8
	//   above seven  recall 0.0, F1 0.0; from the threshold chosen on F1 0.5
	//   eight        recall 0.0, F1 0.0; from the threshold chosen on F1 0.2
	// PosWeight [1 4 9]
	//   even         recall 0.8, F1 0.8; from the threshold chosen on F1 0.8
	//   above seven  recall 0.9, F1 0.6; from the threshold chosen on F1 0.7
	//   eight        recall 0.9, F1 0.4; from the threshold chosen on F1 0.6
}
