package dataset

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/losses"
)

// There is one definition of soft rows: what package losses makes is what comes out, to the last
// bit.
func TestSoftRows(t *testing.T) {
	votes := []float64{.1, .2, .7, 1e-30, 3, 7, 1e300, 1e299, 0}
	want, err := losses.VotesToLabels(tensorOf(3, votes...))
	require.NoError(t, err)
	got, totals, err := softRows(votes, 3)
	require.NoError(t, err)
	for i, v := range want.Float64s() {
		assert.Equal(t, float32(v), f32(t, got)[i])
	}
	assert.Equal(t, []float64{.1 + .2 + .7, 1e-30 + 3 + 7, 1e300 + 1e299}, totals)
	for _, test := range []struct {
		counts      []float64
		row, column int
		text        string
	}{
		{[]float64{1, 2, 3, -4}, 1, 1, "labels: row 1 column 1: got -4, want a finite number >= 0"},
		{[]float64{1, math.NaN(), 3, 4}, 0, 1, "got NaN"},
		{[]float64{1, 2, math.Inf(1), 4}, 1, 0, "got +Inf"},
		{[]float64{1, 2, 0, 0}, 1, -1, "labels: row 1: got the sum 0, want a finite sum above 0"},
		{[]float64{math.MaxFloat64, math.MaxFloat64}, 0, -1, "got the sum +Inf"},
	} {
		_, _, err := softRows(test.counts, 2)
		checkRowError(t, err, "labels", test.row, test.column)
		checkError(t, err, ErrLabel, test.text)
		assert.ErrorIs(t, err, losses.ErrLabel, "the cause is there too")
	}
}

func TestMajority(t *testing.T) {
	x, err := Majority(tensorOf[float32](3, .2, .5, .3, .4, .2, .4, 0, 0, 1))
	require.NoError(t, err)
	assert.Equal(t, []float32{0, 1, 0, 1, 0, 0, 0, 0, 1}, f32(t, x), "ties go to the lowest column")
	x, err = Majority(tensorOf(1, 3, 5))
	require.NoError(t, err)
	assert.Equal(t, []float32{0, 1}, f32(t, x), "counts will do")
	x, err = Majority(tensor.New(tensor.WithShape(1, 3), tensor.AsFortran([]float32{.2, .5, .3})))
	require.NoError(t, err)
	assert.Equal(t, []float32{0, 1, 0}, f32(t, x), "column by column in memory")
	_, err = Majority(tensorOf(2, 1, 0, 0, math.NaN()))
	checkRowError(t, err, "labels", 1, 1)
	_, err = Majority(nil)
	checkError(t, err, ErrShape)
}
