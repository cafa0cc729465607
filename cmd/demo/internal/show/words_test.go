package show

import (
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
