//go:build !purego

package vec

import (
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/losses/internal/kernel/spec"
)

// TestMarginFourth: the pieces are exact enough for the paper's exponents and margins from its own
// to twice that, and declined for other exponents and where a margin makes a function too steep.
func TestMarginFourth(t *testing.T) {
	for _, m := range []float64{0.05, 0.06, 0.08, 0.1} {
		require.True(t, fourthFor(spec.Asymmetric{GammaNeg: 4, Margin: m}).ok, "%v", m)
	}
	for _, a := range []spec.Asymmetric{{GammaNeg: 3, Margin: 0.05}, {GammaPos: 1, GammaNeg: 4, Margin: 0.05},
		{GammaNeg: 4, Margin: 0.01}, {GammaNeg: 4, Margin: 0.3}, {GammaNeg: 4, Margin: 0.5}, {GammaNeg: 4, Margin: 0.999}} {
		require.False(t, fourthFor(a).ok, "%v", a)
	}
}
