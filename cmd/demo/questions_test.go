package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/cmd/demo/internal/input"
	"softloss/cmd/demo/internal/record"
	"softloss/losses"
	"softloss/train"
	"softloss/train/dataset"
)

// Several labels of a digit are learned, judged one by one and together, and saved with their
// thresholds.
func TestSeveralLabels(t *testing.T) {
	t.Chdir(t.TempDir())
	code, stdout, stderr := demo(t, strings.Fields("-data digits-labels -epochs 15 -hidden 64 -calibrate -thresholds")...)
	require.Equal(t, exitDone, code, stderr)
	assert.Contains(t, stdout, "64 features, 5 labels, each true or not\n")
	assert.Contains(t, stdout, "cross entropy of the sigmoid of each label\n")
	assert.Regexp(t, `label +precision +recall +F1 +support +true from
even +9\d\.\d\d %.+ +0\.\d{3}
(.+\n){4}all labels together +9\d.+
mean of the labels +9\d.+

always giving each label its most frequent answer is right in 56\.\d\d %
all labels of a row are right in [89]\d\.\d\d %
`, stdout)
	content, err := os.ReadFile(filepath.Join("demo-out", record.SummaryFile))
	require.NoError(t, err)
	s := decode(t, content)
	assert.Equal(t, "sigmoid", s.Config.Link)
	assert.Zero(t, s.Config.Alpha)
	assert.True(t, s.GraphAgrees)
	v := s.Test.Verdict
	require.Len(t, v.Classes, 5)
	assert.Greater(t, v.Questions.Micro.F1, record.Float(0.9))
	assert.Empty(t, s.Test.Confusion)
	assert.NoFileExists(t, filepath.Join("demo-out", record.ConfusionFile))
	assert.FileExists(t, filepath.Join("demo-out", record.ReportFile))

	saved, err := train.Load("demo-out/model.safetensors")
	require.NoError(t, err)
	assert.Equal(t, losses.SigmoidLink, saved.Model.Link())
	assert.Equal(t, v.Questions.Thresholds, saved.Thresholds)
	assert.NotEqual(t, 0.5, saved.Thresholds[0])
	set, err := dataset.DigitQuestions()
	require.NoError(t, err)
	assert.Equal(t, set.ClassNames, saved.ClassNames)
	probs, err := saved.Predict(set.Features)
	require.NoError(t, err)
	all, err := record.JudgeQuestions(probs, set.Labels, nil, saved.Thresholds, nil)
	require.NoError(t, err)
	assert.Greater(t, all.Accuracy, record.Float(0.95), "most rows are of the training")
}

// Of two classes one logit says which: the second, whose name the model has.
func TestOneLogit(t *testing.T) {
	t.Chdir(t.TempDir())
	var b strings.Builder
	b.WriteString("x,y,ripe\n")
	for i := range 200 {
		x, y := i%20, i/20
		fmt.Fprintf(&b, "%d,%d,%s\n", x, y, map[bool]string{false: "no", true: "yes"}[x+y > 14])
	}
	require.NoError(t, os.WriteFile("fruit.csv", []byte(b.String()), 0o666))
	code, stdout, stderr := demo(t, strings.Fields("-data fruit.csv -link sigmoid -hidden 16 -lr 0.01 -epochs 40 -noise 0.01 "+
		"-noplots")...)
	require.Equal(t, exitDone, code, stderr)
	assert.Contains(t, stdout, "network  2 - 16 - 1\n")
	assert.Regexp(t, `\nyes +\d+\.\d\d % .+ 0\.500\n`, stdout)
	saved, err := train.Load("demo-out/model.safetensors")
	require.NoError(t, err)
	assert.Equal(t, []string{"yes"}, saved.ClassNames)
	content, err := os.ReadFile(filepath.Join("demo-out", record.SummaryFile))
	require.NoError(t, err)
	assert.Greater(t, decode(t, content).TestAccuracy, record.Float(0.9))
}

// What may not be meant is asked for.
func TestLinkUsage(t *testing.T) {
	t.Chdir(t.TempDir())
	for args, want := range map[string]string{
		"-data digits-labels -link softmax": "-link softmax is for rows of one class, but of -data digits-labels several labels " +
			"may be true at once: want -link sigmoid, or with -soft K shares of a row, which are divided by their sum",
		"-data digits-labels -noise 0.1": "-noise replaces a class by another one, but -data digits-labels has several labels",
		"-thresholds":                    "-thresholds is for labels of -link sigmoid; of -link softmax the likeliest class is predicted",
		"-data digits-labels -thresholds -validation 0": "-thresholds needs validation rows to go by: want -validation above 0, " +
			"or none for 0.1",
		"-loss asymmetric": "-loss asymmetric:gammapos=0,gammaneg=4,margin=0.05: is for labels of which several may be " +
			"true at once (-link sigmoid); for these want one of " + strings.Join(input.LossNames(losses.SoftmaxLink), ", "),
		"compare -data digits-labels": "-data digits-labels has several labels a row, but what is compared are losses of classes",
	} {
		code, stdout, stderr := demo(t, strings.Fields(args)...)
		assert.Equal(t, exitUsage, code, args)
		assert.Empty(t, stdout)
		assert.Equal(t, "demo: "+want+"\n", stderr)
	}
}
