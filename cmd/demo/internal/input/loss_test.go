package input

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/losses"
)

func TestParseVariant(t *testing.T) {
	for _, tc := range []struct {
		text string
		want losses.Criterion
		err  string
	}{
		{"ce", losses.Criterion{Loss: losses.CrossEntropy{}}, ""},
		{"gce:q=0.5", losses.Criterion{Loss: losses.GCE{Q: 0.5}}, ""},
		{"ce@0.1", losses.Criterion{Loss: losses.CrossEntropy{}, Smoothing: losses.Smoothing{Rule: losses.SmoothUniform,
			Alpha: 0.1}}, ""},
		{"ce@", losses.Criterion{}, "behind @ want a number from 0 to 1"},
		{"ce@NaN", losses.Criterion{}, "behind @ want a number from 0 to 1"},
		{"hinge", losses.Criterion{}, `"hinge" is unknown`},
		{"bce", losses.Criterion{}, `"bce" is unknown, want one of ` + strings.Join(LossNames(losses.SoftmaxLink), ", ")},
		{"gce:q=0", losses.Criterion{}, "Q"},
	} {
		got, err := Variant(tc.text)
		if tc.err != "" {
			require.ErrorContains(t, err, tc.err, tc.text)
			assert.NotContains(t, err.Error(), "losses:")
			continue
		}
		require.NoError(t, err, tc.text)
		assert.Equal(t, tc.want, got, tc.text)
	}
}
