//go:build !purego

package vec

import (
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/losses/internal/kernel/spec"
)

// TestOdds: the pieces are exact enough for the parameters that are used, and others are declined.
func TestOdds(t *testing.T) {
	for _, f := range []pieceFamily{{spec.Focal, 0}, {spec.Focal, 0.5}, {spec.Focal, 2}, {spec.Focal, mostOdds},
		{spec.GCE, 0x1p-20}, {spec.GCE, 0.7}, {spec.GCE, 1}} {
		require.True(t, oddsFor(f).ok, "%v", f)
	}
	for _, f := range []pieceFamily{{spec.Focal, 4}, {spec.Focal, 40}, {spec.GCE, 1e-30}} {
		require.False(t, oddsFor(f).ok, "%v", f)
	}
	require.False(t, oddsFor(pieceFamily{spec.Focal, mostOdds + 0x1p-20}).ok)
}
