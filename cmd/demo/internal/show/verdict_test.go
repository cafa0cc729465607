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
