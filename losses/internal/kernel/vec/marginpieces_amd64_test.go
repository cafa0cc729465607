//go:build !purego

package vec

import (
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/losses/internal/kernel/spec"
)

// TestMarginPieces: the pieces are exact enough for the whole exponents of no up to the paper's and
// margins from less than its own to twice that, of smaller exponents to four times, and declined
// for other exponents and where a margin makes a function too steep.
func TestMarginPieces(t *testing.T) {
	for _, pos := range []float64{0, 1} {
		for _, neg := range []float64{1, 2, 3, 4} {
			for _, m := range []float64{0.02, 0.03, 0.05, 0.08, 0.1} {
				require.True(t, marginFor(spec.Asymmetric{GammaPos: pos, GammaNeg: neg, Margin: m}).ok, "%v, %v, %v", pos, neg, m)
			}
			require.Equal(t, neg < 4, marginFor(spec.Asymmetric{GammaPos: pos, GammaNeg: neg, Margin: 0.2}).ok)
		}
	}
	for _, a := range []spec.Asymmetric{{GammaNeg: 0.5, Margin: 0.05}, {GammaPos: 2, GammaNeg: 4, Margin: 0.05},
		{GammaPos: 1, GammaNeg: 2.5, Margin: 0.05}, {GammaNeg: 5, Margin: 0.05}, {GammaNeg: 4, Margin: 1e-3},
		{GammaNeg: 4, Margin: 0.3}, {GammaNeg: 4, Margin: 0.5}, {GammaNeg: 4, Margin: 0.999}} {
		require.False(t, marginFor(a).ok, "%v", a)
	}
}
