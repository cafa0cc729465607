package record

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/train"
)

func TestJudge(t *testing.T) {
	probs := tensor.New(tensor.WithShape(4, 2), tensor.WithBacking([]float32{0.75, 0.25, 0.5, 0.5, 0.25,
		0.75, 0.25, 0.75}))
	labels := tensor.New(tensor.WithShape(4, 2), tensor.WithBacking([]float32{1, 0, 1, 0, 1, 0, 0, 1}))
	v, err := Judge(&train.Saved{ClassNames: []string{"no", "yes"}}, probs, labels, nil)
	require.NoError(t, err)
	assert.Equal(t, []ClassScore{
		{"no", Score{Precision: 1, Recall: Float(2.0 / 3), F1: 0.8, Support: 3}},
		{"yes", Score{Precision: 0.5, Recall: 1, F1: Float(2.0 / 3), Support: 1}},
	}, v.Classes)
	assert.Equal(t, []Float{0.75, 0.75}, []Float{v.Majority, v.Accuracy})
	assert.InDelta(t, (0.8+2.0/3)/2, float64(v.Macro.F1), 1e-12)
	assert.InDelta(t, (2*math.Log(4.0/3)+math.Log(2)+math.Log(4))/4, float64(v.NLL), 1e-6)
	assert.InDelta(t, (2*0.125+0.5+1.125)/4, float64(v.Brier), 1e-7)

	v, err = Judge(&train.Saved{}, probs, labels, []float64{1, 1, 1, 5})
	require.NoError(t, err)
	assert.Equal(t, "1", v.Classes[1].Class)
	assert.InDelta(t, 5, float64(v.Classes[1].Support), 0, "weights count")
	assert.InDelta(t, 5.0/8, float64(v.Majority), 1e-12)
	_, err = Judge(&train.Saved{}, labels, probs, []float64{1})
	assert.Error(t, err)
}

// Of two classes the rarer one is looked for, from the probability that is best on other rows.
func TestTwoClasses(t *testing.T) {
	column := func(p ...float32) *tensor.Dense {
		out := tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(len(p), 2))
		for i, v := range p {
			out.Float32s()[2*i], out.Float32s()[2*i+1] = v, 1-v
		}
		return out
	}
	test := Rows{Probs: column(0.375, 0.25, 0.125, 0.5), Labels: column(1, 0, 0, 0)}
	model := &train.Saved{ClassNames: []string{"fraud", "honest"}}
	v, err := Judge(model, test.Probs, test.Labels, nil)
	require.NoError(t, err)
	assert.Equal(t, "fraud", v.TwoClasses.Class)
	assert.Equal(t, []Float{Float(2.0 / 3), 0.5}, []Float{v.TwoClasses.ROCAUC, v.TwoClasses.AveragePrecision})
	assert.False(t, v.TwoClasses.Threshold.Finite())
	require.NoError(t, v.TwoClasses.Choose(Rows{Probs: column(0.25, 0.5, 0.0), Labels: column(1, 1, 0)}, test))
	assert.InDelta(t, 0.125, float64(v.TwoClasses.Threshold), 0)
	assert.False(t, v.TwoClasses.Used)
	assert.Equal(t, &Score{Precision: 0.25, Recall: 1, F1: 0.4, Support: 1}, v.TwoClasses.AtThreshold)

	// With a threshold of the model the whole verdict is by it.
	model.Thresholds, err = Rows{Probs: column(0.25, 0.5, 0.0), Labels: column(1, 0, 0)}.Thresholds()
	require.NoError(t, err)
	assert.Equal(t, []float64{0.125, 0}, model.Thresholds)
	v, err = Judge(model, test.Probs, test.Labels, nil)
	require.NoError(t, err)
	assert.Equal(t, Score{Precision: 0.25, Recall: 1, F1: 0.4, Support: 1}, v.Classes[0].Score)
	assert.Equal(t, Float(0.25), v.Accuracy)
	assert.True(t, v.TwoClasses.Used)
	require.NoError(t, v.TwoClasses.Choose(test, test))
	assert.Equal(t, Float(0.125), v.TwoClasses.Threshold)
	assert.Nil(t, v.TwoClasses.AtThreshold)
	model.Thresholds, err = Rows{Probs: column(0, 0), Labels: column(1, 1)}.Thresholds()
	require.NoError(t, err)
	assert.Equal(t, []float64{0, 0.5}, model.Thresholds, "nothing to find keeps a half")
	model.Thresholds, err = Rows{Probs: column(0, 0, 0), Labels: column(1, 0, 0)}.Thresholds()
	require.NoError(t, err)
	assert.Greater(t, model.Thresholds[0], 0.0, "a threshold is above 0")

	v, err = Judge(&train.Saved{}, test.Probs, column(0, 0, 0, 0), nil)
	require.NoError(t, err)
	assert.False(t, v.TwoClasses.ROCAUC.Finite(), "nothing to tell apart")
	v, err = Judge(&train.Saved{}, tensor.New(tensor.WithShape(1, 3), tensor.WithBacking([]float32{1, 0, 0})),
		tensor.New(tensor.WithShape(1, 3), tensor.WithBacking([]float32{1, 0, 0})), nil)
	require.NoError(t, err)
	assert.Nil(t, v.TwoClasses)
}
