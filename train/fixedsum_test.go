package train

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// The sums are exact where the numbers are not far apart, do not depend on the order, never
// overflow, and are NaN for what is not finite.
func TestFixedSum(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, shards := range []int{1, 2, 3, 8, 1000} {
		parts := make([]part, shards)
		want, wantNumber := make([]float64, 50), 0.0
		for i := range parts {
			data := make([]float32, len(want))
			for j := range data {
				data[j] = float32(r.NormFloat64()) * 0x1p-140
				if j == 7 {
					data[j] = math.MaxFloat32 // a tensor's top in every part
				}
				want[j] += float64(data[j])
			}
			small := []float32{data[0], math.SmallestNonzeroFloat32}
			parts[i] = part{[]float64{float64(i), 1e308 / float64(shards), -5e-324}, [][]float32{data, small}}
			wantNumber += float64(i)
		}
		if shards > 1 {
			parts[1].tensors, want = nil, nil // one without rows
		}
		x := fixedSum{shards: shards}
		totals, tensors := make([]float64, 3), [][]float32{make([]float32, 50), make([]float32, 2)}
		require.NoError(t, x.add(nil, parts, totals, tensors))
		require.Equal(t, wantNumber, totals[0])
		require.InEpsilon(t, 1e308, totals[1], 1e-12)
		require.Equal(t, -5e-324*float64(shards), totals[2])
		require.Equal(t, shards > 2, math.IsInf(float64(tensors[0][7]), 1))
		require.Equal(t, float32(math.SmallestNonzeroFloat32)*float32(max(1, shards-1)), tensors[1][1])

		parts[0].numbers[1], parts[0].tensors[0][3] = math.NaN(), float32(math.Inf(-1))
		require.NoError(t, x.add(nil, parts, totals, tensors))
		require.Equal(t, wantNumber, totals[0])
		require.True(t, math.IsNaN(totals[1]))
		require.True(t, tensors[0][0] != tensors[0][0] && tensors[0][49] != tensors[0][49])
		require.Positive(t, tensors[1][1])
	}
}
