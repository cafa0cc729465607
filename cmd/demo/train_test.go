package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"image"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/cmd/demo/internal/cli"
	"softloss/cmd/demo/internal/demotest"
	"softloss/cmd/demo/internal/figure"
	"softloss/cmd/demo/internal/record"
	"softloss/internal/phrase"
)

const (
	number = `\d+\.\d{4}`
	score  = `\d+\.\d\d %`

	// quickRun is what a run of three epochs says.
	quickRun = `^data     digits: 1438 training rows, 359 test rows, 64 features, 10 classes
network  64 - 32 - 10
loss     cross entropy, labels smoothed with alpha 0\.1 \(notebook rule\)
training 3 epochs in batches of 64, learning rate 0\.001, seed 1

epoch   train loss \(nats\)    test loss \(nats\)   test accuracy
(    [123] +` + number + ` +` + number + ` +` + score + `\n){3}
          loss \(nats\)  lowest possible    accuracy   calibration error
train +` + number + ` +0\.5003 +` + score + ` +` + score + `
test  +` + number + ` +0\.5003 +` + score + ` +` + score + `

class +precision +recall +F1   support
([0-9] +` + score + ` +` + score + ` +` + score + ` +3\d\n){10}` +
		`mean of the classes +` + score + ` +` + score + ` +` + score + ` +359

always predicting the most frequent class is right in 10\.31 %
negative log likelihood of the labels ` + number + ` nats, Brier score ` + number + ` \(0 is perfect\)

lowest possible: the entropy of the smoothed labels; test is ` + number + ` nats above
calibration error \(ECE\): [^\n]+
[^\n]+
test loss, computed on tensors: \d\.\d{8} nats
  and by a Gorgonia graph:      \d\.\d{8} nats, difference [0-9.e-]+: they agree

wrote demo-out/model\.safetensors
      demo-out/model\.onnx
      demo-out/training_curves\.png
      demo-out/mistakes\.png
      demo-out/confusion\.png
      demo-out/reliability\.png
      demo-out/loss_by_alpha\.png
      demo-out/summary\.json
      demo-out/report\.html
      run\.json
finished in # s
$`
)

// decode reads a summary and allows no field that this version does not write.
func decode(t *testing.T, text []byte) (s record.Run) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	require.NoError(t, d.Decode(&s))
	require.Contains(t, s.Made.Command, "demo train")
	require.NotEmpty(t, s.Made.Version)
	require.WithinDuration(t, time.Now(), s.Made.Date, time.Hour)
	s.Made = nil // the rest is the same from run to run
	return s
}

func TestQuickRun(t *testing.T) {
	t.Chdir(t.TempDir())
	code, stdout, stderr := demo(t, "-epochs", "3", "-hidden", "32", "-json", "run.json")
	assert.Equal(t, exitDone, code)
	assert.Empty(t, stderr)
	assert.Regexp(t, quickRun, withoutTime(stdout))

	text, err := os.ReadFile("run.json")
	require.NoError(t, err)
	s := decode(t, text)
	require.Len(t, s.History, 3)
	last := s.History[2]
	assert.Equal(t, 3, last.Epoch)
	assert.InDelta(t, float64(last.TestLoss), float64(s.TestLoss), 1e-6, "the table is about the model of the last epoch")
	assert.InDelta(t, float64(last.TestAccuracy), float64(s.TestAccuracy), 0)
	assert.InDelta(t, float64(last.TestECE), float64(s.ECE), 1e-6)
	assert.Less(t, last.TrainLoss, s.History[0].TrainLoss, "it learns")
	assert.Greater(t, s.TestAccuracy, record.Float(0.6))
	assert.LessOrEqual(t, s.TestAccuracy, record.Float(1))
	assert.Greater(t, s.TrainAccuracy, record.Float(0.6))
	assert.Greater(t, s.TestLoss, s.TestLowestLoss)
	assert.InDelta(t, -0.91*math.Log(0.91)-9*0.01*math.Log(0.01), float64(s.TestLowestLoss), 1e-6)
	assert.True(t, s.GraphAgrees)
	assert.InDelta(t, float64(s.TestAccuracy), float64(s.Test.Verdict.Accuracy), 1e-12)
	assert.Less(t, s.Test.Verdict.NLL, s.TestLoss, "it is of the labels as they are")
	assert.InDelta(t, float64(s.TestLoss), float64(s.GraphTestLoss), 1e-5)
	assert.Positive(t, s.Seconds)
	assert.False(t, s.Interrupted)
	assert.Equal(t, []int{32}, s.Config.Hidden)
	var want []string
	for _, name := range []string{record.ModelFile, record.OnnxFile, record.TrainingCurvesFile, record.MistakesFile,
		record.ConfusionFile, record.ReliabilityFile, record.LossByAlphaFile, record.SummaryFile, record.ReportFile} {
		want = append(want, filepath.Join("demo-out", name))
		assert.FileExists(t, want[len(want)-1])
	}
	assert.Equal(t, append(want, "run.json"), s.Files)
	demotest.Picture(t, want[6], image.Pt(1650, 1200), figure.LineStyles[0].Color, figure.LineStyles[1].Color,
		figure.LineStyles[2].Color)
	demotest.Picture(t, want[2], image.Pt(1650, 660), figure.LineStyles[0].Color, figure.LineStyles[1].Color,
		figure.FaintStyle.Color)
	assert.Greater(t, last.TrainAccuracy, s.History[0].TrainAccuracy)
	both, err := os.ReadFile(want[7])
	require.NoError(t, err)
	assert.Equal(t, string(text), string(both), "-json and the output folder have the same summary")
}

// The default run keeps what the documentation promises.
func TestDefaultRunIsAccurate(t *testing.T) {
	_, stdout, _ := demo(t, "-json", "-", "-noplots")
	s := decode(t, []byte(stdout))
	assert.GreaterOrEqual(t, s.TestAccuracy, record.Float(0.96))
	assert.Len(t, s.History, 30)
	assert.Equal(t, []string{"demo-out/model.safetensors", "demo-out/model.onnx", "demo-out/summary.json"}, s.Files)
}

func TestJSONOnStdoutStandsAlone(t *testing.T) {
	code, stdout, stderr := demo(t, "-data", testdata("shapes.csv"), "-epochs", "2", "-noplots", "-json", "-")
	assert.Equal(t, exitDone, code)
	assert.Len(t, decode(t, []byte(stdout)).History, 2)
	assert.Contains(t, stderr, "calibration error")
}

func TestSameSeedSameRun(t *testing.T) {
	numbers := func(seed string) record.Run {
		_, stdout, _ := demo(t, "-data", "housing", "-hidden", "4", "-epochs", "3", "-noise", "0.3", "-quiet", "-noplots",
			"-json", "-", "-seed", seed)
		s := decode(t, []byte(stdout))
		s.Seconds = 0
		return s
	}
	demotest.Same(t, numbers("7"), numbers("7"))
	assert.NotEqual(t, numbers("7").History, numbers("8").History)
}

func TestHousingNoiseAndMAE(t *testing.T) {
	_, stdout, _ := demo(t, "-data", "housing", "-hidden", "none", "-epochs", "300", "-lr", "0.01", "-alpha", "0",
		"-noplots", "-json", "-", "-quiet")
	s := decode(t, []byte(stdout))
	assert.True(t, s.Data.SoftLabels)
	assert.True(t, s.Data.Weighted)
	assert.Less(t, float64(s.TrainLoss-s.TrainLowestLoss), 0.05, "a linear model comes near the entropy of the answers")
	assert.Greater(t, s.TrainLoss, s.TrainLowestLoss)

	code, stdout, _ := demo(t, "-loss", "mae", "-alpha", "0", "-noise", "0.25", "-epochs", "2", "-noplots")
	assert.Equal(t, exitDone, code)
	assert.Regexp(t, `\nnoise    3\d\d training labels replaced by a wrong class; the test labels stay right\n`, stdout)
	assert.Contains(t, stdout, "loss     mean absolute error\n")
	assert.Contains(t, stdout, "\ntrain: the numbers are against the labels with noise\n")
	assert.NotContains(t, stdout, "(nats)")
	assert.NotContains(t, stdout, "lowest")

	_, stdout, _ = demo(t, "-validation", "0.2", "-noise", "0.25", "-epochs", "1", "-noplots")
	assert.Contains(t, stdout, "\ntrain and validation: the numbers are against the labels with noise\n")
}

func TestBarOnlyOnATerminal(t *testing.T) {
	args := []string{"-epochs", "3", "-hidden", "8", "-noplots"}
	var stdout, stderr bytes.Buffer
	require.Equal(t, exitDone, execute(context.Background(), nil, args, cli.Console{Stdout: &stdout, Stderr: &stderr,
		Terminal: true, Program: "demo"}))
	assert.Contains(t, stderr.String(), "epoch 1/3")
	assert.Contains(t, stderr.String(), "% [")
	assert.Contains(t, stdout.String(), "epoch  ", "the lines, too")
	assert.NotContains(t, stdout.String(), "\r")

	_, plain, errors := demo(t, args...)
	assert.Empty(t, errors)
	assert.NotContains(t, plain, "\r")
	assert.NotContains(t, plain, "\x1b")
	assert.Contains(t, plain, "epoch  ")

	stdout.Reset()
	stderr.Reset()
	require.Equal(t, exitDone, execute(context.Background(), nil, append(args, "-quiet"), cli.Console{Stdout: &stdout,
		Stderr: &stderr, Terminal: true, Program: "demo"}))
	assert.Empty(t, stdout.String())
	assert.Empty(t, stderr.String())
}

// cancelAt ends a context when a text is written.
type cancelAt struct {
	bytes.Buffer
	text   string
	cancel func()
}

func (w *cancelAt) Write(p []byte) (int, error) {
	if strings.Contains(string(p), w.text) {
		w.cancel()
	}
	return w.Buffer.Write(p)
}

func TestInterrupt(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, tc := range []struct {
		name, at string
		epochs   int
		files    int
	}{
		{"before the first epoch", "training 1000 epochs", 0, 9},
		{"after the first epoch", "\n    1  ", 1, 10},
	} {
		t.Run(tc.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			stdout := &cancelAt{text: strings.TrimPrefix(tc.at, "\n"), cancel: cancel}
			var stderr bytes.Buffer
			code := execute(ctx, nil, []string{"-epochs", "1000", "-hidden", "8", "-json", "run.json"},
				cli.Console{Stdout: stdout,
					Stderr: &stderr, Program: "demo"})
			assert.Equal(t, exitInterrupted, code)
			assert.Empty(t, stderr.String())
			assert.Contains(t, stdout.String(), "\nstopped after "+phrase.Plural(tc.epochs,
				"whole epoch")+" of 1000: this is what was learned so far\n")
			assert.Contains(t, stdout.String(), "\ntest  ")
			text, err := os.ReadFile("run.json")
			require.NoError(t, err)
			s := decode(t, text)
			assert.True(t, s.Interrupted)
			assert.Len(t, s.History, tc.epochs)
			assert.Positive(t, s.TestLoss)
			assert.Len(t, s.Files, tc.files)
			for _, file := range s.Files {
				assert.FileExists(t, file)
			}
		})
	}
}

func TestFailures(t *testing.T) {
	code, _, stderr := demo(t, "-lr", "1e30", "-epochs", "2", "-noplots")
	assert.Equal(t, exitFailed, code)
	assert.Regexp(t, `^demo: epoch 1 batch \d+: .+lower the learn rate.+\n$`, stderr)

	var out, errs bytes.Buffer
	full := brokenWriter{}
	code = execute(context.Background(), nil, []string{"-data", "housing", "-epochs", "1", "-noplots", "-json", "-"},
		cli.Console{Stdout: full, Stderr: &errs, Program: "demo"})
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, errs.String(), "calibration error", "the report comes all the same")
	assert.True(t, strings.HasSuffix(errs.String(), "\ndemo: no space left\n"), errs.String())

	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, record.LossByAlphaFile), 0o777))
	errs.Reset()
	code = execute(context.Background(), nil, []string{"-data", "housing", "-epochs", "1", "-out", dir},
		cli.Console{Stdout: &out, Stderr: &errs, Program: "demo"})
	assert.Equal(t, exitFailed, code)
	assert.Regexp(t, `^demo: open .*loss_by_alpha\.png: is a directory\n$`, errs.String())
}

// brokenWriter is a full disk.
type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("no space left") }
