package show

import (
	"math"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/cmd/demo/internal/figure"
	"softloss/cmd/demo/internal/record"
)

func TestStudyFigure(t *testing.T) {
	s := record.Study{Measure: record.MeasureAccuracy,
		StudyConfig: record.StudyConfig{Losses: []string{"ce", "mae"}, Levels: []float64{0, 0.4}, Seeds: 2},
		Runs:        8, Finished: 3, Cells: []record.Cell{
			{Loss: "ce", Level: 0, Runs: 2, LastMean: 0.97, LastDev: 0.01, BestMean: 0.98, BestDev: 0.01},
			{Loss: "ce", Level: 0.4, Runs: 1, LastMean: 0.86, BestMean: 0.94},
		}}
	for _, best := range []bool{false, true} {
		p := studyLines(&s, best)
		assert.Equal(t, []float64{0, 0.4}, p.XTicks)
		assert.InDelta(t, 1, p.Series[0].Deviations[0], 1e-9)
		assert.True(t, math.IsNaN(p.Series[0].Deviations[1]), "one run has no deviation")
		assert.Equal(t, [][]int{{0}}, p.LegendRows(figure.Narrow), "mae has no point")
	}
	require.NoError(t, StudyFigure(&s).Write(filepath.Join(t.TempDir(), "x.png")))
	s.Measure, s.Levels, s.Cells = record.MeasureKL, []float64{0}, s.Cells[1:]
	s.Cells[0].Level = 0
	require.NoError(t, StudyFigure(&s).Write(filepath.Join(t.TempDir(), "x.png")))
}

// One run has no deviation; what is missing is said.
func TestStudyTitles(t *testing.T) {
	s := record.Study{Measure: record.MeasureAccuracy, StudyConfig: record.StudyConfig{Seeds: 1}, Runs: 4, Finished: 4}
	assert.Equal(t, "accuracy on clean test rows in %, last epoch, 1 run", studyTitle(&s, false))
	assert.Equal(t, "95.7", studyText(&s, &record.Cell{Runs: 1, LastMean: 0.957}, false))
	s.Seeds = 3
	assert.Equal(t, "accuracy on clean test rows in %, last epoch, mean ± deviation of 3 runs", studyTitle(&s, false))
	assert.Equal(t, "95.7 ± 0.4", studyText(&s, &record.Cell{Runs: 3, LastMean: 0.957, LastDev: 0.004}, false))
	s.Finished = 3
	assert.Equal(t, "accuracy on clean test rows in %, best epoch of each run, mean ± deviation of up to 3 runs",
		studyTitle(&s, true))
	assert.Equal(t, "95.7 (n = 1)", studyText(&s, &record.Cell{Runs: 1, BestMean: 0.957}, true))
	assert.Equal(t, "95.7 ± 0.1 (n = 2)", studyText(&s, &record.Cell{Runs: 2, BestMean: 0.957, BestDev: 0.001}, true))
	s.Measure = record.MeasureKL
	assert.Equal(t, "0.1235 (n = 1)", studyText(&s, &record.Cell{Runs: 1, LastMean: 0.12346}, false))
}
