//go:build !purego

package kernel

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestGCEExact holds the kernel of float32 rows with a large exponential to the 1e-9 that its polynomial in float64 promises: an error
// of float32's size would hide behind the rounding of the gradient.
func TestGCEExact(t *testing.T) {
	for _, name := range implementations()[1:] {
		t.Run(name, func(t *testing.T) {
			force(t, name)
			for _, q := range []float64{0.003, 0.1, 0.7, 1} {
				p, ok := planFor(GCE, q)
				require.True(t, ok)
				for i := range 400 {
					z, y, h := []float32{-float32(i+35) / 50}, []float32{1}, make([]float32, 1)
					sum, mass, bad := exactTerms(wideOf[float32](), p, h, z, y, 0, 0)
					require.Zero(t, bad)
					l := float64(z[0])
					require.InEpsilon(t, -math.Expm1(q*l), sum, 1e-9, "q=%v l=%v: loss", q, l)
					require.InEpsilon(t, math.Exp(q*l), mass, 1e-9, "q=%v l=%v: -φ'", q, l)
				}
			}
		})
	}
}
