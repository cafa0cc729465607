package train

import (
	"context"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/losses"
	"softloss/train/dataset"
)

func TestConfig(t *testing.T) {
	d := Config{}.WithDefaults()
	require.Equal(t, Config{Hidden: []int{256}, Epochs: 30, BatchSize: 64, LearnRate: 1e-3, Shards: 1}, d)
	require.Equal(t, d, d.WithDefaults())
	require.Equal(t, []int{}, Config{Hidden: []int{}}.WithDefaults().Hidden)
	require.NoError(t, Config{}.Validate())
	for _, c := range []struct {
		cfg  Config
		kind error
		text string
	}{
		{Config{Hidden: []int{3, 0}}, ErrConfig, "train: hidden layer 2: got size 0, want at least 1"},
		{Config{Epochs: -1}, ErrConfig, "train: epochs: got -1, want at least 1 (0 means 30)"},
		{Config{BatchSize: -2}, ErrConfig, "train: batch size: got -2, want at least 1 (0 means 64)"},
		{Config{LearnRate: -1}, ErrConfig, "train: learn rate: got -1, want a finite number above 0 (0 means 0.001)"},
		{Config{LearnRate: math.NaN()}, ErrConfig,
			"train: learn rate: got NaN, want a finite number above 0 (0 means 0.001)"},
		{Config{LearnRate: math.Inf(1)}, ErrConfig,
			"train: learn rate: got +Inf, want a finite number above 0 (0 means 0.001)"},
		{Config{L2: -1}, ErrConfig, "train: L2: got -1, want a finite number, at least 0"},
		{Config{WeightDecay: math.Inf(1)}, ErrConfig, "train: weight decay: got +Inf, want a finite number, at least 0"},
		{Config{ClipNorm: math.NaN()}, ErrConfig, "train: clip norm: got NaN, want a finite number, at least 0"},
		{Config{ClipNorm: 1e300}, ErrConfig, "train: clip norm: got 1e+300, want at most 3.4e+38, the largest float32"},
		{Config{LearnRate: 1e39}, ErrConfig, "train: learn rate: got 1e+39, want at most 3.4e+38, the largest float32"},
		{Config{Patience: -1}, ErrConfig, "train: patience: got -1, want at least 0 (0 is off)"},
		{Config{Mixup: 1e-4}, ErrConfig, "train: mixup: got 0.0001, want a number from 0.001 to 1000 (0 is off)"},
		{Config{TeacherTemperature: -2}, ErrConfig,
			"train: teacher temperature: got -2, want a number from 0.001 to 1000 (0 means 1)"},
		{Config{TeacherWeight: 1.5}, ErrConfig, "train: teacher weight: got 1.5, want a number from 0 to 1 (0 means 0.5)"},
		{Config{CheckpointEvery: -1}, ErrConfig, "train: checkpoint every: got -1 epochs, want at least 0 (0 means 1)"},
		{Config{Criterion: losses.Criterion{Reduction: losses.None}}, losses.ErrReduction,
			"train: criterion: got reduction none, want mean, sum or weighted mean: training minimises one number, not one a " +
				"row"},
		{Config{Criterion: losses.Criterion{Ignore: []int{1}}}, losses.ErrParam,
			"train: criterion: got the ignored indices [1], want none: the labels of a dataset are rows, no indices; leave " +
				"those rows out"},
		{Config{Criterion: losses.Criterion{ClassWeights: []float64{0, 0}}}, losses.ErrWeight,
			"train: criterion: class weights: got [0 0], want one above 0: there is nothing to learn"},
		{Config{Criterion: losses.Criterion{Reduction: 77}}, losses.ErrReduction, ""},
		{Config{Criterion: losses.SoftLabelCriterion(-1, losses.Mean)}, losses.ErrAlpha, ""},
	} {
		err := c.cfg.Validate()
		require.ErrorIs(t, err, c.kind)
		var wrong *ConfigError
		if errors.As(err, &wrong) {
			require.True(t, reflect.ValueOf(c.cfg).FieldByName(wrong.Field).IsValid(), wrong.Field)
		}
		if c.text != "" {
			require.EqualError(t, err, c.text)
		}
		m, h, err := Fit(context.Background(), c.cfg, randomSet(3, 2, 2, 1), nil, nil)
		require.ErrorIs(t, err, c.kind)
		require.Nil(t, m)
		require.Empty(t, h)
	}
	_, _, err := Fit(context.Background(), Config{Hidden: []int{1 << 20, 1 << 20}}, randomSet(3, 2, 2, 1), nil, nil)
	require.ErrorIs(t, err, ErrConfig)
	//lint:ignore SA1012 a nil context is an error, not a panic
	_, _, err = Fit(nil, Config{}, randomSet(3, 2, 2, 1), nil, nil)
	require.ErrorIs(t, err, ErrConfig)
}

func TestSetErrors(t *testing.T) {
	good := randomSet(4, 3, 2, 1)
	change := func(f func(*dataset.Dataset)) *dataset.Dataset {
		s := randomSet(4, 3, 2, 1)
		f(s)
		return s
	}
	nan := float32(math.NaN())
	for name, c := range map[string]struct {
		set  *dataset.Dataset
		kind error
		text string
	}{
		"nil":       {nil, ErrEmpty, "got nil"},
		"zero":      {&dataset.Dataset{}, ErrEmpty, "got no rows"},
		"no labels": {change(func(d *dataset.Dataset) { d.Labels = nil }), dataset.ErrShape, "labels"},
		"nan": {change(func(d *dataset.Dataset) { d.Features.Float32s()[4] = nan }), dataset.ErrRow,
			"row 1 column 1: got NaN"},
		"inf": {change(func(d *dataset.Dataset) { d.Features.Float32s()[0] = float32(math.Inf(1)) }),
			dataset.ErrRow, "row 0 column 0: got +Inf"},
		"label": {change(func(d *dataset.Dataset) { d.Labels.Float32s()[3] = -1 }), dataset.ErrLabel,
			"row 1 column 1: got -1"},
		"counts": {change(func(d *dataset.Dataset) { d.Counts = []float64{1, 0, 1, 1} }), dataset.ErrRow,
			"counts: row 1"},
		"few counts": {change(func(d *dataset.Dataset) { d.Counts = []float64{1} }), dataset.ErrShape, "counts"},
		"dtype": {change(func(d *dataset.Dataset) { d.Features = table(make([]float64, 12), 4, 3) }),
			ErrDtype, "features: got dtype float64, want float32, which a dataset.Scaler makes"},
		"vector": {change(func(d *dataset.Dataset) { d.Features = table(make([]float32, 4), 4) }),
			dataset.ErrShape, "features"},
	} {
		_, _, err := Fit(context.Background(), Config{}, c.set, nil, nil)
		requireError(t, err, c.kind, "train: training set: ", c.text, name)
		if c.set != nil {
			_, _, err = Fit(context.Background(), Config{}, good, c.set, nil)
			requireError(t, err, c.kind, "train: validation set: ", c.text, name)
		}
		m := newModel([]int{3, 2}, 1)
		_, err = m.Evaluate(c.set, losses.Criterion{})
		requireError(t, err, c.kind, "train: set: ", c.text, name)
		_, err = m.EvaluateGraph(c.set, losses.Criterion{})
		requireError(t, err, c.kind, "train: set: ", c.text, name)
	}
	_, _, err := Fit(context.Background(), Config{}, good, randomSet(4, 5, 2, 1), nil)
	require.ErrorIs(t, err, ErrMismatch)
	require.EqualError(t, err, "train: validation set: got 5 features, want 3 as in the training set")
	_, _, err = Fit(context.Background(), Config{}, good, randomSet(4, 3, 6, 1), nil)
	require.EqualError(t, err, "train: validation set: got 6 classes, want 2 as in the training set")
	_, err = newModel([]int{3, 7}, 1).Evaluate(good, losses.Criterion{})
	require.EqualError(t, err, "train: set: got 2 classes, want 7 as in the model")
	// What only the number of classes tells: a prior of another length.
	c := losses.Criterion{Smoothing: losses.Smoothing{Alpha: .1, Prior: []float64{.2, .3, .5}}}
	_, _, err = Fit(context.Background(), Config{Criterion: c}, good, nil, nil)
	require.ErrorIs(t, err, losses.ErrSmoothing)
	_, err = newModel([]int{3, 2}, 1).Evaluate(good, c)
	require.ErrorIs(t, err, losses.ErrSmoothing)
	_, err = newModel([]int{3, 2}, 1).EvaluateGraph(good, c)
	require.ErrorIs(t, err, losses.ErrSmoothing)
}

// TestSetsOfOtherNames: a validation set whose features or classes stand in another order than
// those of the training set would be judged by the wrong ones.
func TestSetsOfOtherNames(t *testing.T) {
	named := func(features, classes []string) *dataset.Dataset {
		d := randomSet(4, 2, 2, 1)
		d.FeatureNames, d.ClassNames = features, classes
		return d
	}
	cfg := Config{Hidden: []int{}, Epochs: 1}
	good := named([]string{"a", "b"}, []string{"no", "yes"})
	for text, other := range map[string]*dataset.Dataset{
		`train: validation set: feature 0: got "b", want "a" as in the training set: Dataset.WithFeatures brings them ` +
			`into its order`: named([]string{"b", "a"}, nil),
		`train: validation set: class 1: got "perhaps", want "yes" as in the training set: Dataset.WithClasses brings ` +
			`them into its order`: named(nil, []string{"no", "perhaps"}),
	} {
		_, _, err := Fit(context.Background(), cfg, good, other, nil)
		require.ErrorIs(t, err, ErrMismatch)
		require.EqualError(t, err, text)
		_, _, err = Fit(context.Background(), cfg, named(nil, nil), other, nil)
		require.NoError(t, err)
	}
	_, _, err := Fit(context.Background(), cfg, good, good, nil)
	require.NoError(t, err)
}

func requireError(t *testing.T, err, kind error, prefix, text, name string) {
	t.Helper()
	require.ErrorIs(t, err, kind, name)
	require.Truef(t, strings.HasPrefix(err.Error(), prefix), "%s: %v", name, err)
	require.Contains(t, err.Error(), text, name)
	require.NotContains(t, err.Error(), "\n", name)
}

// rogue is a loss that fails as it is told after some rows.
type rogue struct{ Value float64 }

func (r rogue) Row(row losses.Row) float64 {
	if r.Value == -1 {
		panic("no idea")
	}
	return r.Value
}

func TestDivergence(t *testing.T) {
	set := randomSet(4, 3, 2, 1)
	for _, v := range []float64{math.NaN(), math.Inf(1)} {
		m, h, err := Fit(context.Background(), Config{BatchSize: 2, Criterion: losses.Criterion{Loss: rogue{v}}}, set,
			nil, nil)
		require.ErrorIs(t, err, ErrDiverged)
		var d *DivergedError
		require.True(t, errors.As(err, &d))
		require.Equal(t, 1, d.Epoch)
		require.Equal(t, 1, d.Batch)
		require.Contains(t, err.Error(), "lower the learn rate (now 0.001)")
		require.Nil(t, m)
		require.Empty(t, h)
	}
	_, _, err := Fit(context.Background(), Config{Criterion: losses.Criterion{Loss: rogue{-1}}}, set, nil, nil)
	require.ErrorIs(t, err, losses.ErrLoss)
	require.Contains(t, err.Error(), "train: epoch 1 batch 1: ")

	// Features that the network cannot hold.
	huge := randomSet(4, 3, 2, 1)
	for i := range huge.Features.Float32s() {
		huge.Features.Float32s()[i] *= 1e38
	}
	_, _, err = Fit(context.Background(), Config{Criterion: losses.Criterion{Loss: losses.MAE{}}}, huge, huge, nil)
	require.ErrorIs(t, err, ErrDiverged)

	// A loss that stays finite while the weights do not.
	_, h, err := Fit(context.Background(), Config{Criterion: losses.Criterion{Loss: steep{}}}, set, set, nil)
	require.EqualError(t, err, "train: epoch 1 batch 1: a weight is no longer finite; lower the learn rate (now 0.001) "+
		"or scale the features")
	require.Empty(t, h)
}

// steep is a loss of value 1 with a gradient beyond float32.
type steep struct{}

func (steep) Row(row losses.Row) float64 {
	if row.Grad != nil {
		row.Grad[0] = 1e300
	}
	return 1
}

func TestModelErrors(t *testing.T) {
	m := newModel([]int{3, 2}, 1)
	nan := float32(math.NaN())
	for _, c := range []struct {
		x    *tensor.Dense
		kind error
		text string
	}{
		{nil, ErrEmpty, "train: features: got nil, want a tensor with 2 dimensions"},
		{table(make([]float32, 3), 3), ErrMismatch, "train: features: got shape (3), want 2 dimensions"},
		{table(make([]float32, 4), 1, 4), ErrMismatch, "train: features: got 4 columns, want 3, the features of the model"},
		{table(make([]float64, 3), 1, 3), ErrDtype,
			"train: features: got dtype float64, want float32, which a dataset.Scaler makes of the numbers of a table"},
		{table([]float32{0, 0, 0, 0, nan, 0}, 2, 3), ErrValue,
			"train: features: row 1 column 1: got NaN, want a finite number"},
		{table([]float32{float32(math.Inf(1)), 0, 0}, 1, 3), ErrValue,
			"train: features: row 0 column 0: got +Inf, want a finite number"},
	} {
		_, err := m.Predict(c.x)
		require.ErrorIs(t, err, c.kind)
		require.EqualError(t, err, c.text)
		_, err = m.Logits(c.x)
		require.EqualError(t, err, c.text)
	}
	for _, empty := range []*Model{nil, {}} {
		_, err := empty.Predict(table(make([]float32, 3), 1, 3))
		require.ErrorIs(t, err, ErrEmpty)
		_, err = empty.Evaluate(randomSet(1, 3, 2, 1), losses.Criterion{})
		require.ErrorIs(t, err, ErrEmpty)
		_, err = empty.EvaluateGraph(randomSet(1, 3, 2, 1), losses.Criterion{})
		require.ErrorIs(t, err, ErrEmpty)
		require.Empty(t, empty.Layers())
		require.Nil(t, empty.Sizes())
	}
}

// TestTooLargeFeatures: a row of which a sum leaves float32 has no probabilities, and no other row
// minds; what is to measure all of them says which it is.
func TestTooLargeFeatures(t *testing.T) {
	m, err := NewModel([]Layer{{table([]float32{3, -3, 3, 3}, 2, 2), table(make([]float32, 2), 2)}})
	require.NoError(t, err)
	x := table([]float32{1, 1, 3e38, -3e38}, 2, 2)
	p, err := m.Predict(x)
	require.NoError(t, err)
	require.InDelta(t, 1, p.Float32s()[0]+p.Float32s()[1], 1e-6)
	require.True(t, math.IsNaN(float64(p.Float32s()[2])))
	set := &dataset.Dataset{Features: x, Labels: table([]float32{1, 0, 0, 1}, 2, 2)}
	_, err = m.Evaluate(set, losses.Criterion{})
	require.ErrorIs(t, err, ErrValue)
	require.EqualError(t, err, "train: row 1: got features that are too large for the model, want those for which its "+
		"logits are float32")
	_, _, err = Fit(context.Background(), Config{Epochs: 1}, randomSet(8, 2, 2, 1), set, nil)
	require.ErrorIs(t, err, ErrValue)
	require.ErrorContains(t, err, "train: epoch 1: validation set: row 1: got features that are too large")
}
