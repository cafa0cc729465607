package losses_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/losses"
)

func TestParseReduction(t *testing.T) {
	for name, want := range map[string]losses.Reduction{"mean": losses.Mean, "sum": losses.Sum, "none": losses.None} {
		got, err := losses.ParseReduction(name)
		require.NoError(t, err)
		assert.Equal(t, want, got)
		assert.Equal(t, name, got.String())
		assert.NoError(t, got.Validate())
	}
	for _, name := range []string{"", "MEAN", "mean ", "average", "Reduction(0)"} {
		_, err := losses.ParseReduction(name)
		assert.ErrorIs(t, err, losses.ErrReduction, name)
	}
	assert.Equal(t, losses.Mean, losses.Criterion{}.Reduction)
	for r := range 256 {
		name := losses.Reduction(r).String()
		back, err := losses.ParseReduction(name)
		if losses.Reduction(r).Validate() == nil {
			require.NoError(t, err)
			assert.EqualValues(t, r, back)
			continue
		}
		assert.Error(t, err, name)
	}
}

func TestNamesOfRules(t *testing.T) {
	names := map[string]bool{}
	for r := range 256 {
		names[losses.SmoothingRule(r).String()] = true
	}
	assert.Len(t, names, 256)
	for _, name := range []string{"prior", "uniform", "notebook", "SmoothingRule(255)"} {
		assert.True(t, names[name], name)
	}
}
