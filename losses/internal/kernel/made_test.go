package kernel

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/losses/internal/kernel/spec"
)

// TestMadeWeights: what float32 loses of a class weight counts, too, so that a weighed label is
// rounded once: a loss of many classes that all weigh a third has no bias of a third's rounding,
// which is 2^-25 of it.
func TestMadeWeights(t *testing.T) {
	having(t, func() bool { return MakesLabels[float32](1000) }, madeWeights[float32], madeWeights[float64])
}

func madeWeights[T Float](t *testing.T) {
	const n, k, weight = 5, 1000, 1. / 3
	r := rand.New(rand.NewPCG(3, 1))
	z, labels, w, low := make([]T, n*k), make([]T, n*k), make([]T, k), make([]T, k)
	for i := range z {
		z[i], labels[i] = T(r.NormFloat64()), T(r.Float64())
	}
	for j := range w {
		w[j] = T(weight)
		low[j] = T(weight - float64(w[j]))
	}
	m := Made[T]{Weights: w, Low: low}
	if spec.Size[T]() == 8 {
		m.Low = nil
	}
	loss := make([]float64, n)
	require.Equal(t, n, MadeCrossEntropy(loss, nil, nil, z, labels, nil, []T{1}, make([]T, k), k, &m, LabelGrads[T]{}))
	for i := range n {
		sum, want := 0.0, 0.0
		for _, x := range z[i*k : (i+1)*k] {
			sum += math.Exp(float64(x))
		}
		for j, x := range z[i*k : (i+1)*k] {
			want += float64(labels[i*k+j]) * weight * (math.Log(sum) - float64(x))
		}
		require.InEpsilon(t, want, loss[i], 0x1p-27)
	}
}
