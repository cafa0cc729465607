package run

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/cmd/demo/internal/record"
	"softloss/losses"
	"softloss/train"
	"softloss/train/dataset"
)

func TestInk(t *testing.T) {
	assert.Equal(t, []float32{0.25, 0.5}, newInk([]float32{0.25, 0.5}).pixels([]float32{0.25, 0.5}), "as they are")
	assert.Equal(t, []float32{0, 0.5, 1}, newInk([]float32{0, 255}).pixels([]float32{0, 127.5, 255}), "bytes")
	assert.Equal(t, []float32{0, 0.5, 1}, newInk([]float32{-1, 1}).pixels([]float32{-1, 0, 1}))
}

// The bars of weighted rows are those that the calibration error is made of.
func TestWeightedBins(t *testing.T) {
	set, err := dataset.Housing()
	require.NoError(t, err)
	model, err := train.NewModel([]train.Layer{{
		Weights: tensor.New(tensor.WithShape(set.NumFeatures(), set.NumClasses()),
			tensor.WithBacking(waves(set.NumFeatures()*set.NumClasses()))),
		Bias: tensor.New(tensor.WithShape(set.NumClasses()), tensor.WithBacking(waves(set.NumClasses()))),
	}})
	require.NoError(t, err)
	probs, err := model.Predict(set.Features)
	require.NoError(t, err)
	m, err := model.Evaluate(set, losses.Criterion{})
	require.NoError(t, err)
	weights := train.RowWeights(set)
	bins, err := weightedBins(losses.SoftmaxLink, probs, set.Labels, weights)
	require.NoError(t, err)
	masses := make([]float64, len(bins))
	k := set.NumClasses()
	for i, w := range weights {
		top := float32(0)
		for _, p := range probs.Float32s()[i*k : (i+1)*k] {
			top = max(top, p)
		}
		masses[int(math.Ceil(float64(top)*record.ReliabilityBins))-1] += w / float64(len(weights))
	}
	ece, rows := 0.0, 0
	for i, b := range bins {
		ece += masses[i] * math.Abs(b.Accuracy-b.Confidence)
		rows += b.Count
	}
	assert.InDelta(t, m.ECE, ece, 1e-6)
	assert.Equal(t, set.Len(), rows)

	plain, err := weightedBins(losses.SoftmaxLink, probs, set.Labels, nil)
	require.NoError(t, err)
	assert.NotEqual(t, plain, bins)
	_, err = weightedBins(losses.SoftmaxLink, set.Features, set.Labels, nil)
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
