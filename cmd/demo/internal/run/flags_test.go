package run

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/losses"
	"softloss/train/dataset"
)

func TestDefaults(t *testing.T) {
	o, err := Parse(nil)
	require.NoError(t, err)
	assert.Equal(t, "digits", o.data.Data)
	assert.Equal(t, losses.SoftLabelCriterion(0.1, losses.Mean).Key(), o.criterion.Key())
	assert.Equal(t, dataset.CSVOptions{}, o.data.CSV)
	assert.Equal(t, []int{256}, o.Hidden)
	assert.Equal(t, []any{30, 64, 1e-3, 0.2, 0.0, uint64(1)}, []any{o.Epochs, o.Batch, o.LearnRate, o.TestFraction,
		o.Noise, o.Seed})
	assert.Equal(t, []any{"demo-out", "", false, false}, []any{o.Out, o.JSONFile, o.Quiet, o.NoPlots})
}

func TestFlagsAreRead(t *testing.T) {
	o, err := Parse(strings.Fields("-data t.csv -soft 3 -counts -header no -test 0.5 -noise 1 -loss mae -alpha 0.3 " +
		"-smoothing uniform -epochs 7 -batch 8 -lr 2e-2 -hidden 12,3 -seed 18446744073709551615 -out o -noplots -json - " +
		"-quiet"))
	require.NoError(t, err)
	assert.Equal(t, dataset.CSVOptions{LabelColumns: 3, Counts: true, Header: dataset.HeaderNo}, o.data.CSV)
	assert.Equal(t, losses.Criterion{
		Loss:      losses.MAE{},
		Smoothing: losses.Smoothing{Rule: losses.SmoothUniform, Alpha: 0.3},
	}, o.criterion)
	assert.Equal(t, []int{12, 3}, o.Hidden)
	assert.Equal(t, []any{7, 8, 2e-2, 0.5, 1.0, uint64(1<<64 - 1)}, []any{o.Epochs, o.Batch, o.LearnRate, o.TestFraction,
		o.Noise, o.Seed})
	assert.Equal(t, []any{"o", "-", true, true}, []any{o.Out, o.JSONFile, o.Quiet, o.NoPlots})

	o, err = Parse(strings.Fields("-data t.csv -label kind -hidden none -smoothing prior"))
	require.NoError(t, err)
	assert.Equal(t, "kind", o.data.CSV.Label)
	assert.Equal(t, []int{}, o.Hidden, "nil would be the trainer's default")
	assert.Equal(t, losses.SmoothPrior, o.criterion.Smoothing.Rule)
}
