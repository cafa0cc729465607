package dataset

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/losses"
)

func TestFlipLabels(t *testing.T) {
	d := balanced(t, 1000, 1000, 1000)
	before := slices.Clone(f32(t, d.Labels))
	noisy, flipped, err := FlipLabels(d, .4, 5)
	require.NoError(t, err)
	require.NoError(t, noisy.Validate(losses.SoftmaxLink))
	assert.Equal(t, before, f32(t, d.Labels), "the input stays as it is")
	assert.Same(t, d.Features, noisy.Features)

	var to [3][3]int
	changed := 0
	old := d.Index()
	for i, c := range noisy.Index() {
		to[old[i]][c]++
		if c != old[i] {
			changed++
		}
	}
	assert.Equal(t, flipped, changed)
	// 5 standard deviations of a binomial with 3000 draws, or 1000.
	assert.InDelta(t, 1200, flipped, 5*math.Sqrt(3000*.4*.6))
	for a := range 3 {
		for b := range 3 {
			if a != b {
				assert.InDelta(t, 200, to[a][b], 5*math.Sqrt(1000*.2*.8), "%d to %d", a, b)
			}
		}
	}
}

func TestFlipLabelsKeepsSoftRows(t *testing.T) {
	d := sample()
	noisy, flipped, err := FlipLabels(d, 0, 1)
	require.NoError(t, err)
	assert.Zero(t, flipped)
	assert.Equal(t, d, noisy)
	assert.NotSame(t, d.Labels, noisy.Labels)

	noisy, flipped, err = FlipLabels(d, 1, 1)
	require.NoError(t, err)
	assert.Equal(t, 4, flipped)
	require.NoError(t, noisy.Validate(losses.SoftmaxLink))
	for i, c := range noisy.Index() {
		assert.NotEqual(t, d.Index()[i], c)
	}
	for _, v := range f32(t, noisy.Labels) {
		assert.Contains(t, []float32{0, 1}, v)
	}
	assert.Equal(t, sample(), d)
}

func TestFlipLabelsIsDeterministicAndNested(t *testing.T) {
	d := balanced(t, 100, 100, 100)
	low, n, err := FlipLabels(d, .1, 9)
	require.NoError(t, err)
	again, m, err := FlipLabels(d, .1, 9)
	require.NoError(t, err)
	assert.Equal(t, n, m)
	assert.Equal(t, low, again)
	other, _, err := FlipLabels(d, .1, 10)
	require.NoError(t, err)
	assert.NotEqual(t, low.Index(), other.Index())

	high, _, err := FlipLabels(d, .5, 9)
	require.NoError(t, err)
	old, highIndex := d.Index(), high.Index()
	for i, c := range low.Index() {
		if c != old[i] {
			assert.Equal(t, c, highIndex[i])
		}
	}
}

func TestFlipLabelsErrors(t *testing.T) {
	for _, rate := range []float64{-.1, 1.1, math.NaN(), math.Inf(1)} {
		_, _, err := FlipLabels(sample(), rate, 1)
		checkError(t, err, ErrParam, "rate: got ", "want a number from 0 to 1")
	}
	_, _, err := FlipLabels(balanced(t, 3), .5, 1)
	checkError(t, err, ErrClasses, "labels: got 1 class, want at least 2")
	_, _, err = FlipLabels(nil, .5, 1)
	checkError(t, err, ErrParam)
	_, _, err = FlipLabels(&Dataset{}, .5, 1)
	checkError(t, err, ErrShape)
}
