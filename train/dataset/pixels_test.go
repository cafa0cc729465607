package dataset

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestImageSize(t *testing.T) {
	digits, err := Digits()
	require.NoError(t, err)
	for _, tc := range []struct {
		names         []string
		rows, columns int
	}{
		{digits.FeatureNames, 8, 8},
		{pixelNames([]int{3, 5}), 3, 5},
		{pixelNames([]int{1, 1}), 1, 1},
		{pixelNames([]int{2, 2, 3}), 0, 0}, // colours
		{pixelNames([]int{4}), 0, 0},
		{[]string{"pixel_0_1", "pixel_0_0"}, 0, 0},
		{[]string{"pixel_0_0", "pixel_0_1", "x"}, 0, 0},
		{[]string{"x", "pixel_0_1"}, 0, 0},
		{[]string{"pixel_99999999_99999999"}, 0, 0},
		{[]string{"pixel_-1_0"}, 0, 0},
		{nil, 0, 0},
	} {
		rows, columns := (&Dataset{FeatureNames: tc.names}).ImageSize()
		assert.Equal(t, []int{tc.rows, tc.columns}, []int{rows, columns}, "%v", tc.names)
	}
	rows, columns := (*Dataset)(nil).ImageSize()
	assert.Equal(t, 0, rows+columns)
}
