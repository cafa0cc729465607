package show

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"softloss/cmd/demo/internal/demotest"
	"softloss/cmd/demo/internal/record"
)

func TestVerdict(t *testing.T) {
	v := &record.Verdict{
		Classes: []record.ClassScore{
			{Class: "fraud", Score: record.Score{Precision: 1, Recall: 0.75, F1: 0.857, Support: 4}},
			{Class: "honest", Score: record.Score{Precision: 0.99, Recall: 1, F1: 0.995, Support: 116}},
		},
		Macro:    record.Score{Precision: 0.995, Recall: 0.875, F1: 0.926, Support: 120},
		Accuracy: 0.9917, Majority: 0.9667, NLL: 0.05, Brier: 0.02,
	}
	print := func() string {
		var b strings.Builder
		Verdict(&b, v)
		return b.String()
	}
	demotest.Golden(t, "verdict.golden", print())
	v.Majority = v.Accuracy
	assert.Contains(t, print(), "is right in 99.17 %: this model is no better\n")

	v.Classes = nil
	for i := range 30 {
		v.Classes = append(v.Classes, record.ClassScore{Class: fmt.Sprint("class ", i),
			Score: record.Score{F1: record.Float(i) / 30}})
	}
	text := print()
	assert.Contains(t, text, "\n10 more classes, found better than these, are in the summary\n")
	assert.Contains(t, text, "class 19 ")
	assert.NotContains(t, text, "class 20 ")
}

// A threshold that the model has is said, of rows of one class too.
func TestTwoClasses(t *testing.T) {
	two := &record.TwoClasses{Class: "fraud", Threshold: 0.25, Used: true, ROCAUC: record.Unknown,
		AveragePrecision: record.Unknown}
	v := &record.Verdict{TwoClasses: two}
	assert.Equal(t, "the class fraud is said from 25.00 % on, as the validation rows have chosen, here and by the saved "+
		"model",
		twoClasses(v))
	two.ROCAUC, two.AveragePrecision = 0.75, 0.5
	assert.Contains(t, twoClasses(v), "model;\n  by its probability: area under the ROC curve 0.7500, average precision "+
		"0.5000")
	two.Used, two.AtThreshold = false, &record.Score{Precision: 1, Recall: 0.5, F1: 0.75}
	assert.Equal(t, "the rarer class, fraud, by its probability: area under the ROC curve 0.7500, average precision "+
		"0.5000;\n  said from 25.00 % on, where the validation rows have the best F1: precision 100.00 %, recall 50.00 %, "+
		"F1 75.00 %\n  (-thresholds makes the saved model say it from there on)", twoClasses(v))
	two.ROCAUC = record.Unknown
	assert.Empty(t, twoClasses(v))
}
