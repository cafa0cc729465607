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

// TestRowPlans: rows of those, and of focal losses with exponents that are no whole numbers, are
// for the assembly, those with a pole nearby are not.
func TestRowPlans(t *testing.T) {
	for _, x := range []struct {
		f  spec.Family
		a  float64
		ok bool
	}{{spec.AGCE(1), 2, true}, {spec.AGCE(0.6), 0.6, true}, {spec.AUL(2), 2, true}, {spec.AUL(6.3), 1.5, true},
		{spec.AEL, 2, true}, {spec.AEL, 2.5, true}, {spec.AGCE(1e-5), 0.5, false}, {spec.Focal, 0, true},
		{spec.Focal, 0.5, true}, {spec.Focal, 1.5, true}, {spec.Focal, 2.5, true}, {spec.Focal, 3.5, true},
		{spec.Focal, 50, false}} {
		single, double := planFor[float32](x.f, x.a), planFor[float64](x.f, x.a)
		require.Equal(t, x.ok, single.kernel, "%v of float32", x)
		require.Equal(t, x.ok, double.kernel, "%v of float64", x)
	}
}
