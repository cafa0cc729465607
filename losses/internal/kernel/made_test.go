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
	having(t, func() bool { return MakesLabels[float32](1, 1000, true) }, madeWeights[float32], madeWeights[float64])
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
	require.True(t, MadeCrossEntropy(loss, nil, nil, z, labels, nil, []T{1}, make([]T, k), k, &m, LabelGrads[T]{}))
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

// TestMadeTogether: of few classes, and in blocks, losses and gradients are those of labels that
// were made before, bit for bit, those by the labels too, and rows with an invalid label or a NaN
// are left to the caller: their loss is NaN.
func TestMadeTogether(t *testing.T) {
	having(t, func() bool { return MakesLabels[float32](16, 10, true) }, madeTogether[float32], madeTogether[float64])
}

func madeTogether[T Float](t *testing.T) {
	const n = 37
	for _, k := range append(upTo(42)[1:], 64, 65, 79, 80, 96, 97, 100, 128, 129, 160) {
		b, weights := newBlock[T](n, k, ordinary), make([]float64, k)
		for j := range weights {
			weights[j] = float64(1+j%4) / 3
		}
		b.t[5*k], b.t[21*k+1], b.z[30*k], b.z[12*k] = -0.01, T(math.Inf(1)), T(math.NaN()), 200
		for name, m := range map[string]Made[T]{
			"shares": {Keep: 0.75, Share: 0.25 / float64(k)}, "alike": {Keep: 0.75, Each: 0.25 / float64(k)},
			"cuts": {Keep: 1, Each: 0.25 / float64(k), Cut: 0.25}, "weights": {Exact: weights},
		} {
			o := LabelGrads[T]{Factor: []T{-0.5}, Keep: 0.75, Above: -1}
			if m.Cut > 0 {
				o.Above = T(m.Each)
			}
			loss, grad, labelGrad := make([]float64, n), make([]T, n*k), make([]T, n*k)
			all := MadeCrossEntropy(loss, grad, labelGrad, b.z, b.t, nil, b.scale, nil, k, &m, o)
			require.False(t, all, "%s k=%d", name, k)
			for i := range n {
				if i == 5 || i == 21 || i == 30 {
					require.True(t, math.IsNaN(loss[i]), "%s k=%d: row %d: %v", name, k, i, loss[i])
					continue
				}
				if i == 12 && k > 40 && loss[i] != loss[i] {
					continue // the logits lie far apart
				}
				made, f := make([]T, k), spec.FactorOf(b.scale, i)
				z, labels, g, l := b.z[i*k:(i+1)*k], b.t[i*k:(i+1)*k], make([]T, k), make([]T, k)
				if m.Exact != nil {
					require.Equal(t, -1, Weigh(made, labels, weights))
				} else {
					require.Equal(t, -1, Smooth(made, labels, m.Keep, m.Cut, m.Each, m.Share, k))
				}
				var want [1]float64
				require.Equal(t, -1, CrossEntropyLabels(want[:], g, l, z, made, f, k, o))
				if k > 2 { // pairs have kernels of their own
					require.True(t, sameBits(want[:], loss[i:i+1]) && sameBits(g, grad[i*k:(i+1)*k]), "%s k=%d: row %d", name, k, i)
				}
				require.True(t, sameBits(l, labelGrad[i*k:(i+1)*k]), "%s k=%d: row %d", name, k, i)
			}
		}
	}
}
