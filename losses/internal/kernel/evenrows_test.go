package kernel

import (
	"math/rand/v2"
	"testing"
)

// TestEvenRows: rows without a likely class, of which what is done once a row is done for many, are
// within 4 ulp in float32 beside others and alone, for every way in which terms are computed.
func TestEvenRows(t *testing.T) {
	blocks := 20
	if testing.Short() {
		blocks = 3
	}
	for _, l := range []separableLoss{{GCE, 0.7}, {GCE, 1}, {GCE, 0.01}, {GCE, 1e-11}, {Focal, 1}, {Focal, 2},
		{Focal, 3.5}, {Focal, 50}, {Poly1, 2}, {Poly1, -1}, {Poly1, 1000}, {AEL, 2.5}, {AGCE(0.1), 0.5}, {AGCE(1), 2},
		{AUL(1.01), 0.5}} {
		r := rand.New(rand.NewPCG(33, 34))
		for range blocks {
			steepBlock(t, l, r, 65+r.IntN(192))
		}
	}
}
