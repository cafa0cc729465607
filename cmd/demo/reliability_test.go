package main

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/losses"
	"softloss/train"
	"softloss/train/dataset"
)

// A bin with no row right is seen, and one of few rows is pale.
func TestReliabilityOfFewRows(t *testing.T) {
	bins := []binSummary{{0, 0.5, 0, 0, 0}, {0.5, 0.75, rowsOfBin - 1, 0.6, 0}, {0.75, 1, rowsOfBin, 0.9, 0.8}}
	panels := reliabilityPanels("title", "sure", 0.1, bins)
	bars, few := panels[0].series[0], panels[0].series[1]
	assert.Equal(t, "accuracy of fewer than 10 rows", few.name)
	assert.Equal(t, []float64{0.875}, bars.xs)
	assert.Equal(t, []float64{0.625}, few.xs)
	assert.True(t, few.pale)
	assert.Positive(t, few.stub)
	assert.Len(t, panels[1].series[0].xs, 2)

	out, err := panel{series: []series{few}}.plot()
	require.NoError(t, err)
	assert.InDelta(t, accuracyStub, few.stub, 0)
	assert.Positive(t, out.Y.Max)
}

// The bars of weighted rows are those that the calibration error is made of.
func TestWeightedBins(t *testing.T) {
	set, err := dataset.Housing()
	require.NoError(t, err)
	model, err := train.NewModel([]train.Layer{{
		Weights: tensor.New(tensor.WithShape(set.NumFeatures(), set.NumClasses()), tensor.WithBacking(waves(set.NumFeatures()*set.NumClasses()))),
		Bias:    tensor.New(tensor.WithShape(set.NumClasses()), tensor.WithBacking(waves(set.NumClasses()))),
	}})
	require.NoError(t, err)
	probs, err := model.Predict(set.Features)
	require.NoError(t, err)
	m, err := model.Evaluate(set, losses.Criterion{})
	require.NoError(t, err)
	weights := train.RowWeights(set)
	bins, err := weightedBins(probs, set.Labels, weights)
	require.NoError(t, err)
	masses := make([]float64, len(bins))
	k := set.NumClasses()
	for i, w := range weights {
		top := float32(0)
		for _, p := range probs.Float32s()[i*k : (i+1)*k] {
			top = max(top, p)
		}
		masses[int(math.Ceil(float64(top)*reliabilityBins))-1] += w / float64(len(weights))
	}
	ece, rows := 0.0, 0
	for i, b := range bins {
		ece += masses[i] * math.Abs(b.Accuracy-b.Confidence)
		rows += b.Count
	}
	assert.InDelta(t, m.ECE, ece, 1e-6)
	assert.Equal(t, set.Len(), rows)

	plain, err := weightedBins(probs, set.Labels, nil)
	require.NoError(t, err)
	assert.NotEqual(t, plain, bins)
	_, err = weightedBins(set.Features, set.Labels, nil)
	assert.Error(t, err, "features are no probabilities")
}

// waves are numbers between -1 and 1.
func waves(n int) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(math.Sin(float64(i + 1)))
	}
	return out
}
