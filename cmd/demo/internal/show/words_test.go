package show

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"

	"softloss/cmd/demo/internal/record"
)

// A temperature that was fitted to wrong labels is not taken for one that was not.
func TestDescribeCalibration(t *testing.T) {
	s := &record.Run{Data: record.Data{ValidationRows: 144}, Calibration: &record.Calibration{Temperature: 1.25}}
	assert.Equal(t, "temperature 1.25, fitted on 144 validation rows", describeCalibration(s))
	s.Data.FlippedLabels = 3
	assert.Equal(t, "temperature 1.25, fitted on 144 validation rows, labels with noise", describeCalibration(s))
}

// A row of a table is a line, aligned with the others as it is shown, whatever its cells hold.
func TestTable(t *testing.T) {
	var b bytes.Buffer
	table(&b, "", [][]string{{"class", "F1"}, {"two\nlines", "1"}, {"\x1b", "22"}})
	assert.Equal(t, "class       F1\ntwo lines    1\n\\x1b        22\n", b.String())
}
