package input

import (
	"fmt"
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
		{name: "digits", opt: dataset.CSVOptions{}, rows: 1797, in: 64, classes: 10},
		{name: "housing", opt: dataset.CSVOptions{}, rows: 24, in: 9, classes: 3, counts: true},
		{name: "../../testdata/shapes.csv", opt: dataset.CSVOptions{}, rows: 60, in: 5, classes: 3},
		{name: "../../testdata/shapes.csv", opt: dataset.CSVOptions{Label: "colour"}, rows: 60, in: 5, classes: 3},
		{name: "../../testdata/votes.csv", opt: dataset.CSVOptions{LabelColumns: 3}, rows: 30, in: 2, classes: 3},
		{name: "../../testdata/votes.csv", opt: dataset.CSVOptions{LabelColumns: 3, Counts: true}, rows: 30, in: 2,
			classes: 3, counts: true},
	} {
		d, err := (&Source{Data: tc.name, CSV: tc.opt}).Load()
		require.NoError(t, err, tc.name)
		assert.Equal(t, []int{tc.rows, tc.in, tc.classes}, []int{d.Len(), d.NumFeatures(), d.NumClasses()}, tc.name)
		assert.Equal(t, tc.counts, d.Counts != nil, tc.name)
	}
	_, err := (&Source{Data: "../../testdata"}).Load()
	assert.ErrorIs(t, err, cli.ErrUsage, "a folder")
}

// Of a table with more columns than are listed, the one that is probably meant is named.
func TestNoColumn(t *testing.T) {
	e := &dataset.ColumnError{Name: "colunm_29"}
	for i := range 30 {
		e.Columns = append(e.Columns, fmt.Sprintf("column_%d", i+1))
	}
	assert.ErrorContains(t, NoColumn("label", "t.csv", e), `"column_20" and 10 more; did you mean "column_29"?`)
	e.Name = "kind"
	assert.NotContains(t, NoColumn("label", "t.csv", e).Error(), "did you mean")
}
