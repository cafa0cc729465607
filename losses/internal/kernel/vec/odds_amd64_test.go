//go:build !purego

package vec

import (
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/losses/internal/kernel/spec"
)

// TestOdds: the pieces are exact enough for the parameters that are used, and others are declined.
func TestOdds(t *testing.T) {
	for _, f := range []pieceFamily{{spec.GCE, 0x1p-20}, {spec.GCE, 0.7}, {spec.GCE, 1}, {spec.AGCE(1), 2},
		{spec.AGCE(0.6), 0.6}, {spec.AGCE(4), 3}, {spec.AUL(2), 2}, {spec.AUL(6.3), 1.5}, {spec.AEL, 2},
		{spec.AEL, 0.5}, {spec.AEL, 1e20}} {
		require.True(t, oddsFor(f).ok, "%v", f)
	}
	for _, f := range []pieceFamily{{spec.GCE, 1e-30}, {spec.AGCE(8), 8}, {spec.AGCE(0.1), 0.1},
		{spec.AUL(1.01), 3}, {spec.AEL, 0.3}, {spec.AEL, 1e35}} {
		require.False(t, oddsFor(f).ok, "%v", f)
	}
}
