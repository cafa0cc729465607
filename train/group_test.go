package train

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/losses"
	"softloss/train/dataset"
)

// sameOnRanks asserts that a run in shards has the same bits on one process and on 1, 2, 3 and 4
// ranks, on each of which it is equal, and returns it.
func sameOnRanks(t *testing.T, what string, cfg Config, trainSet, validSet *dataset.Dataset) fitted {
	t.Helper()
	var want fitted
	want.model, want.history, want.err = Fit(context.Background(), cfg, trainSet, validSet, nil)
	require.NoError(t, want.err, what)
	for size := 1; size <= 4; size++ {
		for rank, got := range onRanks(t, size, func(g Group) (*Model, History, error) {
			own := cfg
			own.Group = g
			return Fit(context.Background(), own, trainSet, validSet, nil)
		}) {
			require.NoError(t, got.err, what)
			require.Equal(t, want.history, got.history, "%s: rank %d of %d", what, rank, size)
			require.Equal(t, weightsOf(want.model), weightsOf(got.model), "%s: rank %d of %d", what, rank, size)
		}
	}
	return want
}

// A run in shards has the same bits for any number of ranks, with all there is, every reduction and
// link; and it is the run without shards but for roundings.
func TestShardsOnRanks(t *testing.T) {
	cfg, trainSet, validSet := everything(t)
	cfg.Shards, cfg.Epochs = 5, 8 // the last batch, of 13 rows, has shards of 2 and of 3
	require.Less(t, len(sameOnRanks(t, "everything", cfg, trainSet, validSet).history), 9)
	cfg.Mixup, cfg.Shards, cfg.BatchSize = 0, 4, 44 // the last batch has one row, in one shard
	sameOnRanks(t, "small last batch", cfg, trainSet, validSet)
	for _, r := range []losses.Reduction{losses.Mean, losses.Sum, losses.WeightedMean} {
		for i, teacher := range []*Model{nil, cfg.Teacher, nil, cfg.Teacher} {
			c := Config{Hidden: []int{8}, Epochs: 2, BatchSize: 16, Shards: 4, Teacher: teacher, LearnRate: 1e-4,
				Criterion: losses.Criterion{Reduction: r, ClassWeights: []float64{1, 2, 0.5}}}
			if i >= 2 {
				c.Criterion.Link = losses.SigmoidLink
				if teacher != nil {
					c.Teacher = asked(t, teacher)
				}
			}
			what := fmt.Sprint(r, i)
			got := sameOnRanks(t, what, c, trainSet, nil)
			c.Shards = 1
			m, h, err := Fit(context.Background(), c, trainSet, nil, nil)
			require.NoError(t, err)
			require.InEpsilon(t, h[1].Loss, got.history[1].Loss, 1e-5, what)
			require.Equal(t, h[1].Accuracy, got.history[1].Accuracy, what)
			requireClose(t, widen(weightsOf(m)), weightsOf(got.model), 1e-4, 1e-5, what)
		}
	}
}

// Early stopping ends a run on all ranks after the same epoch.
func TestShardsStopEarly(t *testing.T) {
	cfg, trainSet, validSet := everything(t)
	cfg.Shards = 4
	h := sameOnRanks(t, "patience", cfg, trainSet, validSet).history
	require.True(t, h.Best() > 1 && len(h) == h.Best()+cfg.Patience && len(h) < cfg.Epochs)
}

// One shard is no shard, and Shards is a part of what a run is.
func TestOneShard(t *testing.T) {
	cfg, trainSet, validSet := everything(t)
	cfg.Epochs = 2
	want, _, err := Fit(context.Background(), cfg, trainSet, validSet, nil)
	require.NoError(t, err)
	cfg.Shards = 1
	got := sameOnRank(t, cfg, trainSet, validSet)
	require.Equal(t, weightsOf(want), weightsOf(got))

	for _, c := range []struct {
		shards, ranks int
		text          string
	}{
		{-1, 1, "train: shards: got -1, want at least 0 (0 means 1) and at most the batch size 16"},
		{17, 1, "train: shards: got 17, want at least 0 (0 means 1) and at most the batch size 16"},
		{0, 2, "train: shards: got 1, want at least 2, one for each rank"},
	} {
		cfg.Shards, cfg.Group = c.shards, newGroups(t, c.ranks)[0]
		require.EqualError(t, cfg.Validate(), c.text)
		require.ErrorIs(t, cfg.Validate(), ErrConfig)
	}
}

// sameOnRank trains on a group of one.
func sameOnRank(t *testing.T, cfg Config, trainSet, validSet *dataset.Dataset) *Model {
	got := onRanks(t, 1, func(g Group) (*Model, History, error) {
		cfg.Group = g
		return Fit(context.Background(), cfg, trainSet, validSet, nil)
	})[0]
	require.NoError(t, got.err)
	return got.model
}

// A run on some ranks goes on from its checkpoint on another number of them; rank 0 alone reads and
// writes it, and has the observer.
func TestShardsResume(t *testing.T) {
	cfg, trainSet, validSet := everything(t)
	cfg.Shards, cfg.Epochs, cfg.Patience = 4, 6, 9
	want := sameOnRanks(t, "whole", cfg, trainSet, validSet)
	dir := t.TempDir()
	for rank, got := range onRanks(t, 3, func(g Group) (*Model, History, error) {
		own := cfg
		own.Group, own.Checkpoint, own.CheckpointEvery = g, filepath.Join(dir, string(rune('0'+g.Rank()))), 4
		ctx := context.Background()
		var observe Observer = func(p Progress) { t.Errorf("rank %d has an observer", g.Rank()) }
		if g.Rank() == 0 {
			ctx, observe = stopAfter(3, 2)
		}
		return Fit(ctx, own, trainSet, validSet, observe)
	}) {
		require.Len(t, got.history, 2)
		require.NotNil(t, got.model)
		if rank == 0 {
			require.Equal(t, context.Canceled, got.err)
		} else {
			require.Equal(t, &RankError{Rank: 0, Stopped: true}, got.err)
		}
	}
	written, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	require.Equal(t, []string{filepath.Join(dir, "0")}, written)
	state, err := ReadCheckpoint(written[0])
	require.NoError(t, err)
	require.Equal(t, 2, state.Epoch)
	for size := 1; size <= 4; size++ {
		for _, got := range onRanks(t, size, func(g Group) (*Model, History, error) {
			own := cfg
			if own.Group = g; g.Rank() > 0 {
				return Fit(context.Background(), own, trainSet, validSet, nil)
			}
			return Resume(context.Background(), own, state, trainSet, validSet, nil)
		}) {
			require.NoError(t, got.err)
			require.Equal(t, want.history, got.history)
			require.Equal(t, weightsOf(want.model), weightsOf(got.model))
		}
	}
}

// An error of one rank ends all: with that error there, with a *RankError elsewhere.
func TestShardsErrors(t *testing.T) {
	cfg, trainSet, validSet := everything(t)
	cfg.Shards, cfg.Epochs = 4, 3
	for what, c := range map[string]struct {
		change func(cfg *Config) // of rank 1
		text   string
	}{
		"configuration": {func(cfg *Config) { cfg.Hidden = []int{0} },
			"train: hidden layer 1: got size 0, want at least 1"},
		"other run": {func(cfg *Config) { cfg.LearnRate = 1 },
			"train: rank 1, compared with rank 0: state: LearnRate: the run has 0.008, this configuration 1"},
		"epochs": {func(cfg *Config) { cfg.Epochs = 4 },
			"train: rank 1, compared with rank 0: state: Epochs: the run has 3, this configuration 4"},
	} {
		for rank, got := range onRanks(t, 3, func(g Group) (*Model, History, error) {
			own := cfg
			if own.Group = g; g.Rank() == 1 {
				c.change(&own)
			}
			return Fit(context.Background(), own, trainSet, validSet, nil)
		}) {
			require.Nil(t, got.model, what)
			if rank == 1 {
				require.EqualError(t, got.err, c.text, what)
			} else {
				require.Equal(t, &RankError{Rank: 1}, got.err, what)
				require.EqualError(t, got.err, "train: rank 1 failed")
			}
		}
	}
}

// A loss that is no number fails at least on the rank that has the row, and no rank has a model.
func TestShardsOfALossThatIsNoNumber(t *testing.T) {
	cfg, trainSet, validSet := everything(t)
	cfg.Shards, cfg.Epochs = 4, 3
	cfg.Criterion = losses.Criterion{Loss: late{}}
	lateCalls.Store(0)
	failed := 0
	for _, got := range onRanks(t, 2, func(g Group) (*Model, History, error) {
		own := cfg
		own.Group = g
		return Fit(context.Background(), own, trainSet, validSet, nil)
	}) {
		require.Nil(t, got.model)
		var other *RankError
		if !errors.As(got.err, &other) {
			failed++
		}
	}
	require.Positive(t, failed)
}

func TestGroupThatHasBrokenDown(t *testing.T) {
	cfg, trainSet, validSet := everything(t)
	broken := errors.New("rank 1 is gone")
	group := newGroups(t, 1)[0]
	group.hub.err = broken
	cfg.Shards, cfg.Epochs, cfg.Group = 4, 3, group
	_, _, err := Fit(context.Background(), cfg, trainSet, validSet, nil)
	require.ErrorIs(t, err, broken)
	require.Equal(t, "rank 1 is gone", plain(err))
}
