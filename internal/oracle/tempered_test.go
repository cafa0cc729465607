package oracle

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/losses"
)

// TestTemperedTopOfMany: the gradient of the largest of many nearly equal classes has the digits of
// the others, in float64, by every parameter.
func TestTemperedTopOfMany(t *testing.T) {
	for i, l := range []losses.BiTempered{{T1: 0.75, T2: 1}, {T1: 0.5, T2: 1.25}, {T1: 1, T2: 1}} {
		for _, k := range []int{40, 275} {
			if l.T2 > 1 && k > 40 { // whose normaliser the oracle takes long to find
				continue
			}
			r := rand.New(rand.NewPCG(uint64(i), uint64(k)))
			b := Batch{N: 8, K: k}
			for range b.N {
				for range k {
					b.Logits = append(b.Logits, 0.01*r.NormFloat64())
				}
				b.Index = append(b.Index, r.IntN(k))
			}
			c := Case{Criterion: losses.Criterion{Loss: l, Smoothing: losses.Smoothing{Alpha: 0.25}}, Batch: b}
			_, grads, err := Compare(c)
			require.NoError(t, err)
			worst := Largest(grads)
			assert.LessOrEqualf(t, worst.Terms, 4., "%+v k=%d: %v", l, k, worst)
		}
	}
}
