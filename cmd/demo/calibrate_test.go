package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/cmd/demo/internal/demotest"
	"softloss/cmd/demo/internal/predict"
	"softloss/cmd/demo/internal/record"
	"softloss/losses"
	"softloss/train"
	"softloss/train/dataset"
)

// The temperature is saved: the model file says of the test rows what the summary says after the
// calibration.
func TestCalibrate(t *testing.T) {
	inPairs(t)
	code, stdout, stderr := demo(t, strings.Fields("-data a-x.npy -labels a-y.npy -testdata b-x.npy -testlabels b-y.npy "+
		"-alpha 0.1 -epochs 20 -calibrate -validation 0.3")...)
	require.Equal(t, exitDone, code, stderr)
	assert.Regexp(t, `
temperature 0\.\d+, fitted on 180 validation rows:
 +negative log likelihood \(nats\)   calibration error
test, as trained +\d\.\d{4} +\d+\.\d\d %
test, calibrated +\d\.\d{4} +\d+\.\d\d %

`, stdout)
	content, err := os.ReadFile(filepath.Join("demo-out", record.SummaryFile))
	require.NoError(t, err)
	s := decode(t, content)
	c := s.Calibration
	require.NotNil(t, c)
	assert.Less(t, c.Temperature, record.Float(1), "smoothed labels keep the confidence low")
	assert.Less(t, c.NLLAfter, c.NLLBefore)
	assert.Less(t, c.ECEAfter, c.ECEBefore)
	assert.Equal(t, s.ECE, c.ECEBefore)
	assert.Len(t, c.Reliability, record.ReliabilityBins)

	saved, err := train.Load("demo-out/model.safetensors")
	require.NoError(t, err)
	assert.InDelta(t, float64(c.Temperature), saved.Temperature, 0)
	set, err := dataset.ReadArrays("b-x.npy", "b-y.npy", dataset.ArrayOptions{})
	require.NoError(t, err)
	folded, err := saved.Fold(nil)
	require.NoError(t, err)
	m, err := folded.Evaluate(set, losses.Criterion{})
	require.NoError(t, err)
	assert.InDelta(t, float64(c.NLLAfter), m.Loss, 1e-5)
	assert.InDelta(t, float64(c.ECEAfter), m.ECE, 1e-5)
	assert.InDelta(t, float64(s.TestAccuracy), m.Accuracy, 0)

	_, stdout, _ = demo(t, "predict", "-json", "b-x.npy")
	var got []predict.Prediction
	require.NoError(t, json.Unmarshal([]byte(stdout), &got))
	probs, err := saved.Predict(set.Features)
	require.NoError(t, err)
	assert.InDelta(t, probs.Float32s()[0], got[0].Probabilities["0"], 0)
	worst := s.Test.Mistakes[0]
	found := false
	for _, p := range got {
		found = found || p.Class == s.Test.ClassName(worst.Predicted) &&
			abs(p.Probability-worst.Probabilities[worst.Predicted]) < 1e-5
	}
	assert.True(t, found, "the mistakes are those of the saved model")

	page, err := os.ReadFile("demo-out/report.html")
	require.NoError(t, err)
	assert.Equal(t, 8, strings.Count(string(page), "<figure "), "curves 2, mistakes, confusion, reliability 4")
	for _, text := range []string{"ECE, calibrated", "fitted on 180 validation rows; negative log likelihood of the test",
		"Reliability, calibrated, T = 0."} {
		assert.Contains(t, string(page), text)
	}
}

func abs(x float32) float32 { return max(x, -x) }

// Calibration changes no weight, and without it nothing is reported or saved.
func TestCalibrateChangesNoWeights(t *testing.T) {
	t.Chdir(t.TempDir())
	with := summaryOf(t, "-epochs 3 -hidden 8 -validation 0.2 -calibrate -out with")
	without := summaryOf(t, "-epochs 3 -hidden 8 -validation 0.2 -out without")
	assert.Nil(t, without.Calibration)
	demotest.Same(t, with.History, without.History)
	assert.Equal(t, with.TestLoss, without.TestLoss)
	assert.Equal(t, with.Test.Reliability, without.Test.Reliability, "the bars are those of the model as it was trained")
	a, err := train.Load("with/model.safetensors")
	require.NoError(t, err)
	b, err := train.Load("without/model.safetensors")
	require.NoError(t, err)
	assert.Zero(t, b.Temperature)
	assert.Equal(t, a.Model.Layers()[0].Weights.Float32s(), b.Model.Layers()[0].Weights.Float32s())
}

// Where every validation row is right no temperature fits: that is said, and the rest of the run is
// as ever.
func TestNoTemperature(t *testing.T) {
	dir := t.TempDir()
	code, stdout, stderr := demo(t, "-data", testdata("shapes.csv"), "-epochs", "60", "-lr", "0.01",
		"-calibrate", "-out", dir)
	require.Equal(t, exitDone, code, stderr)
	assert.Regexp(t, `\nnot calibrated: .*no temperature fits.+\n`, stdout)
	content, err := os.ReadFile(filepath.Join(dir, record.SummaryFile))
	require.NoError(t, err)
	s := decode(t, content)
	assert.False(t, s.Calibration.Temperature.Finite())
	assert.NotEmpty(t, s.Calibration.Problem)
	saved, err := train.Load(filepath.Join(dir, record.ModelFile))
	require.NoError(t, err)
	assert.Zero(t, saved.Temperature)
	page, err := os.ReadFile(filepath.Join(dir, record.ReportFile))
	require.NoError(t, err)
	assert.Regexp(t, regexp.MustCompile(`<dt>calibration</dt><dd>none: `), string(page))
}

// Of answers that count many people, the temperature is that of the people.
func TestCalibrateWeighted(t *testing.T) {
	s := summaryOf(t, "-data housing -hidden 4 -epochs 100 -lr 0.01 -calibrate -validation 0.5 -noplots")
	require.NotNil(t, s.Calibration)
	assert.True(t, s.Calibration.Temperature.Finite() || s.Calibration.Problem != "")
}
