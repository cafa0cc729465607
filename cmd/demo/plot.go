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
// every row of the mini-batch against the smoothing strength, for labels that are soft, one-hot and an index. The notebook
// names each plot by the call that it shows.
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
		{"Soft labels, loss from probabilities", func(a float64) (*tensor.Dense, error) {
			return losses.SoftLabelCrossEntropy(probs, smooth, a, losses.None)
		}},
		{"Soft labels, loss from logits", func(a float64) (*tensor.Dense, error) {
			return losses.SoftLabelCrossEntropyWithLogits(logits, smooth, a, losses.None)
		}},
		{"One-hot labels, loss from logits", func(a float64) (*tensor.Dense, error) {
			return losses.SoftLabelCrossEntropyWithLogits(logits, oneHot, a, losses.None)
		}},
		{"Class indices, loss from logits", func(a float64) (*tensor.Dense, error) {
			return losses.LabelSmoothingCrossEntropy(logits, index, a, losses.None)
		}},
	}
	sheet := figure{width: wide, height: 8 * vg.Inch}
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
	p := panel{title: title, xLabel: "Alpha (smoothing parameter)", yLabel: "Loss", legend: "row", xStep: 0.2}
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

// trainingCurves draws loss and accuracy against the epoch, of the training and of the validation or test rows. The
// loss with a part of the teacher's in it is another quantity, which has a panel of its own.
func trainingCurves(s *summary, entry lossInfo) figure {
	loss := panel{title: "Loss: " + entry.title, xLabel: "Epoch", yLabel: withUnit("Loss", entry.unit), integerX: true}
	accuracy := panel{title: "Accuracy", xLabel: "Epoch", yLabel: "Accuracy (%)", integerX: true, yMax: 100, ySpan: leastSpan}
	if a := s.Config.Alpha; a != 0 {
		loss.title += fmt.Sprintf(", alpha %g", a)
	}
	watched := s.Data.watched()
	name := "train"
	if s.Data.FlippedLabels > 0 {
		name = "train, labels with noise"
	}
	if s.Config.Mixup > 0 {
		name += ", mixed"
	}
	trained, tested := series{name: name}, series{name: watched}
	right, rightTested := trained, tested
	for _, e := range s.History {
		l, a := e.watched(watched)
		trained.add(e.Epoch, float64(e.TrainLoss))
		right.add(e.Epoch, 100*float64(e.TrainAccuracy))
		tested.add(e.Epoch, float64(l))
		rightTested.add(e.Epoch, 100*float64(a))
	}
	accuracy.series = s.withBest(right, rightTested)
	if s.Teacher == nil {
		loss.series = append(s.withBest(trained, tested), s.lowestLine()...)
		return figure{panels: [][]panel{{loss, accuracy}}, width: wide, height: 4.4 * vg.Inch}
	}
	taught := loss
	taught.title = fmt.Sprintf("Training loss, %g of it the teacher's", s.Config.TeacherWeight)
	trained.name += ", with teacher"
	taught.series = []series{trained}
	tested.colour = 1 // as beside the training rows
	loss.series = append(s.withBest(tested), s.lowestLine()...)
	return figure{panels: [][]panel{{taught, loss, accuracy}}, width: wide * 1.4, height: 4.4 * vg.Inch}
}

// add adds a point at an epoch.
func (s *series) add(epoch int, y float64) {
	s.xs, s.ys = append(s.xs, float64(epoch)), append(s.ys, y)
}

// withBest marks the best epoch on the last of the lines, when the training stopped for it.
func (s *summary) withBest(lines ...series) []series {
	line := lines[len(lines)-1]
	for i, x := range line.xs {
		if s.StoppedEarly && int(x) == s.BestEpoch {
			lines = append(lines, series{name: fmt.Sprintf("best: epoch %d", s.BestEpoch), xs: []float64{x}, ys: line.ys[i : i+1], ring: true})
		}
	}
	return lines
}

// lowestLine is a line at the lowest loss that is possible, where that is known.
func (s *summary) lowestLine() []series {
	watched, lowest := s.Data.watched(), s.TestLowestLoss
	if watched == watchedValidation {
		lowest = s.ValidationLowestLoss
	}
	if !lowest.finite() {
		return nil
	}
	line := series{name: "lowest possible, " + watched, faint: true}
	first, last := s.History[0].Epoch, s.History[len(s.History)-1].Epoch
	if line.add(last, float64(lowest)); first != last {
		line.xs, line.ys = []float64{float64(first), float64(last)}, []float64{float64(lowest), float64(lowest)}
	}
	return []series{line}
}
