package show

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/cmd/demo/internal/figure"
	"softloss/cmd/demo/internal/record"
)

// A bin with no row right is seen, and one of few rows is pale.
func TestReliabilityOfFewRows(t *testing.T) {
	bins := []record.Bin{
		{Low: 0, High: 0.5},
		{Low: 0.5, High: 0.75, Count: rowsOfBin - 1, Confidence: 0.6},
		{Low: 0.75, High: 1, Count: rowsOfBin, Confidence: 0.9, Accuracy: 0.8},
	}
	panels := reliabilityPanels("title", "sure", "rows", 0.1, bins)
	bars, few := panels[0].Series[0], panels[0].Series[1]
	assert.Equal(t, "accuracy of fewer than 10 rows", few.Name)
	assert.Equal(t, []float64{0.875}, bars.X)
	assert.Equal(t, []float64{0.625}, few.X)
	assert.True(t, few.Pale)
	assert.Positive(t, few.Stub)
	assert.Len(t, panels[1].Series[0].X, 2)

	panels = reliabilityPanels("title", "sure", "answers", 0.1, bins)
	assert.Equal(t, "accuracy of fewer than 10 answers", panels[0].Series[1].Name)
	assert.Equal(t, "Test answers (%)", panels[1].YLabel)

	out, err := figure.Panel{Series: []figure.Series{few}}.Plot()
	require.NoError(t, err)
	assert.InDelta(t, accuracyStub, few.Stub, 0)
	assert.Positive(t, out.Y.Max)
}
