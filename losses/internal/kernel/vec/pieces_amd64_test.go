//go:build !purego

package vec

import (
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/losses/internal/kernel/spec"
)

// TestPieces: the pieces are exact enough for the parameters that are used, and not for those with
// which a function changes too much within one, or is too large or small for float32.
func TestPieces(t *testing.T) {
	for _, x := range []struct {
		yes, no pieceFamily
		ok      bool
	}{
		{pieceFamily{spec.Focal, 0.5}, pieceFamily{spec.Focal, 0.5}, true},
		{pieceFamily{spec.Focal, 5}, pieceFamily{spec.Focal, 5}, true},
		{pieceFamily{spec.Focal, 40}, pieceFamily{spec.Focal, 40}, false},
		{pieceFamily{spec.Focal, 1}, pieceFamily{spec.Focal, 4}, true},
		{pieceFamily{spec.Focal, 1}, pieceFamily{spec.Focal, 40}, false},
		{pieceFamily{spec.GCE, 0.5}, pieceFamily{spec.GCE, 0.5}, true},
		{pieceFamily{spec.GCE, 1}, pieceFamily{spec.GCE, 1}, true},
		{pieceFamily{spec.GCE, 0.4}, pieceFamily{spec.GCE, 0.4}, false},     // (1-p)^q is much at the end
		{pieceFamily{spec.GCE, 1e-30}, pieceFamily{spec.GCE, 1e-30}, false}, // what grows like -log (1-p)
		{pieceFamily{spec.AGCE(0.1), 0.1}, pieceFamily{spec.AGCE(0.1), 0.1}, true},
		{pieceFamily{spec.AGCE(5), 3}, pieceFamily{spec.AGCE(5), 3}, true},
		{pieceFamily{spec.AGCE(1e-5), 0.5}, pieceFamily{spec.AGCE(1e-5), 0.5}, false},
		{pieceFamily{spec.AGCE(8), 8}, pieceFamily{spec.AGCE(8), 8}, true},
		{pieceFamily{spec.AGCE(100), 8}, pieceFamily{spec.AGCE(100), 8}, false},
		{pieceFamily{spec.AUL(6.3), 1.5}, pieceFamily{spec.AUL(6.3), 1.5}, true},
		{pieceFamily{spec.AEL, 0.5}, pieceFamily{spec.AEL, 0.5}, true},
		{pieceFamily{spec.AEL, 1e20}, pieceFamily{spec.AEL, 1e20}, true},
		{pieceFamily{spec.AEL, 1e35}, pieceFamily{spec.AEL, 1e35}, false},
		{pieceFamily{spec.AEL, 0.05}, pieceFamily{spec.AEL, 0.05}, false},
	} {
		require.Equal(t, x.ok, piecesFor([2]pieceFamily{x.yes, x.no}).ok, "%v, %v", x.yes, x.no)
	}
}
