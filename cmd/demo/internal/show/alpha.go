package show

import (
	"fmt"

	"gonum.org/v1/plot/vg"
	"gorgonia.org/tensor"

	"softloss/cmd/demo/internal/figure"
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

// lossByAlpha is the notebook's plot_loss_by_alpha, its four plots on one sheet: the loss of every
// row of the mini-batch against the smoothing strength, for labels that are soft, one-hot and an
// index. The notebook names each plot by the call that it shows.
func lossByAlpha() (figure.Figure, error) {
	matrix := func(data []float64) *tensor.Dense {
		return tensor.New(tensor.WithShape(notebookRows, notebookClasses), tensor.WithBacking(data))
	}
	logits, smooth, oneHot := matrix(notebookLogits), matrix(notebookSmooth), matrix(notebookOneHot)
	index := tensor.New(tensor.WithShape(notebookRows), tensor.WithBacking(notebookLabel))
	probs, err := losses.Softmax(logits)
	if err != nil {
		return figure.Figure{}, err
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
	sheet := figure.Figure{Width: figure.Wide, Height: 8 * vg.Inch}
	for i, p := range plots {
		drawn, err := alphaPanel(p.title, p.loss)
		if err != nil {
			return figure.Figure{}, err
		}
		if i%2 == 0 {
			sheet.Panels = append(sheet.Panels, nil)
		}
		sheet.Panels[i/2] = append(sheet.Panels[i/2], drawn)
	}
	return sheet, nil
}

// alphaPanel draws the losses of the rows for alpha = 0, 0.05, …, 0.95.
func alphaPanel(title string, loss func(alpha float64) (*tensor.Dense, error)) (figure.Panel, error) {
	p := figure.Panel{Title: title, XLabel: "Alpha (smoothing parameter)", YLabel: "Loss", Legend: "row", XStep: 0.2}
	for row := range notebookRows {
		p.Series = append(p.Series, figure.Series{Name: fmt.Sprint(row)})
	}
	for i := range 20 {
		alpha := float64(i) / 20
		values, err := loss(alpha)
		if err != nil {
			return figure.Panel{}, fmt.Errorf("%s at alpha %g: %w", title, alpha, err)
		}
		for row, v := range values.Float64s() {
			p.Series[row].Add(alpha, v)
		}
	}
	return p, nil
}
