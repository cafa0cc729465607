package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/losses"
	"softloss/train"
)

// exampleSummary is a run with every number known.
func exampleSummary() *summary {
	o, err := parseArgs([]string{"-epochs", "2"})
	if err != nil {
		panic(err)
	}
	s := newSummary(o)
	s.Config.Criterion = "loss=CrossEntropy{}"
	s.Data = dataSummary{Name: "digits", TrainRows: 1438, TestRows: 359, Features: 64, Classes: 10}
	s.History = []epochSummary{
		{ValidationLoss: unknown, ValidationAccuracy: unknown, ValidationECE: unknown,
			Epoch: 1, TrainLoss: 1.66, TrainAccuracy: 0.75, LearnRate: 1e-3, TestLoss: 1.13, TestAccuracy: 0.8217, TestECE: 0.3},
		{ValidationLoss: unknown, ValidationAccuracy: unknown, ValidationECE: unknown,
			Epoch: 2, TrainLoss: 0.9, TrainAccuracy: 0.875, LearnRate: 1e-3, TestLoss: 0.86, TestAccuracy: 0.8914, TestECE: 0.2},
	}
	s.TrainLoss, s.TrainLowestLoss, s.TrainAccuracy, s.TrainECE = 0.7, 0.5003, 0.96, 0.11
	s.TestLoss, s.TestLowestLoss, s.TestAccuracy, s.ECE = 0.86, 0.5003, 0.8914, 0.1312
	s.GraphTestLoss, s.GraphDifference, s.GraphAgrees = 0.86000006, 6e-8, true
	s.Files = []string{"demo-out/loss_by_alpha.png", "demo-out/training_curves.png"}
	s.Seconds = 1.25
	return s
}

// report is everything that is printed around the progress.
func report(s *summary, entry lossInfo) string {
	var b strings.Builder
	printHead(&b, s, entry)
	printReport(&b, s, entry)
	return b.String()
}

func TestReports(t *testing.T) {
	ce, mae := describeLoss(losses.CrossEntropy{}), describeLoss(losses.MAE{})
	golden(t, "report_digits.golden", report(exampleSummary(), ce))

	s := exampleSummary()
	s.Config.Loss, s.Config.Alpha, s.Config.Hidden = "mae", 0, []int{}
	s.Data.FlippedLabels, s.Interrupted = 143, true
	s.TrainLowestLoss, s.TestLowestLoss = unknown, unknown
	s.Files = s.Files[:1]
	golden(t, "report_interrupted_mae.golden", report(s, mae))

	s = exampleSummary()
	s.Data = dataSummary{Name: "housing", TrainRows: 23, TestRows: 1, Features: 9, Classes: 3, SoftLabels: true, Weighted: true}
	s.History, s.Files, s.Interrupted = nil, nil, true
	s.GraphAgrees, s.GraphDifference = false, 0.25
	golden(t, "report_housing.golden", report(s, ce))
}

func TestNumbers(t *testing.T) {
	assert.Equal(t, []string{"0.1235", "-", "12.35 %", "-", "100.00 %"},
		[]string{decimal(0.12346), decimal(unknown), percent(0.12346), percent(unknown), percent(1)})
	assert.Equal(t, []string{"1 row", "2 rows", "0 rows"}, []string{count(1, "row"), count(2, "row"), count(0, "row")})
}

func TestSummaryJSON(t *testing.T) {
	s := newSummary(options{})
	text, err := s.json()
	require.NoError(t, err)
	var got map[string]any
	require.NoError(t, json.Unmarshal(text, &got))
	assert.Contains(t, got, "test_loss")
	assert.Nil(t, got["test_loss"], "a number that is not known is null")
	assert.Equal(t, []any{}, got["history"], "not null")
	assert.Equal(t, []any{}, got["files"], "not null")

	text, err = exampleSummary().json()
	require.NoError(t, err)
	golden(t, "summary.golden", string(text))
}

func TestSummarise(t *testing.T) {
	got := summarise(train.Epoch{Epoch: 3, Loss: 1.5}, watchedTest)
	assert.Equal(t, 3, got.Epoch)
	assert.InDelta(t, 1.5, float64(got.TrainLoss), 0)
	assert.False(t, got.TestLoss.finite())
	e := train.Epoch{Epoch: 3, Loss: 1.5, Accuracy: 0.25, LearnRate: 0.125, Valid: &train.Metrics{Loss: 2, Accuracy: 0.5, ECE: 0.25}}
	for _, rows := range []string{watchedTest, watchedValidation} {
		text, err := json.Marshal(summarise(e, rows))
		require.NoError(t, err)
		other := map[string]string{watchedTest: watchedValidation, watchedValidation: watchedTest}[rows]
		assert.JSONEq(t, `{"epoch": 3, "train_loss": 1.5, "train_accuracy": 0.25, "learn_rate": 0.125, "`+
			rows+`_loss": 2, "`+rows+`_accuracy": 0.5, "`+rows+`_ece": 0.25, "`+other+`_loss": null, "`+other+`_accuracy": null, "`+other+`_ece": null}`, string(text))
		loss, accuracy := summarise(e, rows).watched(rows)
		assert.Equal(t, []float{2, 0.5}, []float{loss, accuracy})
	}
}
