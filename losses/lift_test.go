package losses_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/losses"
)

// TestFaintMaps: the gradients of the softmax and its logarithms are right, too, where a p is a
// denormal number and the upstream gradient makes much of it.
func TestFaintMaps(t *testing.T) {
	for name, m := range map[string]losses.RowMap{
		"softmax": losses.SoftmaxMap(), "logsoftmax": losses.LogSoftmaxMap(), "logsumexp": losses.LogSumExpMap()} {
		for seed, k := range []int{2, 3, 10, 16, 40, 79, 300, 1100} {
			const n = 5
			r := rand.New(rand.NewPCG(uint64(seed), 9))
			z := repeat(n*k, func(i int) float64 { return -100 * r.Float64() })
			for i := range n {
				z[i*k+r.IntN(k)] = 0
			}
			size := n * k
			if name == "logsumexp" {
				size = n
			}
			u := repeat(size, func(int) float64 { return r.NormFloat64() * math.Exp(60*r.Float64()) })
			z, u = round(tensor.Float32, z), round(tensor.Float32, u)
			grad := func(dt tensor.Dtype) []float64 {
				shape := []int{n, size / n}
				if name == "logsumexp" {
					shape = []int{n}
				}
				g, err := m.Grad(dense(dt, z, n, k), dense(dt, u, shape...))
				require.NoError(t, err)
				return values(g)
			}
			got, want := grad(tensor.Float32), grad(tensor.Float64)
			for i := range want {
				off := 4*math.Abs(want[i])*0x1p-23 + 0x1p-140
				what := fmt.Sprintf("%s, k = %d, %d", name, k, i)
				if name == "logsoftmax" { // a difference
					off += 4 * math.Abs(u[i]) * 0x1p-23
				}
				assert.InDelta(t, want[i], got[i], off, what)
			}
		}
	}
}
