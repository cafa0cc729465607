package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/train"
)

// rareArgs trains on the table of writeRareClass.
const rareArgs = "-data t.csv -epochs 20 -hidden 8 -lr 0.01 -validation 0.3 -noplots"

// writeRareClass writes t.csv to a new folder: every 20th row is fraud, which lies elsewhere.
func writeRareClass(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	r := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	b.WriteString("x,y,kind\n")
	for i := range 600 {
		kind, shift := "honest", 0.0
		if i%20 == 0 {
			kind, shift = "fraud", 2
		}
		fmt.Fprintf(&b, "%.3f,%.3f,%s\n", r.NormFloat64()+shift, r.NormFloat64(), kind)
	}
	require.NoError(t, os.WriteFile("t.csv", []byte(b.String()), 0o666))
}

// Two classes, one of them rare: how well it is ranked, the threshold that finds it, and weights.
func TestRareClass(t *testing.T) {
	writeRareClass(t)
	s := summaryOf(t, rareArgs)
	two := s.Test.Verdict.TwoClasses
	assert.Equal(t, "fraud", two.Class)
	assert.Greater(t, float64(two.ROCAUC), 0.7)
	assert.Less(t, float64(two.AveragePrecision), float64(two.ROCAUC))
	require.NotNil(t, two.AtThreshold)
	assert.Less(t, float64(two.Threshold), 0.5, "of a rare class")
	assert.Empty(t, s.Config.Weights)

	balanced := summaryOf(t, rareArgs+" -weights balanced")
	assert.Equal(t, "balanced", balanced.Config.Weights)
	assert.Contains(t, balanced.Config.Criterion, "0.526", "n / (K n_k)")
	assert.Greater(t, float64(balanced.Test.Verdict.Classes[0].Recall), float64(s.Test.Verdict.Classes[0].Recall))
	assert.False(t, balanced.TestLowestLoss.Finite())

	assert.Equal(t, "9 for fraud, 1 for honest", summaryOf(t, rareArgs+" -weights 9,1").Config.Weights)

	code, stdout, stderr := demo(t, strings.Fields(rareArgs)...)
	require.Equal(t, exitDone, code, stderr)
	assert.Regexp(t, `\nthe rarer class, fraud, by its probability: `+
		`area under the ROC curve 0\.\d{4}, average precision 0\.\d{4};
  said from \d+\.\d\d % on, where the validation rows have the best F1: precision .+ %, recall .+ %, F1 .+ %
  \(-thresholds makes the saved model say it from there on\)\n`, stdout)
}

// The threshold that is chosen is the saved model's, in what the run says of it, evaluate and
// predict.
func TestThresholdOfARareClass(t *testing.T) {
	writeRareClass(t)
	likeliest := summaryOf(t, rareArgs).Test.Verdict
	code, stdout, stderr := demo(t, strings.Fields(rareArgs+" -thresholds")...)
	require.Equal(t, exitDone, code, stderr)
	assert.Regexp(t, `\naccuracy in the table: of the likeliest class; with the threshold of fraud the test has `+
		`\d+\.\d\d %\n`, stdout)
	chosen := summaryOf(t, rareArgs+" -thresholds")
	table := chosen.Test.Verdict.Classes[0]
	assert.Greater(t, float64(table.Recall), float64(likeliest.Classes[0].Recall))
	assert.InDelta(t, float64(likeliest.TwoClasses.AtThreshold.F1), float64(table.F1), 1e-12,
		"with the same validation rows")
	assert.True(t, chosen.Test.Verdict.TwoClasses.Used)
	saved, err := train.Load("demo-out/model.safetensors")
	require.NoError(t, err)
	assert.Equal(t, []float64{float64(chosen.Test.Verdict.TwoClasses.Threshold), 0}, saved.Thresholds)
	code, stdout, stderr = demo(t, "evaluate", "demo-out/model.safetensors", "t.csv")
	require.Equal(t, exitDone, code, stderr)
	assert.Regexp(t, `\nthe class fraud is said from \d+\.\d\d % on, as the validation rows have chosen, here and by `+
		`the saved model;\n  by its probability: area `, stdout)
	support := regexp.MustCompile(`fraud +([\d.]+) % +([\d.]+) % +[\d.]+ % +30`).FindStringSubmatch(stdout)
	require.NotNil(t, support, stdout)
	code, stdout, stderr = demo(t, "predict", "t.csv")
	require.Equal(t, exitDone, code, stderr)
	assert.Regexp(t, `^fraud is said from \d+\.\d\d % on, as the model was saved\n  row  class   probability\n`, stdout)
	code, stdout, stderr = demo(t, "predict", "-format", "csv", "t.csv")
	require.Equal(t, exitDone, code, stderr)
	hits := 0
	for i, line := range strings.Split(stdout, "\n")[1:601] {
		if i%20 == 0 && strings.Contains(line, ",fraud,") {
			hits++
		}
	}
	assert.Equal(t, support[2], fmt.Sprintf("%.2f", float64(hits)/30*100), "the recall that evaluate says")
}

// The weights of the classes are a part of what a study is, except where they are compared.
func TestWeightsInStudies(t *testing.T) {
	writeRareClass(t)
	code, _, stderr := demo(t, strings.Fields("compare -data t.csv -epochs 1 -seeds 1 -noise 0 -losses ce -weights "+
		"balanced -noplots")...)
	require.Equal(t, exitDone, code, stderr)
	_, _, stderr = demo(t, strings.Fields("compare -data t.csv -epochs 1 -seeds 1 -noise 0 -losses ce -noplots")...)
	assert.Contains(t, stderr, "learning rate 0.001, class weights balanced; now")
	refused(t, "compare -study tail -weights balanced", ".+say ce@weights in -losses")
}
