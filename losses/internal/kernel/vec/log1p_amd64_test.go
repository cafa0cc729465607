//go:build !purego

package vec

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestLog1p holds it within an ulp of math.Log1p, which is within one of the logarithm, for odds of
// every size and beside the numbers that the table changes at.
func TestLog1p(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	check := func(r float64) {
		t.Helper()
		want := math.Log1p(r)
		require.LessOrEqual(t, math.Abs(log1p(r)-want), math.Nextafter(want, math.Inf(1))-want, "%v", r)
	}
	for _, r := range []float64{0, 5e-324, 0x1p-1022, 0x1p-54, 0x1p-53, 1, 1 << 52, 1 << 53, math.MaxFloat64} {
		check(r)
	}
	for i := range 4 << nearBits {
		edge := float64(i) / (1 << nearBits)
		for range 50 {
			check(edge)
			edge = math.Nextafter(edge, 9)
		}
		if i > 0 {
			check(math.Nextafter(float64(i)/(1<<nearBits), 0))
		}
	}
	n := 500_000
	if testing.Short() {
		n = 50_000
	}
	for range n {
		check(math.Exp(120*rng.Float64() - 86))
		check(4 * rng.Float64())
	}
	require.True(t, math.IsNaN(log1p(math.NaN())))
	require.Equal(t, math.Inf(1), log1p(math.Inf(1)))
}
