package losses_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/losses"
)

var (
	notebookLogits = []float64{6, 1, 3, 1, 2, 5, 8, 1, 1, 2, 1, 3, 4, 2, 0}
	notebookSmooth = []float64{.9, .1, 0, 0, 0, .35, .65, 0, 0, 0, 0, .1, .2, .7, 0}
	notebookOneHot = oneHot(5, 0, 1, 3)
)

// TestNotebookPrints wants every number that the notebook prints, to its last digit.
func TestNotebookPrints(t *testing.T) {
	for _, dt := range floatDtypes {
		t.Run(dt.String(), func(t *testing.T) { notebookPrints(t, dt) })
	}
}

func notebookPrints(t *testing.T, dt tensor.Dtype) {
	type function func(losses.Reduction) (*tensor.Dense, error)
	matrix := func(f func() (*tensor.Dense, error)) function {
		return func(losses.Reduction) (*tensor.Dense, error) { return f() }
	}
	logits := dense(dt, notebookLogits, 3, 5)
	smooth, ohe := dense(dt, notebookSmooth, 3, 5), dense(dt, notebookOneHot, 3, 5)
	yHat, err := losses.Softmax(logits)
	require.NoError(t, err)
	const n, sum, mean = losses.None, losses.Sum, losses.Mean

	withLogits := func(labels *tensor.Dense, alpha float64) function {
		return func(r losses.Reduction) (*tensor.Dense, error) {
			return losses.SoftLabelCrossEntropyWithLogits(logits, labels, alpha, r)
		}
	}
	fromProbs := func(r losses.Reduction) (*tensor.Dense, error) {
		return losses.SoftLabelCrossEntropy(yHat, smooth, 0, r)
	}
	mae := func(r losses.Reduction) (*tensor.Dense, error) {
		return losses.ClassificationMAEWithLogits(logits, ohe, r)
	}
	for _, c := range []struct {
		name      string
		f         function
		reduction losses.Reduction
		format    string
		printed   string
	}{
		{"y_hat", matrix(func() (*tensor.Dense, error) { return yHat, nil }), n, "%.4e",
			`9.2457e-01, 6.2297e-03, 4.6032e-02, 6.2297e-03, 1.6934e-02
			 4.7232e-02, 9.4869e-01, 8.6509e-04, 8.6509e-04, 2.3516e-03
			 3.1685e-02, 2.3412e-01, 6.3641e-01, 8.6129e-02, 1.1656e-02`},
		{"logits", matrix(func() (*tensor.Dense, error) { return logits, nil }), n, "%.0f.",
			`6., 1., 3., 1., 2.
			 5., 8., 1., 1., 2.
			 1., 3., 4., 2., 0.`},
		{"y_ohe", matrix(func() (*tensor.Dense, error) { return losses.SmoothSoftLabels(ohe, 0) }), n, "%.0f.",
			`1., 0., 0., 0., 0.
			 0., 1., 0., 0., 0.
			 0., 0., 0., 1., 0.`},
		{"smooth .1", matrix(func() (*tensor.Dense, error) { return losses.SmoothSoftLabels(smooth, .1) }), n, "%.4f",
			`0.8700, 0.0700, 0.0200, 0.0200, 0.0200
			 0.3200, 0.6200, 0.0200, 0.0200, 0.0200
			 0.0200, 0.0867, 0.1867, 0.6867, 0.0200`},
		{"smooth 0", matrix(func() (*tensor.Dense, error) { return losses.SmoothSoftLabels(smooth, 0) }), n, "%.2f",
			`0.90, 0.10, 0.00, 0.00, 0.00
			 0.35, 0.65, 0.00, 0.00, 0.00
			 0.00, 0.10, 0.20, 0.70, 0.00`},
		{"ohe", withLogits(ohe, 0), n, "%.4f", "0.0784, 0.0527, 2.4519"},
		{"ohe", withLogits(ohe, 0), sum, "%.4f", "2.5830"},
		{"ohe", withLogits(ohe, 0), mean, "%.4f", "0.8610"},
		{"soft", withLogits(smooth, 0), n, "%.4f", "0.5784, 1.1027, 1.9519"},
		{"soft", withLogits(smooth, 0), sum, "%.4f", "3.6330"},
		{"soft", withLogits(smooth, 0), mean, "%.4f", "1.2110"},
		{"probs", fromProbs, n, "%.4f", "0.5784, 1.1027, 1.9519"},
		{"probs", fromProbs, sum, "%.4f", "3.6330"},
		{"probs", fromProbs, mean, "%.4f", "1.2110"},
		{"soft .2", withLogits(smooth, .2), n, "%.4f", "0.7584, 1.7227, 2.1519"},
		{"soft .2", withLogits(smooth, .2), sum, "%.4f", "4.6330"},
		{"soft .2", withLogits(smooth, .2), mean, "%.4f", "1.5443"},
		{"mae", mae, n, "%.4f", "0.1509, 0.1026, 1.8277"},
		{"mae", mae, sum, "%.4f", "2.0812"},
		{"mae", mae, mean, "%.4f", "0.6937"},
	} {
		got, err := c.f(c.reduction)
		require.NoError(t, err, c.name)
		assert.Equal(t, strings.Join(strings.Fields(strings.ReplaceAll(c.printed, "\n", ",")), " "),
			printed(c.format, values(got)), "%s %v", c.name, c.reduction)
	}
	_, err = losses.SmoothSoftLabels(smooth, -.1)
	assert.ErrorIs(t, err, losses.ErrAlpha)
	assert.ErrorContains(t, err, "alpha must be non-negative")
}

func printed(format string, x []float64) string {
	var parts []string
	for _, v := range x {
		parts = append(parts, fmt.Sprintf(format, v))
	}
	return strings.Join(parts, ", ")
}

// TestNotebookFastai: fastai's loss gives the numbers of the notebook's on one-hot labels at every
// strength of the plot.
func TestNotebookFastai(t *testing.T) {
	logits := dense(tensor.Float64, notebookLogits, 3, 5)
	for i := range 20 {
		alpha := float64(i) * .05
		ours, err := losses.SoftLabelCrossEntropyWithLogits(logits, dense(tensor.Float64, notebookOneHot, 3, 5),
			alpha, losses.None)
		require.NoError(t, err)
		fastai, err := losses.LabelSmoothingCrossEntropy(logits, indices(tensor.Int, 0, 1, 3), alpha, losses.None)
		require.NoError(t, err)
		near(t, fmt.Sprint("alpha ", alpha), values(fastai), values(ours), 1e-15, 0)
	}
}
