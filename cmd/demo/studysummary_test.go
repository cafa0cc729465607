package main

import (
	"math"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestStudyFigure(t *testing.T) {
	s := studySummary{Measure: measureAccuracy, Losses: []string{"ce", "mae"}, Noise: []float64{0, 0.4}, Seeds: 2, Runs: 8, Finished: 3, Cells: []studyCell{
		{Loss: "ce", Noise: 0, Runs: 2, LastMean: 0.97, LastDev: 0.01, BestMean: 0.98, BestDev: 0.01}, {Loss: "ce", Noise: 0.4, Runs: 1, LastMean: 0.86, BestMean: 0.94},
	}}
	for _, best := range []bool{false, true} {
		p := s.lines(best)
		assert.Equal(t, []float64{0, 0.4}, p.xTicks)
		assert.InDelta(t, 1, p.series[0].errs[0], 1e-9)
		assert.True(t, math.IsNaN(p.series[0].errs[1]), "one run has no deviation")
		assert.Equal(t, [][]int{{0}}, p.legendRows(narrow), "mae has no point")
	}
	require.NoError(t, s.figure().write(filepath.Join(t.TempDir(), "x.png")))
	s.Measure, s.Noise, s.Cells = measureKL, []float64{0}, s.Cells[1:]
	s.Cells[0].Noise = 0
	require.NoError(t, s.figure().write(filepath.Join(t.TempDir(), "x.png")))
}

// One run has no deviation; what is missing is said.
func TestStudyTitles(t *testing.T) {
	s := studySummary{Measure: measureAccuracy, Seeds: 1, Runs: 4, Finished: 4}
	assert.Equal(t, "accuracy on clean test rows in %, last epoch, 1 run", s.title(false))
	assert.Equal(t, "95.7", s.text(&studyCell{Runs: 1, LastMean: 0.957}, false))
	s.Seeds = 3
	assert.Equal(t, "accuracy on clean test rows in %, last epoch, mean ± deviation of 3 runs", s.title(false))
	assert.Equal(t, "95.7 ± 0.4", s.text(&studyCell{Runs: 3, LastMean: 0.957, LastDev: 0.004}, false))
	s.Finished = 3
	assert.Equal(t, "accuracy on clean test rows in %, best epoch of each run, mean ± deviation of up to 3 runs", s.title(true))
	assert.Equal(t, "95.7 (n = 1)", s.text(&studyCell{Runs: 1, BestMean: 0.957}, true))
	assert.Equal(t, "95.7 ± 0.1 (n = 2)", s.text(&studyCell{Runs: 2, BestMean: 0.957, BestDev: 0.001}, true))
	s.Measure = measureKL
	assert.Equal(t, "0.1235 (n = 1)", s.text(&studyCell{Runs: 1, LastMean: 0.12346}, false))
}

func TestTimeLeft(t *testing.T) {
	for _, tc := range []struct {
		left time.Duration
		runs int
		want string
	}{
		{0, 0, "nothing left"}, {0, 2, "less than 1 s left"}, {900 * time.Millisecond, 1, "less than 1 s left"},
		{1400 * time.Millisecond, 1, "about 1 s left"}, {89 * time.Second, 1, "about 89 s left"}, {150 * time.Second, 1, "about 3 min left"},
	} {
		assert.Equal(t, tc.want, timeLeft(tc.left, tc.runs))
	}
}
