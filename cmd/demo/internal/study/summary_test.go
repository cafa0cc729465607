package study

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/cmd/demo/internal/demotest"
	"softloss/cmd/demo/internal/record"
	"softloss/cmd/demo/internal/show"
)

func TestStudyTable(t *testing.T) {
	o, err := Parse(strings.Fields("-losses ce;mae -noise 0.4,0 -seeds 2"))
	require.NoError(t, err)
	done := map[record.Job]record.Result{}
	for _, r := range []record.Result{
		{Job: record.Job{Loss: "ce", Level: 0, Seed: 1}, Last: 0.98, Best: 0.99},
		{Job: record.Job{Loss: "ce", Level: 0, Seed: 2}, Last: 0.96, Best: 0.97},
		{Job: record.Job{Loss: "ce", Level: 0.4, Seed: 1}, Last: 0.86, Best: 0.94},
		{Job: record.Job{Loss: "mae", Level: 0.4, Seed: 2}, Last: 0.94, Best: 1},
	} {
		done[r.Job] = r
	}
	var b strings.Builder
	show.PrintStudy(o.summary(done), &b)
	demotest.Golden(t, "study.golden", b.String())
}
