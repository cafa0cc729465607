package study

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/losses"
)

func TestBetter(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		x, than       float64
		higher, lower bool
	}{{2, 1, true, false}, {1, 2, false, true}, {1, 1, false, false}, {1, nan, true, true}, {nan, 1, false, false},
		{nan, nan, false, false}} {
		assert.Equal(t, c.higher, (&kind{}).better(c.x, c.than), c)
		assert.Equal(t, c.lower, (&kind{lower: true}).better(c.x, c.than), c)
	}
}

func TestTailCriterion(t *testing.T) {
	counts := []float64{90, 10}
	for text, want := range map[string]losses.Criterion{
		"ce":            {Loss: losses.CrossEntropy{}},
		"focal:gamma=1": {Loss: losses.Focal{Gamma: 1}},
		"mae@adjusted":  {Loss: losses.MAE{}},
		"ce@ldam":       {Loss: losses.CrossEntropy{}, Temperature: 1. / 30},
	} {
		got, err := tailCriterion(text, counts)
		require.NoError(t, err, text)
		got.LogitShift, got.Margins = nil, nil
		assert.Equal(t, want, got, text)
	}
	got, err := tailCriterion("ce@weights", counts)
	require.NoError(t, err)
	assert.InDelta(t, 9, got.ClassWeights[1]/got.ClassWeights[0], 1e-5, "inverse to the counts")
	got, err = tailCriterion("ce@effective", counts)
	require.NoError(t, err)
	assert.Less(t, got.ClassWeights[1]/got.ClassWeights[0], 9.)
	got, err = tailCriterion("ce@ldam", counts)
	require.NoError(t, err)
	assert.Equal(t, 0.5, got.Margins[1])
	for _, bad := range []string{"hinge", "ce@0.1", "asl"} {
		_, err := tailCriterion(bad, counts)
		assert.Error(t, err, bad)
	}
}
