package losses_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/losses"
)

// TestGradsBesideUpstream0: beside an upstream gradient of 0 the gradients by logits and by labels
// that would be NaN are NaN, whatever the loss, and all others are 0, infinite ones too.
func TestGradsBesideUpstream0(t *testing.T) {
	for _, e := range losses.Losses() {
		if !e.Has(losses.SoftmaxLink) {
			continue
		}
		for _, dt := range floatDtypes {
			for _, k := range []int{3, 100} {
				for _, alpha := range []float64{0, 0.1} {
					c := losses.Criterion{Loss: e.Loss, Reduction: losses.None}
					c.Smoothing.Alpha = alpha
					b := batch{dt: dt, n: 3, k: k, z: make([]float64, 3*k),
						t: repeat(3*k, func(int) float64 { return 1 / float64(k) })}
					b.z[0], b.z[k+1] = math.NaN(), math.Inf(-1)
					var grads [2][]float64 // with an upstream gradient of 0 and of 1
					for i := range grads {
						in, out := b.inputs(c), b.outputs(c)
						in.Upstream = dense(dt, repeat(3, func(int) float64 { return float64(i) }), 3)
						require.NoError(t, c.EvalInto(out, in), e.Name)
						grads[i] = append(values(out.Grad), values(out.TargetGrad)...)
					}
					for j, g := range grads[0] {
						if math.IsNaN(grads[1][j]) {
							require.True(t, math.IsNaN(g), "%s %v K=%d alpha %v: element %d: %v", e.Name, dt, k, alpha, j, g)
							continue
						}
						require.Zero(t, g, "%s %v K=%d alpha %v: element %d", e.Name, dt, k, alpha, j)
					}
					require.True(t, math.IsNaN(grads[0][0]), e.Name)
				}
			}
		}
	}
}
