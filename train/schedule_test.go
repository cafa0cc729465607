package train

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSchedule(t *testing.T) {
	const run = 10
	for _, c := range []struct {
		s    Schedule
		step int
		want float64
	}{
		{Schedule{}, 1, 1},
		{Schedule{}, 10, 1},
		{Schedule{Warmup: 4}, 1, 0.25},
		{Schedule{Warmup: 4}, 3, 0.75},
		{Schedule{Warmup: 4}, 4, 1},
		{Schedule{Warmup: 4}, 5, 1},
		{Schedule{Warmup: 40}, 10, 0.25},
		{Schedule{Curve: Cosine}, 1, 1},
		{Schedule{Curve: Cosine}, 6, 0.5},
		{Schedule{Curve: Cosine}, 10, (1 + math.Cos(math.Pi*0.9)) / 2},
		{Schedule{Curve: Cosine}, 11, 0},
		{Schedule{Curve: Cosine}, 1000, 0},
		{Schedule{Curve: Cosine, Floor: 0.2}, 6, 0.6},
		{Schedule{Curve: Cosine, Floor: 0.2}, 11, 0.2},
		{Schedule{Curve: Cosine, Floor: 1}, 7, 1},
		{Schedule{Curve: Cosine, Warmup: 2}, 1, 0.5},
		{Schedule{Curve: Cosine, Warmup: 2}, 2, 1},
		{Schedule{Curve: Cosine, Warmup: 2}, 3, 1},
		{Schedule{Curve: Cosine, Warmup: 2}, 7, 0.5},
		{Schedule{Curve: Cosine, Warmup: 2, Floor: 0.1}, 5, 0.1 + 0.9*(1+math.Cos(math.Pi/4))/2},
		{Schedule{Curve: Cosine, Steps: 4}, 3, 0.5},
		{Schedule{Curve: Cosine, Steps: 4, Floor: 0.3}, 8, 0.3},
		{Schedule{Curve: Cosine, Steps: 20}, 11, 0.5},
		{Schedule{Curve: Cosine, Warmup: 10}, 10, 1},
		{Schedule{Curve: Cosine, Warmup: 10, Floor: 0.5}, 11, 0.5},
		{Schedule{Curve: Cosine, Warmup: 30, Floor: 0.5}, 31, 0.5},
	} {
		require.InDelta(t, c.want, c.s.Factor(c.step, run), 1e-15, "%+v step %d", c.s, c.step)
		require.NoError(t, c.s.validate())
	}
	for _, bad := range []Schedule{{Curve: 2}, {Curve: -1}, {Warmup: -1}, {Steps: -1}, {Floor: -0.1}, {Floor: 1.1},
		{Floor: math.NaN()}} {
		require.ErrorIs(t, Config{Schedule: bad}.Validate(), ErrConfig, "%+v", bad)
	}
	require.Equal(t, "constant cosine unknown curve", Constant.String()+" "+Cosine.String()+" "+Curve(9).String())
}

// The steps of a run have the rates of its schedule.
func TestFitFollowsTheSchedule(t *testing.T) {
	set := randomSet(23, 4, 3, 1)
	cfg := Config{Hidden: []int{6}, Epochs: 4, BatchSize: 10, LearnRate: 0.02,
		Schedule: Schedule{Curve: Cosine, Warmup: 4, Floor: 0.1}}
	m, h, err := Fit(context.Background(), cfg, set, nil, nil)
	require.NoError(t, err)
	for i, e := range h {
		require.Equal(t, 0.02*cfg.Schedule.Factor(3*(i+1), 12), e.LearnRate)
	}
	require.NotEqual(t, h[2].LearnRate, h[3].LearnRate)

	own := newModel([]int{4, 6, 3}, 0)
	f := fittingOf(t, cfg, set, own)
	step := 0
	for epoch := 1; epoch <= 4; epoch++ {
		batches, err := f.batches.Epoch(epoch - 1)
		require.NoError(t, err)
		for rows := range batches {
			step++
			require.NoError(t, f.nets[0].load(set, rows, nil))
			_, err := f.nets[0].run()
			require.NoError(t, err)
			f.adam.step(f.nets[0].grads, 0.02*cfg.Schedule.Factor(step, 12))
		}
	}
	require.Equal(t, weightsOf(own), weightsOf(m))
}
