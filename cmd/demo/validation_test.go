package main

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/cmd/demo/internal/demotest"
	"softloss/cmd/demo/internal/record"
)

func TestValidationErrors(t *testing.T) {
	for args, want := range map[string]string{
		"-validation 0 -patience 3": "-patience needs validation rows to go by: want -validation above 0, or none for 0.1",
		"-calibrate -validation 0":  "-calibrate needs validation rows to go by: want -validation above 0, or none for 0.1",
		"-validation 1":             `invalid value "1" for flag -validation: want a number from 0 to below 1`,
		"-validation -0.1":          `invalid value "-0.1" for flag -validation: want a number from 0 to below 1`,
		"-validation NaN":           `invalid value "NaN" for flag -validation: want a number from 0 to below 1`,
		"-data housing -validation 0.01 -noplots": "-validation 0.01 of 19 training rows: leaves no row on one side, want " +
			"at least 1 on both",
	} {
		refused(t, args, regexp.QuoteMeta(want))
	}
}

// What is held out is reported as such, and the test is looked at once.
func TestValidation(t *testing.T) {
	t.Chdir(t.TempDir())
	code, stdout, stderr := demo(t, "-validation", "0.25", "-epochs", "3", "-hidden", "16", "-noise", "0.2",
		"-tensorboard", "board")
	require.Equal(t, exitDone, code, stderr)
	assert.Contains(t, stdout, "data     digits: 1078 training rows, 360 validation rows, 359 test rows, 64 features, 10 "+
		"classes\n")
	assert.Regexp(t, `\nnoise    \d+ labels of training and validation replaced by a wrong class; the test labels stay `+
		`right\n`, stdout)
	assert.Contains(t, stdout, "   validation loss (nats)   validation accuracy\n")
	assert.Regexp(t, `\ntrain      .+\nvalidation .+\ntest       .+\n`, stdout)
	assert.NotContains(t, stdout, "only 3")
	content, err := os.ReadFile(filepath.Join("demo-out", record.SummaryFile))
	require.NoError(t, err)
	s := decode(t, content)
	assert.Equal(t, []int{1078, 360, 359}, []int{s.Data.TrainRows, s.Data.ValidationRows, s.Data.TestRows})
	for _, e := range s.History {
		assert.True(t, e.ValidationLoss.Finite() && e.ValidationAccuracy.Finite() && e.ValidationECE.Finite())
		assert.False(t, e.TestLoss.Finite() || e.TestAccuracy.Finite() || e.TestECE.Finite())
	}
	last := s.History[2]
	assert.InDelta(t, float64(last.ValidationLoss), float64(s.ValidationLoss), 1e-6)
	assert.InDelta(t, float64(last.ValidationAccuracy), float64(s.ValidationAccuracy), 0)
	assert.Greater(t, s.ValidationLoss, s.ValidationLowestLoss)
	events := demotest.Events(t, "board")
	assert.InDelta(t, float32(last.ValidationLoss), events[3].Scalars["validation/loss"], 0)
	assert.NotContains(t, events[3].Scalars, "test/loss")
	page, err := os.ReadFile(filepath.Join("demo-out", record.ReportFile))
	require.NoError(t, err)
	assert.Contains(t, string(page), "360 rows more, which it did not learn from either, watched the training.")

	_, stdout, _ = demo(t, "-data", "housing", "-hidden", "4", "-epochs", "2", "-validation", "0.2", "-noplots")
	assert.Contains(t, stdout, "note     only 4 validation rows: what goes by them is rough\n")
}

// The test rows choose nothing: with others in their place the run is the same.
func TestTestRowsChooseNothing(t *testing.T) {
	inPairs(t)
	writePairs(t, "c", rowsOf(700, 1000))
	var models []string
	for _, test := range []string{"b", "c"} {
		s := summaryOf(t, "-data a-x.npy -labels a-y.npy -testdata "+test+"-x.npy -testlabels "+test+"-y.npy -epochs 60 -lr "+
			"0.01 -patience 2 -calibrate -out "+test)
		require.True(t, s.StoppedEarly)
		assert.Equal(t, 60, s.Data.ValidationRows)
		assert.InDelta(t, float64(s.History[s.BestEpoch-1].ValidationLoss), float64(s.ValidationLoss), 1e-6,
			"the weights of the best epoch")
		assert.Greater(t, s.ValidationAccuracy, record.Float(0.85), "its features are scaled as the others are")
		content, err := os.ReadFile(filepath.Join(test, record.ModelFile))
		require.NoError(t, err)
		models = append(models, string(content))
	}
	assert.True(t, models[0] == models[1], "weights and temperature")
}
