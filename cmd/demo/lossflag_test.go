package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/losses"
)

// Every loss that losses.ParseLoss knows has a name for sentences.
func TestEveryLossHasATitle(t *testing.T) {
	for _, name := range append(losses.LossNames(), "10*nce+1*mae") {
		l, err := parseLoss(name)
		require.NoError(t, err, name)
		info := describeLoss(l)
		assert.Equal(t, name, info.name)
		assert.NotEqual(t, name, info.title)
	}
	assert.Equal(t, lossInfo{"ce", "cross entropy", "nats", true}, describeLoss(nil), "no loss is cross entropy")
	assert.False(t, describeLoss(losses.MAE{}).lowest)
}

func TestParseVariant(t *testing.T) {
	for _, tc := range []struct {
		text string
		want losses.Criterion
		err  string
	}{
		{"ce", losses.Criterion{Loss: losses.CrossEntropy{}}, ""},
		{"gce:q=0.5", losses.Criterion{Loss: losses.GCE{Q: 0.5}}, ""},
		{"ce@0.1", losses.Criterion{Loss: losses.CrossEntropy{}, Smoothing: losses.Smoothing{Rule: losses.SmoothUniform, Alpha: 0.1}}, ""},
		{"ce@", losses.Criterion{}, "behind @ want a number from 0 to 1"},
		{"ce@NaN", losses.Criterion{}, "behind @ want a number from 0 to 1"},
		{"hinge", losses.Criterion{}, `"hinge" is unknown`},
		{"gce:q=0", losses.Criterion{}, "Q"},
	} {
		got, err := parseVariant(tc.text)
		if tc.err != "" {
			require.ErrorContains(t, err, tc.err, tc.text)
			assert.NotContains(t, err.Error(), "losses:")
			continue
		}
		require.NoError(t, err, tc.text)
		assert.Equal(t, tc.want, got, tc.text)
	}
	for _, text := range []string{"soft", "majority", "majority@0.2", "constant"} {
		_, err := parseAnswers(text)
		require.NoError(t, err, text)
	}
	for _, text := range []string{"ce", "constant@0.1", "majority@2"} {
		_, err := parseAnswers(text)
		require.Error(t, err, text)
	}
}
