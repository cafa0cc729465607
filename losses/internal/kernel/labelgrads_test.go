package kernel

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/losses/internal/kernel/spec"
)

// TestCrossEntropyLabels: with gradients by the labels, losses and gradients are those without, and
// they are log p times a factor, 0 where that is 0 unless NaN, also of rows that are not ordinary.
func TestCrossEntropyLabels(t *testing.T) {
	both(t, crossEntropyLabels[float32], crossEntropyLabels[float64])
}

func crossEntropyLabels[T Float](t *testing.T) {
	const n = 21
	for _, k := range append(lengths(), 300, 1000) {
		b := newBlock[T](n, k, ordinary)
		b.z[3*k] = T(math.Inf(-1))
		b.z[5*k] += 60
		b.z[18*k] = T(math.NaN())
		b.z[14*k] = T(math.NaN()) // where a factor is 0
		for _, factor := range [][]T{{-0.5}, {0}, make([]T, n)} {
			if len(factor) == n {
				for i := range factor {
					factor[i] = T(i%4) - 2
				}
			}
			loss, grad, labels := make([]float64, n), make([]T, n*k), append(make([]T, n*k), 7)
			want, wantGrad, logs := make([]float64, n), make([]T, n*k), make([]T, n*k)
			require.Equal(t, -1, CrossEntropyLabels(loss, grad, labels[:n*k], b.z, b.t, b.scale, factor, k))
			require.Equal(t, -1, CrossEntropy(want, wantGrad, b.z, b.t, b.scale, k))
			require.True(t, sameBits(want, loss) && sameBits(wantGrad, grad), "k=%d", k)
			LogSoftmax(logs, b.z, k)
			spec.ScaleRows(logs, factor, 0, k)
			require.True(t, math.IsNaN(float64(labels[14*k+k-1])) && math.IsNaN(float64(logs[14*k+k-1])))
			for j, x := range logs {
				require.True(t, sameBits([]T{x}, labels[j:j+1]) || math.Abs(float64(labels[j]-x)) <= 4*math.Abs(float64(x))*eps[T](),
					"k=%d factors %v: element %d of row %d: got %v, want %v", k, factor, j%k, j/k, labels[j], x)
			}
			require.Equal(t, T(7), labels[n*k])
			require.Equal(t, -1, CrossEntropyLabels(loss, nil, labels[:n*k], b.z, b.t, b.scale, factor, k))
			b.t[7*k] = -1
			require.Equal(t, 7, CrossEntropyLabels(loss, grad, labels[:n*k], b.z, b.t, b.scale, factor, k))
			b.t[7*k] = 0.5
		}
	}
}

func eps[T Float]() float64 {
	if elementSize[T]() == 4 {
		return 0x1p-24
	}
	return 0x1p-53
}

// TestLabelsAboveCut: how many labels are above 0, and what is kept of those above a cut, at every
// length.
func TestLabelsAboveCut(t *testing.T) { both(t, labelsAboveCut[float32], labelsAboveCut[float64]) }

func labelsAboveCut[T Float](t *testing.T) {
	for _, k := range append(lengths(), 5000) {
		labels, x, above := make([]T, k), append(make([]T, k), 7), 0
		for j := range labels {
			labels[j] = T(j%5) / 8
			if x[j] = T(j + 1); j%5 > 0 {
				above++
			}
		}
		require.Equal(t, above, Positives(labels), "k=%d", k)
		KeepAbove(x[:k], labels, 0.25)
		for j := range labels {
			want := T(0)
			if j%5 > 2 {
				want = T(j + 1)
			}
			require.Equal(t, want, x[j], "k=%d: element %d", k, j)
		}
		require.Equal(t, T(7), x[k])
	}
}
