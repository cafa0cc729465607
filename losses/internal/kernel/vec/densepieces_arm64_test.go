//go:build !purego

package vec

import (
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/losses/internal/kernel/spec"
)

// TestDensePieces: the pieces are exact enough for the parameters that are used, and others are
// declined.
func TestDensePieces(t *testing.T) {
	for _, f := range []pieceFamily{{spec.Poly1, -1}, {spec.Poly1, -0.98}, {spec.Poly1, -0.5}, {spec.Poly1, 4},
		{spec.Poly1, 60}} {
		require.True(t, densePlan(f).ok, "%v", f)
	}
	for _, f := range []pieceFamily{{spec.Poly1, -1 + 1e-6}, {spec.Poly1, 1000}} {
		require.False(t, densePlan(f).ok, "%v", f) // the polynomials are too short
	}
}
