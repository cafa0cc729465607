package kernel

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestMassOfOneLabel: where one label has nearly all of Σ -t φ'(l), what that sum is rounded by
// would be in the gradients of all classes. On average they are off by little more than the label's
// exponential is.
func TestMassOfOneLabel(t *testing.T) {
	ks := []int{65, 130, 200, 359, 500, 624, 1000}
	if testing.Short() {
		ks = []int{130, 624}
	}
	for _, name := range []string{"aul", "aul 6.3", "agce", "agce .6", "ael"} {
		f, worst := families[name], map[string]float64{}
		for _, k := range ks {
			b := newBlock[float32](12, k, class{fill: func(r *rand.Rand, z, t []float64) { smoothed(r, t) }})
			for i := range b.n {
				row := b.rows(i, i+1)
				w := newRowWant(row.z, row.t, row.u)
				loss, want := w.separable(row.t, f.family, f.a, 1)
				require.True(t, loss.v.Hi > 0)
				for _, impl := range implementations()[2:] {
					grad, losses, restore := make([]float32, k), make([]float64, 1), forced(impl)
					Separable(f.family, f.a, losses, grad, row.z, row.t, []float32{1}, make([]float32, 2*k), k)
					restore()
					var mean float64
					for j, x := range want {
						mean += (float64(grad[j])/x.v.Hi - 1) / float64(k)
					}
					worst[impl] = max(worst[impl], math.Abs(mean)*0x1p23)
				}
			}
		}
		t.Log(name, worst)
		for impl, most := range worst {
			assert.LessOrEqual(t, most, 1.0, "%s %s", name, impl)
		}
	}
}
