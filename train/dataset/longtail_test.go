package dataset

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/losses"
)

// Counts fall geometrically; the rows are those of the set, and those kept at a higher ratio are
// among those kept at a lower one.
func TestLongTail(t *testing.T) {
	d, err := Digits()
	require.NoError(t, err)
	var before [10][]string // rows of each class at the ratio before
	for _, ratio := range []float64{50, 10, 1} {
		tail, counts, err := LongTail(d, ratio, 3)
		require.NoError(t, err)
		require.NoError(t, tail.Validate(losses.SoftmaxLink))
		assert.InDelta(t, ratio, float64(counts[0])/float64(counts[9]), 0.2*ratio)
		assert.True(t, slices.IsSortedFunc(counts, func(a, b int) int { return b - a }), "%v", counts)
		var now [10][]string
		for i, c := range tail.Index() {
			now[c] = append(now[c], fmt.Sprint(tail.Features.Float32s()[64*i:64*i+64]))
		}
		for c, rows := range now {
			require.Len(t, rows, counts[c])
			for _, r := range before[c][:min(len(before[c]), len(rows))] {
				require.True(t, slices.Contains(rows, r) || len(before[c]) > len(rows), "class %d", c)
			}
		}
		before = now
	}
	again, _, err := LongTail(d, 50, 3)
	require.NoError(t, err)
	other, _, err := LongTail(d, 50, 4)
	require.NoError(t, err)
	same, _, err := LongTail(d, 50, 3)
	require.NoError(t, err)
	assert.Equal(t, again.Features.Data(), same.Features.Data())
	assert.NotEqual(t, again.Features.Data(), other.Features.Data())
}

func TestLongTailErrors(t *testing.T) {
	for _, ratio := range []float64{0, 0.5, -1} {
		_, _, err := LongTail(sample(), ratio, 1)
		checkError(t, err, ErrParam, "ratio: got")
	}
	one := sample()
	one.ClassNames, one.Labels = nil, tensorOf[float32](4, 1, 1, 1, 1)
	_, _, err := LongTail(one, 2, 1)
	checkError(t, err, ErrClasses, "labels: got 1 class")
	missing := sample()
	copy(missing.Labels.Float32s(), []float32{1, 0, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0})
	_, _, err = LongTail(missing, 2, 1)
	checkError(t, err, ErrEmpty, "no row of class 2")
}
