package train

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
	"softloss/losses"
	"softloss/train/dataset"
)

// overfitting returns sets on which the validation loss soon goes up: random labels.
func overfitting() (trainSet, validSet *dataset.Dataset, cfg Config) {
	return randomSet(40, 6, 3, 1), randomSet(30, 6, 3, 2), Config{Hidden: []int{32}, Epochs: 40, BatchSize: 16,
		LearnRate: 5e-3, Seed: 3}
}

func TestEarlyStopping(t *testing.T) {
	trainSet, validSet, cfg := overfitting()
	_, all, err := Fit(context.Background(), cfg, trainSet, validSet, nil)
	require.NoError(t, err)
	best := all.Best()
	require.True(t, best > 1 && best < 30, "epoch %d", best) // or the test says nothing
	low := math.Inf(1)
	for i, e := range all {
		require.Equal(t, e.Valid.Loss < low, e.Best, "epoch %d", i+1)
		low = min(low, e.Valid.Loss)
	}

	cfg.Patience = 4
	m, h, err := Fit(context.Background(), cfg, trainSet, validSet, nil)
	require.NoError(t, err)
	require.Equal(t, best, h.Best())
	require.Len(t, h, best+4)
	require.Equal(t, all[:len(h)], h)
	got, err := m.Evaluate(validSet, losses.Criterion{})
	require.NoError(t, err)
	require.Equal(t, *h[best-1].Valid, got)
	short := cfg
	short.Epochs, short.Patience = best, 0
	want, _, err := Fit(context.Background(), short, trainSet, validSet, nil)
	require.NoError(t, err)
	require.Equal(t, weightsOf(want), weightsOf(m)) // the weights of the best epoch, all of them

	cfg.Patience = 100 // the end of the run restores them as well
	m, h, err = Fit(context.Background(), cfg, trainSet, validSet, nil)
	require.NoError(t, err)
	require.Len(t, h, 40)
	require.Equal(t, weightsOf(want), weightsOf(m))

	cfg.Patience, cfg.MinDelta = 3, 100 // nothing is better than the first
	_, h, err = Fit(context.Background(), cfg, trainSet, validSet, nil)
	require.NoError(t, err)
	require.Len(t, h, 4)
	require.Equal(t, 1, h.Best())

	_, _, err = Fit(context.Background(), cfg, trainSet, nil, nil)
	require.EqualError(t, err, "train: patience: got 3 without a validation set, want one to watch (0 is off)")
	require.Zero(t, History{}.Best())
}

// What is better: a number beats none, a NaN is none, an infinity is beaten by every number.
func TestBetter(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	f := &fitting{cfg: Config{Patience: 2, MinDelta: 0.5}, model: newModel([]int{2, 2}, 1)}
	for epoch, c := range []struct {
		loss float64
		want bool
	}{{loss: nan}, {loss: inf, want: true}, {loss: inf}, {loss: 9, want: true}, {loss: 8.5}, {loss: 8.4,
		want: true}, {loss: nan}, {loss: 7.95}, {loss: -inf,
		want: true}} {
		require.Equal(t, c.want, f.better(epoch+1, c.loss), "epoch %d", epoch+1)
		require.Equal(t, c.want || epoch > 0, f.best.layers != nil)
	}
	require.Equal(t, 9, f.best.epoch)
}

// The accuracy of an epoch is that of the logits before each step. (A tiny learn rate keeps the
// weights.)
func TestEpochAccuracy(t *testing.T) {
	set := randomSet(23, 4, 3, 1)
	for _, counts := range []bool{false, true} {
		set.Counts = nil
		if counts {
			for i := range 23 {
				set.Counts = append(set.Counts, float64(1+i%5))
			}
		}
		for _, c := range testCriteria() {
			for _, batch := range []int{1, 5, 23} {
				cfg := Config{Hidden: []int{4}, Epochs: 1, BatchSize: batch, LearnRate: 1e-12, Criterion: c}
				_, h, err := Fit(context.Background(), cfg, set, set, nil)
				require.NoError(t, err)
				require.True(t, numtest.Close(h[0].Accuracy, h[0].Valid.Accuracy, 1e-6, 0), "%v, want %v",
					h[0].Accuracy, h[0].Valid.Accuracy)
			}
		}
		// A real learn rate: the accuracy of one whole batch is that of the initial weights.
		_, h, err := Fit(context.Background(), Config{Hidden: []int{4}, Epochs: 2, BatchSize: 23, LearnRate: 0.5},
			set, set, nil)
		require.NoError(t, err)
		first, err := newModel([]int{4, 4, 3}, 0).Evaluate(set, losses.Criterion{})
		require.NoError(t, err)
		require.InDelta(t, first.Accuracy, h[0].Accuracy, 1e-6)
		require.InDelta(t, h[0].Valid.Accuracy, h[1].Accuracy, 1e-6)
	}
	want := rowWeights(set.Counts)
	for i, w := range RowWeights(set) {
		require.Equal(t, float64(want[i]), w)
	}
	require.Len(t, RowWeights(set), 23)
	require.Nil(t, RowWeights(nil))
	require.Nil(t, RowWeights(randomSet(3, 2, 2, 1)))
}

func TestCancellation(t *testing.T) {
	set := randomSet(30, 4, 3, 1)
	cfg := Config{Hidden: []int{4}, Epochs: 3, BatchSize: 10}
	ctx, cancel := context.WithCancel(context.Background())
	steps := 0
	m, h, err := Fit(ctx, cfg, set, set, func(p Progress) {
		if steps++; steps == 5 {
			cancel()
		}
	})
	require.Equal(t, context.Canceled, err)
	require.Equal(t, 5, steps)
	require.Len(t, h, 1)
	_, err = m.Predict(set.Features)
	require.NoError(t, err)
	whole, all, err := Fit(context.Background(), cfg, set, set, nil)
	require.NoError(t, err)
	require.Equal(t, all[:1], h)
	require.NotEqual(t, weightsOf(whole), weightsOf(m))

	m, h, err = Fit(ctx, cfg, set, nil, nil) // ended before it began: the initial weights
	require.Equal(t, context.Canceled, err)
	require.Empty(t, h)
	require.Equal(t, weightsOf(newModel([]int{4, 4, 3}, 0)), weightsOf(m))

	expired, cancel := context.WithTimeout(context.Background(), 0)
	defer cancel()
	_, _, err = Fit(expired, cfg, set, nil, nil)
	require.Equal(t, context.DeadlineExceeded, err)
}
