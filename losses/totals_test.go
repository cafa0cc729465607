package losses

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestTotalsWithoutZeros: losses are summed alike however they come, and one of 0 is as if it were
// not there.
func TestTotalsWithoutZeros(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for n := range 100 {
		var all, parts, kept totals
		rows := make([]float64, n)
		for i := range rows {
			if r.IntN(1+n%9) != 1 {
				rows[i] = r.Float64()
				kept.addLosses(rows[i : i+1])
			}
		}
		all.addLosses(rows)
		cut := r.IntN(n + 1)
		parts.addLosses(rows[:cut])
		parts.addLosses(rows[cut:])
		assert.Equal(t, kept, all, n)
		assert.Equal(t, parts, all, n)
		sum := 0.0
		for _, x := range rows {
			sum += x
		}
		assert.InDelta(t, sum, all.total(), 1e-12, n)
	}
}

// TestTotalOfEqualLosses: losses that are all the same, each of which a sum would round alike, add
// up to their number times one.
func TestTotalOfEqualLosses(t *testing.T) {
	for _, n := range []int{100, 1000, 100_000} {
		for _, x := range []float64{.1, 1. / 3, 2.7} {
			var all totals
			all.addLosses(slices.Repeat([]float64{x}, n))
			assert.InEpsilon(t, float64(n)*x, all.total(), 2*0x1p-52, "%d times %v", n, x)
		}
	}
	var all totals
	all.addLosses([]float64{math.Inf(1), 1})
	all.addLosses(slices.Repeat([]float64{1}, 1000))
	assert.Equal(t, math.Inf(1), all.total())
}
