package input

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/cmd/demo/internal/cli"
	"softloss/train/dataset"
)

// shapes.csv and votes.csv in testdata are made up: things of three kinds with their sizes and
// colours, and how many tasters found a fruit sour, sweet or bitter.

func TestLoadData(t *testing.T) {
	for _, tc := range []struct {
		name              string
		opt               dataset.CSVOptions
		rows, in, classes int
		counts            bool
	}{
		{"digits", dataset.CSVOptions{}, 1797, 64, 10, false},
		{"housing", dataset.CSVOptions{}, 24, 9, 3, true},
		{"../../testdata/shapes.csv", dataset.CSVOptions{}, 60, 5, 3, false},
		{"../../testdata/shapes.csv", dataset.CSVOptions{Label: "colour"}, 60, 5, 3, false},
		{"../../testdata/votes.csv", dataset.CSVOptions{LabelColumns: 3}, 30, 2, 3, false},
		{"../../testdata/votes.csv", dataset.CSVOptions{LabelColumns: 3, Counts: true}, 30, 2, 3, true},
	} {
		d, err := (&Source{Data: tc.name, CSV: tc.opt}).Load()
		require.NoError(t, err, tc.name)
		assert.Equal(t, []int{tc.rows, tc.in, tc.classes}, []int{d.Len(), d.NumFeatures(), d.NumClasses()}, tc.name)
		assert.Equal(t, tc.counts, d.Counts != nil, tc.name)
	}
	_, err := (&Source{Data: "../../testdata"}).Load()
	assert.ErrorIs(t, err, cli.ErrUsage, "a folder")
}
