//go:build !purego

package vec

import (
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/losses/internal/kernel/spec"
)

// TestSmoothPlans: the parameters of the papers are for the assembly, those with a pole nearby are
// not.
func TestSmoothPlans(t *testing.T) {
	for _, x := range []struct {
		f  spec.Family
		a  float64
		ok bool
	}{{spec.AGCE(1), 2, true}, {spec.AGCE(0.6), 0.6, true}, {spec.AUL(2), 2, true}, {spec.AUL(6.3), 1.5, true},
		{spec.AEL, 2, true}, {spec.AEL, 2.5, true}, {spec.AGCE(1e-5), 0.5, false}, {spec.AGCE(100), 16, false}} {
		require.Equal(t, x.ok, smoothPlanFor[float32](x.f, x.a).ok, "%v of float32", x)
		require.Equal(t, x.ok, smoothPlanFor[float64](x.f, x.a).ok, "%v of float64", x)
	}
}
