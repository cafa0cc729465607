package main

import (
	"fmt"

	"gonum.org/v1/plot/vg"
	"gorgonia.org/tensor"

	"softloss/losses"
)

// The three-row mini-batch of the notebook.
const notebookRows, notebookClasses = 3, 5

var (
	notebookLogits = []float64{
		6, 1, 3, 1, 2,
		5, 8, 1, 1, 2,
		1, 3, 4, 2, 0,
	}
	notebookSmooth = []float64{
		.9, .1, 0, 0, 0,
		.35, .65, 0, 0, 0,
		0, .1, .2, .7, 0,
	}
	notebookOneHot = []float64{
		1, 0, 0, 0, 0,
		0, 1, 0, 0, 0,
		0, 0, 0, 1, 0,
	}
	notebookLabel = []int{0, 1, 3}
)

// lossByAlpha is the notebook's plot_loss_by_alpha, its four plots on one sheet: the loss of
// every row of the mini-batch against the smoothing strength, for labels that are soft, one-hot and an index.
func lossByAlpha() (figure, error) {
	matrix := func(data []float64) *tensor.Dense {
		return tensor.New(tensor.WithShape(notebookRows, notebookClasses), tensor.WithBacking(data))
	}
	logits, smooth, oneHot := matrix(notebookLogits), matrix(notebookSmooth), matrix(notebookOneHot)
	index := tensor.New(tensor.WithShape(notebookRows), tensor.WithBacking(notebookLabel))
	probs, err := losses.Softmax(logits)
	if err != nil {
		return figure{}, err
	}
	plots := []struct {
		title string
		loss  func(alpha float64) (*tensor.Dense, error)
	}{
		{"soft_label_cross_entropy(y_hat, y_smooth)", func(a float64) (*tensor.Dense, error) {
			return losses.SoftLabelCrossEntropy(probs, smooth, a, losses.None)
		}},
		{"soft_label_cross_entropy_with_logits(logits, y_smooth)", func(a float64) (*tensor.Dense, error) {
			return losses.SoftLabelCrossEntropyWithLogits(logits, smooth, a, losses.None)
		}},
		{"soft_label_cross_entropy_with_logits(logits, y_ohe)", func(a float64) (*tensor.Dense, error) {
			return losses.SoftLabelCrossEntropyWithLogits(logits, oneHot, a, losses.None)
		}},
		{"LabelSmoothingCrossEntropy(logits, y_label)", func(a float64) (*tensor.Dense, error) {
			return losses.LabelSmoothingCrossEntropy(logits, index, a, losses.None)
		}},
	}
	sheet := figure{width: 11 * vg.Inch, height: 8 * vg.Inch}
	for i, p := range plots {
		drawn, err := alphaPanel(p.title, p.loss)
		if err != nil {
			return figure{}, err
		}
		if i%2 == 0 {
			sheet.panels = append(sheet.panels, nil)
		}
		sheet.panels[i/2] = append(sheet.panels[i/2], drawn)
	}
	return sheet, nil
}

// alphaPanel draws the losses of the rows for alpha = 0, 0.05, …, 0.95.
func alphaPanel(title string, loss func(alpha float64) (*tensor.Dense, error)) (panel, error) {
	p := panel{title: title, xLabel: "Alpha (Smoothing Parameter)", yLabel: "Loss", legend: "row", xStep: 0.2}
	for row := range notebookRows {
		p.series = append(p.series, series{name: fmt.Sprint(row)})
	}
	for i := range 20 {
		alpha := float64(i) / 20
		values, err := loss(alpha)
		if err != nil {
			return panel{}, fmt.Errorf("%s at alpha %g: %w", title, alpha, err)
		}
		for row, v := range values.Data().([]float64) {
			s := &p.series[row]
			s.xs, s.ys = append(s.xs, alpha), append(s.ys, v)
		}
	}
	return p, nil
}

// trainingCurves draws loss and accuracy against the epoch, of the training and of the validation or test rows.
func trainingCurves(s *summary, entry lossInfo) figure {
	loss := panel{title: "Loss: " + entry.title, xLabel: "Epoch", yLabel: withUnit("Loss", entry.unit), integerX: true}
	accuracy := panel{title: "Accuracy", xLabel: "Epoch", yLabel: "Accuracy (%)", integerX: true, yMax: 100}
	if a := s.Config.Alpha; a != 0 {
		loss.title += fmt.Sprintf(", alpha %g", a)
	}
	watched, lowest := s.Data.watched(), s.TestLowestLoss
	if watched == watchedValidation {
		lowest = s.ValidationLowestLoss
	}
	var epochs, trainLoss, watchedLoss, trainAccuracy, watchedAccuracy []float64
	for _, e := range s.History {
		epochs = append(epochs, float64(e.Epoch))
		trainLoss = append(trainLoss, float64(e.TrainLoss))
		trainAccuracy = append(trainAccuracy, 100*float64(e.TrainAccuracy))
		l, a := e.watched(watched)
		watchedLoss, watchedAccuracy = append(watchedLoss, float64(l)), append(watchedAccuracy, 100*float64(a))
	}
	trainName := "train"
	if s.Data.FlippedLabels > 0 {
		trainName = "train, labels with noise"
	}
	if s.Config.Mixup > 0 {
		trainName += ", mixed"
	}
	loss.series = []series{{name: trainName, xs: epochs, ys: trainLoss}, {name: watched, xs: epochs, ys: watchedLoss}}
	if s.Teacher != nil {
		loss.series[0].name += ", with teacher"
	}
	last := epochs[len(epochs)-1:]
	if low := float64(lowest); lowest.finite() {
		line := series{name: "lowest possible, " + watched, xs: last, ys: []float64{low}, faint: true}
		if len(epochs) > 1 {
			line.xs, line.ys = []float64{epochs[0], last[0]}, []float64{low, low}
		}
		loss.series = append(loss.series, line)
	}
	accuracy.series = []series{
		{name: trainName, xs: epochs, ys: trainAccuracy},
		{name: watched, xs: epochs, ys: watchedAccuracy},
	}
	return figure{panels: [][]panel{{loss, accuracy}}, width: 11 * vg.Inch, height: 4.4 * vg.Inch}
}
