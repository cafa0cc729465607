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
	for _, f := range []pieceFamily{{spec.Focal, 0}, {spec.Focal, 1e-46}, {spec.Focal, 0.5}, {spec.Focal, 2},
		{spec.Focal, 5}, {spec.Focal, 7.3}, {spec.Focal, 13}, {spec.Focal, 20},
		{spec.Poly1, -1}, {spec.Poly1, -0.98}, {spec.Poly1, -0.5}, {spec.Poly1, 4}, {spec.Poly1, 20}} {
		require.True(t, denseFor(f).ok, "%v", f)
	}
	for _, f := range []pieceFamily{{spec.Focal, 24}, {spec.Focal, 40}, {spec.Poly1, -1 + 1e-6}, {spec.Poly1, -0.999},
		{spec.Poly1, 1000}} { // the polynomials are too short
		require.False(t, denseFor(f).ok, "%v", f)
	}
}

// TestRows is TestDensePieces for rows.
func TestRows(t *testing.T) {
	for _, f := range []pieceFamily{{spec.Focal, 0}, {spec.Focal, 1e-46}, {spec.Focal, 0.5}, {spec.Focal, 2},
		{spec.Focal, 4}, {spec.Focal, 7.3}, {spec.Focal, 13}, {spec.Focal, 20}, {spec.Focal, 25},
		{spec.Poly1, -1}, {spec.Poly1, -0.98}, {spec.Poly1, -0.5}, {spec.Poly1, 4}, {spec.Poly1, 20}} {
		require.True(t, rowsFor([2]pieceFamily{f, f}).ok, "%v", f)
	}
	for _, f := range []pieceFamily{{spec.Focal, 40}, {spec.Poly1, -1 + 1e-6}, {spec.Poly1, 1e9}} {
		require.False(t, rowsFor([2]pieceFamily{f, f}).ok, "%v", f)
	}
	require.True(t, rowsFor([2]pieceFamily{{spec.Focal, 0.5}, {spec.Focal, 6}}).ok)
	require.False(t, rowsFor([2]pieceFamily{{spec.Focal, 0.3}, {spec.Focal, 6}}).ok, "another rateLow")
	for _, a := range []spec.Asymmetric{{GammaNeg: 4, Margin: 0.05}, {GammaPos: 0.3, GammaNeg: 3.5, Margin: 0.05},
		{GammaPos: 2, GammaNeg: 1, Margin: 0.01}, {GammaNeg: 6, Margin: 0.2}} {
		require.True(t, marginRowsFor(a).ok, "%v", a)
	}
	for _, a := range []spec.Asymmetric{{GammaNeg: 4, Margin: 0.5}, {GammaNeg: 4, Margin: 1e-200}, {Margin: 0.05},
		{GammaPos: 60, GammaNeg: 4, Margin: 0.05}} {
		require.False(t, marginRowsFor(a).ok, "%v", a)
	}
}
