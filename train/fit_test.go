package train

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/internal/numtest"
	"softloss/internal/parallel"
	"softloss/losses"
	"softloss/train/dataset"
	"softloss/train/metric"
)

func digits(t testing.TB) (trainSet, testSet *dataset.Dataset) {
	t.Helper()
	d, err := dataset.Digits()
	require.NoError(t, err)
	trainSet, testSet, err = d.Split(0.3, 1)
	require.NoError(t, err)
	return trainSet, testSet
}

// weightsOf returns all weights of a model.
func weightsOf(m *Model) (out []float32) {
	for _, l := range m.Layers() {
		out = append(append(out, l.Weights.Float32s()...), l.Bias.Float32s()...)
	}
	return out
}

func TestFitLearnsDigits(t *testing.T) {
	trainSet, testSet := digits(t)
	c := losses.SoftLabelCriterion(0.1, losses.Mean)
	m, h, err := Fit(context.Background(), Config{Epochs: 15, Seed: 1, Criterion: c}, trainSet, testSet, nil)
	require.NoError(t, err)
	require.Len(t, h, 15)
	require.Equal(t, []int{64, 256, 10}, m.Sizes())
	last := h[14].Valid
	require.GreaterOrEqual(t, last.Accuracy, 0.95)
	require.Less(t, h[14].Loss, h[0].Loss/2)

	again, err := m.Evaluate(testSet, c)
	require.NoError(t, err)
	require.Equal(t, *last, again)
	inGraph, err := m.EvaluateGraph(testSet, c)
	require.NoError(t, err)
	require.True(t, numtest.Close(inGraph, again.Loss, 1e-6, 0))

	probs, err := m.Predict(testSet.Features)
	require.NoError(t, err)
	acc, err := metric.Accuracy(probs, testSet.Labels, nil)
	require.NoError(t, err)
	require.Equal(t, last.Accuracy, acc)
	ece, err := metric.ECE(probs, testSet.Labels, nil, 15)
	require.NoError(t, err)
	require.Equal(t, last.ECE, ece)
}

// Every criterion learns: both reductions, probabilities, other losses, one of a user's own, a
// linear classifier.
func TestFitCriteria(t *testing.T) {
	trainSet, testSet := digits(t)
	for name, c := range testCriteria() {
		cfg := Config{Hidden: []int{32}, Epochs: 6, LearnRate: 5e-3, Criterion: c}
		_, h, err := Fit(context.Background(), cfg, trainSet, testSet, nil)
		require.NoError(t, err, name)
		require.Greater(t, h[5].Valid.Accuracy, 0.85, name)
		require.Less(t, h[5].Loss, h[0].Loss, name)
	}
	m, h, err := Fit(context.Background(), Config{Hidden: []int{}, Epochs: 6, LearnRate: 5e-3}, trainSet, testSet, nil)
	require.NoError(t, err)
	require.Equal(t, []int{64, 10}, m.Sizes())
	require.Greater(t, h[5].Valid.Accuracy, 0.9)
}

// The epoch's loss is the mean over the rows, wherever batches are cut and whatever the reduction.
// (A tiny learn rate keeps the weights.)
func TestEpochLoss(t *testing.T) {
	set := randomSet(23, 4, 3, 1)
	set.Counts = make([]float64, 23)
	for i := range set.Counts {
		set.Counts[i] = float64(1 + i%4)
	}
	for _, r := range []losses.Reduction{losses.Mean, losses.Sum} {
		for _, batch := range []int{1, 5, 22, 23, 100} {
			c := losses.Criterion{Reduction: r}
			m, h, err := Fit(context.Background(),
				Config{Hidden: []int{4}, Epochs: 1, BatchSize: batch, LearnRate: 1e-12, Criterion: c}, set, set, nil)
			require.NoError(t, err)
			require.True(t, numtest.Close(h[0].Loss, h[0].Valid.Loss, 1e-6, 0), "%v/%d: %v, want %v", r, batch,
				h[0].Loss, h[0].Valid.Loss)
			inGraph, err := m.EvaluateGraph(set, c)
			require.NoError(t, err)
			require.True(t, numtest.Close(inGraph, h[0].Valid.Loss, 1e-6, 0))
		}
	}
}

// Counts count: a row of count 3 is three rows.
func TestCountsAreRepetitions(t *testing.T) {
	set := randomSet(4, 3, 2, 1)
	set.Counts = []float64{1, 3, 2, 2}
	long, err := set.Subset([]int{0, 1, 1, 1, 2, 2, 3, 3})
	require.NoError(t, err)
	long.Counts = nil
	cfg := Config{Hidden: []int{5}, Epochs: 20, LearnRate: 1e-2}
	a, ha, err := Fit(context.Background(), cfg, set, set, nil)
	require.NoError(t, err)
	b, hb, err := Fit(context.Background(), cfg, long, long, nil)
	require.NoError(t, err)
	requireClose(t, widen(weightsOf(a)), weightsOf(b), 1e-3, 1e-4, "weights")
	for i := range ha {
		require.True(t, numtest.Close(ha[i].Loss, hb[i].Loss, 1e-4, 0))
		require.True(t, numtest.Close(ha[i].Valid.Accuracy, hb[i].Valid.Accuracy, 1e-9, 0))
		require.True(t, numtest.Close(ha[i].Valid.ECE, hb[i].Valid.ECE, 1e-3, 0))
	}
	require.Nil(t, rowWeights(nil))
	for _, w := range rowWeights([]float64{1e308, 1e308, 1e308, 5e-324}) {
		require.True(t, w > 0 && w < 2)
	}
}

// One seed gives one history and one set of weights, to the last bit, for any GOMAXPROCS; another
// seed does not. The sizes are big enough for blocked, parallel matrix products.
func TestFitIsDeterministic(t *testing.T) {
	defer parallel.AlwaysHelped()()
	trainSet, testSet := digits(t)
	cfg := Config{Hidden: []int{200, 136}, Epochs: 2, BatchSize: 200, Seed: 3,
		Criterion: losses.SoftLabelCriterion(0.1, losses.Mean)}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	var first *Model
	var want History
	for i, procs := range []int{1, 2, 4, 4} {
		runtime.GOMAXPROCS(procs)
		m, h, err := Fit(context.Background(), cfg, trainSet, testSet, nil)
		require.NoError(t, err)
		if i == 0 {
			first, want = m, h
			continue
		}
		require.Equal(t, want, h)
		require.Equal(t, weightsOf(first), weightsOf(m))
	}
	cfg.Seed++
	m, _, err := Fit(context.Background(), cfg, trainSet, testSet, nil)
	require.NoError(t, err)
	require.NotEqual(t, weightsOf(first), weightsOf(m))
}

// Runs in several goroutines do not disturb one another.
func TestFitConcurrently(t *testing.T) {
	set := randomSet(40, 5, 3, 1)
	var wg sync.WaitGroup
	models, errs := make([]*Model, 4), make([]error, 4)
	for i := range models {
		wg.Go(func() {
			models[i], _, errs[i] = Fit(context.Background(), Config{Epochs: 3, BatchSize: 16}, set, set, nil)
			if errs[i] == nil {
				_, errs[i] = models[i].EvaluateGraph(set, losses.Criterion{})
			}
		})
	}
	wg.Wait()
	for i := range models {
		require.NoError(t, errs[i])
		require.Equal(t, weightsOf(models[0]), weightsOf(models[i]))
	}
}

// One feature, one question, one row, one hidden unit: everything of size 1 works.
func TestFitSmallestSizes(t *testing.T) {
	for _, s := range [][4]int{{1, 1, 1, 1}, {5, 1, 1, 1}, {5, 1, 2, 1}, {5, 2, 1, 3}, {1, 3, 2, 2}} { // N, D, K, H
		set := randomSet(s[0], s[1], s[2], 1)
		for name, c := range testCriteria() {
			what := fmt.Sprint(s, name)
			if s[2] == 1 { // a softmax of one class learns nothing
				c.Link = losses.SigmoidLink
			}
			m, h, err := Fit(context.Background(), Config{Hidden: []int{s[3]}, Epochs: 4, BatchSize: 2, Criterion: c},
				set, set, nil)
			require.NoError(t, err, what)
			require.True(t, h[3].Loss <= h[0].Loss+1e-3, what)
			inGraph, err := m.EvaluateGraph(set, c)
			require.NoError(t, err, what)
			require.True(t, numtest.Close(inGraph, h[3].Valid.Loss, 1e-5, 1e-7), what)
		}
	}
}

// Views and transposes train as their copies do, and nothing is written to the sets.
func TestFitOnViews(t *testing.T) {
	plain := randomSet(9, 4, 3, 1)
	x := plain.Features.Clone().(*tensor.Dense)
	require.NoError(t, x.T())
	require.NoError(t, x.Transpose())
	require.NoError(t, x.T()) // [9, 4] that lies in memory as [4, 9]
	viewed := &dataset.Dataset{Features: x, Labels: plain.Labels}
	cfg := Config{Hidden: []int{4}, Epochs: 2, BatchSize: 4}
	before := append([]float32(nil), plain.Features.Float32s()...)
	a, ha, err := Fit(context.Background(), cfg, plain, plain, nil)
	require.NoError(t, err)
	b, hb, err := Fit(context.Background(), cfg, viewed, viewed, nil)
	require.NoError(t, err)
	require.Equal(t, ha, hb)
	require.Equal(t, weightsOf(a), weightsOf(b))
	require.Equal(t, before, plain.Features.Float32s())
}

// A run is its parts: initial weights of the seed, batches of seed and epoch, one step each.
func TestFitIsItsParts(t *testing.T) {
	set := randomSet(23, 4, 3, 1)
	cfg := Config{Hidden: []int{6}, Epochs: 3, BatchSize: 10, Seed: 9}
	got, _, err := Fit(context.Background(), cfg, set, nil, nil)
	require.NoError(t, err)
	m := newModel([]int{4, 6, 3}, 9)
	n, err := newNetwork(m, losses.Criterion{}, 10, purpose{train: true})
	require.NoError(t, err)
	a := newAdam(m, Config{})
	for epoch := range 3 {
		batches, err := dataset.Batches{N: 23, Size: 10, Seed: 9}.Epoch(epoch)
		require.NoError(t, err)
		for rows := range batches {
			require.NoError(t, n.load(set, rows, nil))
			_, err := n.run()
			require.NoError(t, err)
			a.step(n.grads, 1e-3)
		}
	}
	require.Equal(t, weightsOf(m), weightsOf(got))
}
