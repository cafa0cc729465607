package dataset

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/losses"
)

func TestCountsToSoft(t *testing.T) {
	want := []float32{.25, .75, 1, 0}
	for _, counts := range []*tensor.Dense{
		dense[float32](2, 1, 3, 2, 0), dense[float64](2, 1, 3, 2, 0), dense[int](2, 1, 3, 2, 0),
		dense[int32](2, 1, 3, 2, 0), dense[int64](2, 1, 3, 2, 0),
		transposed(t, dense[int](2, 1, 2, 3, 0)), columnsOf(t, dense(2, 9., 1, 3, 9, 2, 0), 1, 3),
	} {
		labels, totals, err := CountsToSoft(counts)
		require.NoError(t, err)
		assert.Equal(t, want, f32(t, labels), "%v", counts.Dtype())
		assert.Equal(t, []float64{4, 2}, totals)
	}
	counts := dense(1, .5, 1.5)
	_, totals, err := CountsToSoft(counts)
	require.NoError(t, err)
	assert.Equal(t, []float64{2}, totals, "votes may be fractions")
	assert.Equal(t, []float64{.5, 1.5}, counts.Data())
}

func TestCountsToSoftErrors(t *testing.T) {
	for _, test := range []struct {
		counts      *tensor.Dense
		row, column int
		text        string
	}{
		{dense(2, 1, 2, 3, -4), 1, 1, "counts: row 1 column 1: got -4, want a finite number >= 0"},
		{dense(2, 1, math.NaN(), 3, 4), 0, 1, "got NaN"},
		{dense(2, 1, 2, math.Inf(1), 4), 1, 0, "got +Inf"},
		{dense(2, 1, 2, 0, 0), 1, -1, "counts: row 1: got the sum 0, want a finite sum above 0"},
		{dense(1, math.MaxFloat64, math.MaxFloat64), 0, -1, "got the sum +Inf"},
	} {
		_, _, err := CountsToSoft(test.counts)
		checkRowError(t, err, "counts", test.row, test.column)
		checkError(t, err, ErrLabel, test.text)
		assert.ErrorIs(t, err, losses.ErrLabel, "the cause is there too")
	}
	_, _, err := CountsToSoft(nil)
	checkError(t, err, ErrShape)
	_, _, err = CountsToSoft(tensor.New(tensor.WithShape(1, 1), tensor.WithBacking([]bool{true})))
	checkError(t, err, ErrDtype)
}

func TestOneHot(t *testing.T) {
	x, err := OneHot([]int{2, 0}, 3)
	require.NoError(t, err)
	assert.Equal(t, tensor.Shape{2, 3}, x.Shape())
	assert.Equal(t, []float32{0, 0, 1, 1, 0, 0}, f32(t, x))
	_, err = OneHot([]int{0}, 0)
	checkError(t, err, ErrParam, "classes: got 0, want at least 1")
	_, err = OneHot(nil, 2)
	checkError(t, err, ErrEmpty)
	_, err = OneHot([]int{0, 3}, 3)
	checkRowError(t, err, "index", 1, -1)
	assert.ErrorIs(t, err, losses.ErrIndex)
	assert.ErrorContains(t, err, "got 3, want a class in [0, 3)")
	_, err = OneHot([]int{-1}, 3)
	checkRowError(t, err, "index", 0, -1)
	_, err = OneHot([]int{0, 0}, math.MaxInt)
	checkError(t, err, ErrShape, "2^31")
}

func TestMajority(t *testing.T) {
	x, err := Majority(dense[float32](3, .2, .5, .3, .4, .2, .4, 0, 0, 1))
	require.NoError(t, err)
	assert.Equal(t, []float32{0, 1, 0, 1, 0, 0, 0, 0, 1}, f32(t, x), "ties go to the lowest column")
	x, err = Majority(dense(1, 3, 5))
	require.NoError(t, err)
	assert.Equal(t, []float32{0, 1}, f32(t, x), "counts will do")
	_, err = Majority(dense(2, 1, 0, 0, math.NaN()))
	checkRowError(t, err, "labels", 1, 1)
	_, err = Majority(nil)
	checkError(t, err, ErrShape)
}

// There is one definition of these rows: what package losses makes is what comes out, to the last bit.
func TestLabelsAreThoseOfLosses(t *testing.T) {
	votes := dense(3, .1, .2, .7, 1e-30, 3, 7, 1e300, 1e299, 0)
	want, err := losses.VotesToLabels(votes)
	require.NoError(t, err)
	got, _, err := CountsToSoft(votes)
	require.NoError(t, err)
	for i, v := range want.Float64s() {
		assert.Equal(t, float32(v), f32(t, got)[i])
	}
	single := dense[float32](1, 1, 2, 4)
	want, err = losses.VotesToLabels(single)
	require.NoError(t, err)
	got, _, err = CountsToSoft(single)
	require.NoError(t, err)
	assert.Equal(t, f32(t, want), f32(t, got))
	want, err = losses.OneHot(tensor.New(tensor.WithBacking([]int{2, 0})), 3, tensor.Float32)
	require.NoError(t, err)
	got, err = OneHot([]int{2, 0}, 3)
	require.NoError(t, err)
	assert.Equal(t, f32(t, want), f32(t, got))
}
