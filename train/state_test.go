package train

import (
	"context"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/losses"
)

func TestSameRun(t *testing.T) {
	set := randomSet(20, 3, 2, 1)
	cfg := Config{Hidden: []int{4}, Epochs: 1, LearnRate: 0.001, Criterion: losses.Criterion{}}
	var state *State
	_, _, err := Fit(context.Background(), cfg, set, nil, func(p Progress) { state = p.State() })
	require.NoError(t, err)

	require.NoError(t, state.SameRun(cfg, set, nil))
	more := cfg
	more.Epochs, more.Checkpoint = 9, "elsewhere"
	require.NoError(t, state.SameRun(more, set, nil))
	require.EqualError(t, (*State)(nil).SameRun(cfg, set, nil),
		"train: state: got nil, want one of ReadCheckpoint or Progress.State")
	require.ErrorIs(t, state.SameRun(cfg, nil, nil), ErrEmpty)
	require.ErrorIs(t, state.SameRun(Config{Epochs: -1}, set, nil), ErrConfig)

	differs := func(change func(c *Config), want OtherRunError, text string) {
		t.Helper()
		other := cfg
		change(&other)
		err := state.SameRun(other, set, nil)
		require.Equal(t, &want, err)
		require.ErrorIs(t, err, ErrState)
		require.EqualError(t, err, "train: state: "+text)
	}
	differs(func(c *Config) { c.LearnRate = 0.1 }, OtherRunError{"LearnRate", 0.001, 0.1},
		"LearnRate: the run has 0.001, this configuration 0.1")
	differs(func(c *Config) { c.Hidden = []int{} }, OtherRunError{"Hidden", []int{4}, []int{}},
		"Hidden: the run has [4], this configuration []")
	differs(func(c *Config) { c.Seed, c.Hidden = 2, nil }, OtherRunError{"Seed", uint64(0), uint64(2)},
		"Seed: the run has 0, this configuration 2")
	differs(func(c *Config) { c.Schedule.Warmup = 3 }, OtherRunError{"Schedule", Schedule{}, Schedule{Warmup: 3}},
		"Schedule: the run has {Curve:constant Warmup:0 Floor:0 Steps:0}, this configuration {Curve:constant Warmup:3 "+
			"Floor:0 Steps:0}")

	err = state.SameRun(cfg, set, set)
	require.ErrorContains(t, err, "train: state: ValidSet: the run has none, this configuration 20 rows, 3 features, 2 "+
		"classes, crc32c ")
	err = state.SameRun(cfg, randomSet(21, 3, 2, 1), nil)
	require.ErrorContains(t, err, "train: state: TrainSet: the run has 20 rows, ")
}

// The last epoch that is marked counts.
func TestBest(t *testing.T) {
	h := History{{Epoch: 1, Best: true}, {Epoch: 2, Best: true}, {Epoch: 3}}
	require.Equal(t, 2, h.Best())
	require.Zero(t, h[2:].Best())
	e, ok := h.BestEpoch()
	require.True(t, ok)
	require.Equal(t, h[1], e)
	_, ok = h[2:].BestEpoch()
	require.False(t, ok)
}

// A state says what computed it; another machine is not another run.
func TestSameMachine(t *testing.T) {
	set := randomSet(20, 3, 2, 1)
	cfg := Config{Epochs: 2}
	var state *State
	_, _, err := Fit(context.Background(), cfg, set, nil, func(p Progress) {
		if p.Done != nil && state == nil {
			state = p.State()
		}
	})
	require.NoError(t, err)
	require.NoError(t, state.SameMachine())
	require.Equal(t, runtime.GOARCH+" "+losses.Implementation(), state.Machine)
	dir := t.TempDir()
	state.Machine = "elsewhere"
	require.NoError(t, WriteCheckpoint(dir, state))
	state, err = ReadCheckpoint(dir)
	require.NoError(t, err)
	var e *OtherRunError
	require.ErrorAs(t, state.SameMachine(), &e)
	require.Equal(t, &OtherRunError{"Machine", "elsewhere", Machine()}, e)
	require.EqualError(t, e, "train: state: Machine: the run has elsewhere, this configuration "+Machine())
	_, _, err = Resume(context.Background(), cfg, state, set, nil, nil)
	require.NoError(t, err)
	require.ErrorIs(t, (*State)(nil).SameMachine(), ErrState)
}
