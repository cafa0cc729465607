//go:build !purego

package vec

import (
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/losses/internal/kernel/spec"
)

// TestMarginPieces: the pieces are exact enough for the paper's margin and exponents, and for
// others of no, and declined for others of yes and where a margin makes a function too steep.
func TestMarginPieces(t *testing.T) {
	for _, a := range []spec.Asymmetric{{GammaNeg: 4, Margin: 0.05}, {GammaPos: 1, GammaNeg: 4, Margin: 0.05},
		{GammaPos: 1, GammaNeg: 4, Margin: 0.1}, {GammaNeg: 1, Margin: 0.02}, {GammaPos: 1, GammaNeg: 2.5, Margin: 0.05},
		{GammaNeg: 3, Margin: 0.2}} {
		require.True(t, marginFor(a).ok, "%v", a)
	}
	for _, a := range []spec.Asymmetric{{GammaNeg: 0.5, Margin: 0.05}, {GammaPos: 2, GammaNeg: 4, Margin: 0.05},
		{GammaNeg: 4, Margin: 1e-3}, {GammaNeg: 4, Margin: 0.3}, {GammaNeg: 4, Margin: 0.5}, {GammaNeg: 4, Margin: 0.999}} {
		require.False(t, marginFor(a).ok, "%v", a)
	}
}
