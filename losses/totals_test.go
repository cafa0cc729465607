package losses

import (
	"math/rand/v2"
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
