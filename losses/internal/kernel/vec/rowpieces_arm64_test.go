//go:build !purego

package vec

import (
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/losses/internal/kernel/spec"
)

// TestRowPieces: the pieces are exact enough for the parameters that are used, and others are
// declined.
func TestRowPieces(t *testing.T) {
	same := func(f pieceFamily) rowLoss { return rowLoss{yes: f, no: f} }
	for _, f := range []pieceFamily{{spec.Poly1, -1}, {spec.Poly1, -0.98}, {spec.Poly1, -0.5}, {spec.Poly1, 4},
		{spec.Poly1, 60}, {spec.Poly1, 1000}, {spec.Focal, 0}, {spec.Focal, 2}, {spec.Focal, 7.3}, {spec.Focal, 25}} {
		require.True(t, rowsOf(same(f)).ok, "%v", f)
	}
	for _, f := range []pieceFamily{{spec.Poly1, -1 + 1e-6}, {spec.Poly1, 1e9}, {spec.Focal, 40}} {
		require.False(t, rowsOf(same(f)).ok, "%v", f) // the polynomials are too short
	}
}
