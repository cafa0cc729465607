package run

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/losses"
	"softloss/train/dataset"
)

// entropy of the distribution that p is proportional to, times the sum of p.
func entropy(p ...float64) float64 {
	var sum, h float64
	for _, x := range p {
		sum += x
	}
	for _, x := range p {
		if x > 0 {
			h -= x * math.Log(x/sum)
		}
	}
	return h
}

func TestLowestLoss(t *testing.T) {
	labels := func(k int, rows ...float32) *dataset.Dataset {
		n := len(rows) / k
		return &dataset.Dataset{
			Features: tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(n, 1)),
			Labels:   tensor.New(tensor.WithShape(n, k), tensor.WithBacking(rows)),
		}
	}
	weighted := labels(2, 0.5, 0.5, 1, 0)
	weighted.Counts = []float64{30, 10}
	for name, tc := range map[string]struct {
		c    losses.Criterion
		d    *dataset.Dataset
		want float64
	}{
		"one-hot":          {losses.Criterion{}, labels(3, 0, 1, 0), 0},
		"one-hot smoothed": {losses.SoftLabelCriterion(0.3, losses.Mean), labels(3, 0, 1, 0), entropy(0.1, 0.8, 0.1)},
		"soft":             {losses.Criterion{}, labels(2, 0.25, 0.75), entropy(0.25, 0.75)},
		"mean":             {losses.Criterion{}, labels(2, 0.5, 0.5, 1, 0), math.Ln2 / 2},
		"weighted":         {losses.Criterion{}, weighted, math.Ln2 * 3 / 4},
		// max(t - 0.8/2, 0) + 0.8/2 of (0.875, 0.125): the labels sum to 1.275
		"notebook's rule adds mass": {losses.SoftLabelCriterion(0.8, losses.Mean), labels(2, 0.875, 0.125),
			entropy(0.875, 0.4)},
	} {
		got, err := lowestLoss(tc.c, tc.d)
		require.NoError(t, err, name)
		assert.InDelta(t, tc.want, float64(got), 1e-7, name)
	}
	_, err := lowestLoss(losses.SoftLabelCriterion(-1, losses.Mean), labels(2, 1, 0))
	assert.ErrorIs(t, err, losses.ErrAlpha)
}

// No prediction is below the lowest loss, whatever the labels.
func TestLowestLossIsLowest(t *testing.T) {
	d, err := dataset.Housing()
	require.NoError(t, err)
	d.Counts = nil
	for _, alpha := range []float64{0, 0.1, 0.9} {
		c := losses.SoftLabelCriterion(alpha, losses.Mean)
		low, err := lowestLoss(c, d)
		require.NoError(t, err)
		for step := range 20 { // predictions around the labels
			logits := tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(d.Len(), 3))
			for i, p := range d.Labels.Float32s() {
				logits.Float32s()[i] = float32(math.Log(float64(p))) * float32(step) / 10
			}
			loss, err := c.Eval(logits, d.Labels)
			require.NoError(t, err)
			assert.GreaterOrEqual(t, float64(loss.Float32s()[0]), float64(low)-1e-6)
		}
	}
}
