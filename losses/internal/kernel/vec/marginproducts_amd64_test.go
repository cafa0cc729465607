//go:build !purego

package vec

import (
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/losses/internal/kernel/spec"
)

// TestMarginProducts: the pieces are exact enough for the whole exponents of no up to the paper's
// and margins from its own to twice that, of smaller exponents to four times, and declined for
// other exponents and where a margin makes a function too steep.
func TestMarginProducts(t *testing.T) {
	for _, gamma := range []float64{1, 2, 3, 4} {
		for _, m := range []float64{0.05, 0.06, 0.08, 0.1} {
			require.True(t, productsFor(spec.Asymmetric{GammaNeg: gamma, Margin: m}).ok, "%v, %v", gamma, m)
		}
		require.Equal(t, gamma < 4, productsFor(spec.Asymmetric{GammaNeg: gamma, Margin: 0.2}).ok, "%v", gamma)
	}
	for _, a := range []spec.Asymmetric{{GammaNeg: 2.5, Margin: 0.05}, {GammaNeg: 5, Margin: 0.05}, {Margin: 0.05},
		{GammaPos: 1, GammaNeg: 4, Margin: 0.05}, {GammaNeg: 4, Margin: 0.01}, {GammaNeg: 4, Margin: 0.3},
		{GammaNeg: 4, Margin: 0.5}, {GammaNeg: 4, Margin: 0.999}} {
		require.False(t, productsFor(a).ok, "%v", a)
	}
}
