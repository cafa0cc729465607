//go:build !purego

package vec

import (
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/losses/internal/kernel/spec"
)

// TestFine: sixteenths are exact enough for the parameters that are used, and not where a function
// changes too much within one, or is too large for float32.
func TestFine(t *testing.T) {
	for _, f := range []pieceFamily{{spec.AGCE(1), 2}, {spec.AGCE(0.6), 0.6}, {spec.AUL(2), 2},
		{spec.AUL(6.3), 1.5}, {spec.AGCE(4), 3}, {spec.AEL, 2}, {spec.AEL, 0.5}, {spec.AEL, 1e20},
		{spec.GCE, 0x1p-20}, {spec.GCE, 0.3}, {spec.GCE, 1}} {
		require.True(t, fineFor(f).ok, "%v", f)
	}
	for _, f := range []pieceFamily{{spec.AGCE(0.1), 0.1}, {spec.AGCE(8), 8}, {spec.AGCE(100), 16}, {spec.AUL(1.01), 3},
		{spec.AEL, 0.3}, {spec.AEL, 1e35}, {spec.GCE, 1e-30}} {
		require.False(t, fineFor(f).ok, "%v", f)
	}
}
