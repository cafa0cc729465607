package study

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/cmd/demo/internal/demotest"
	"softloss/cmd/demo/internal/record"
	"softloss/cmd/demo/internal/show"
)

func TestMeanAndDeviation(t *testing.T) {
	mean, deviation := meanAndDeviation([]float64{1, 2, 6})
	assert.InDelta(t, 3, mean, 1e-15)
	assert.InDelta(t, 2.6457513110645907, deviation, 1e-12)
	mean, deviation = meanAndDeviation([]float64{4})
	assert.Equal(t, []float64{4, 0}, []float64{mean, deviation})
}

func TestStudyTable(t *testing.T) {
	o, err := Parse(strings.Fields("-losses ce;mae -noise 0.4,0 -seeds 2"))
	require.NoError(t, err)
	done := map[record.Job]record.Result{}
	for _, r := range []record.Result{
		{Job: record.Job{Loss: "ce", Noise: 0, Seed: 1}, Last: 0.98, Best: 0.99},
		{Job: record.Job{Loss: "ce", Noise: 0, Seed: 2}, Last: 0.96, Best: 0.97},
		{Job: record.Job{Loss: "ce", Noise: 0.4, Seed: 1}, Last: 0.86, Best: 0.94},
		{Job: record.Job{Loss: "mae", Noise: 0.4, Seed: 2}, Last: 0.94, Best: 1},
	} {
		done[r.Job] = r
	}
	var b strings.Builder
	show.PrintStudy(o.summary(done), &b)
	demotest.Golden(t, "study.golden", b.String())
}
