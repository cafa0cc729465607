package kernel

import (
	"math"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
	"softloss/losses/internal/kernel/spec"
	"softloss/losses/internal/kernel/vec"
)

// TestCrossEntropyLabels: with gradients by the labels, losses and gradients are those without, and
// they are right to 4 ulp, for one factor or one a row and 0, with a prior, weights and a cut or
// without, to k/64 more where the specification computes all; and what that makes of log p for rows
// that are not ordinary.
func TestCrossEntropyLabels(t *testing.T) {
	both(t, crossEntropyLabels[float32], crossEntropyLabels[float64])
}

func crossEntropyLabels[T Float](t *testing.T) {
	const n = 21
	bySpecification := !vec.On() || runtime.GOARCH != "amd64"
	for _, k := range append(lengths(), 300, 1000) {
		b := newBlock[T](n, k, ordinary)
		b.z[3*k] = T(math.Inf(-1))
		for j := range k { // a sure row, of differences that are exact
			b.z[5*k+j] = T(math.Round(8*float64(b.z[5*k+j])) / 8)
		}
		b.z[5*k] += 60
		b.z[18*k] = T(math.NaN())
		b.z[14*k] = T(math.NaN()) // where a factor is 0
		var exact [n]numtest.Softmax
		for i := range exact {
			exact[i] = numtest.NewSoftmax(b.z[i*k : (i+1)*k])
		}
		loss, grad, labels := make([]float64, n), make([]T, n*k), append(make([]T, n*k), 7)
		plain, plainGrad, logs := make([]float64, n), make([]T, n*k), make([]T, k)
		require.Equal(t, -1, CrossEntropy(plain, plainGrad, b.z, b.t, b.scale, k))
		for _, o := range labelGradsOf[T](n, k) {
			require.Equal(t, -1, CrossEntropyLabels(loss, grad, labels[:n*k], b.z, b.t, b.scale, k, o))
			require.True(t, sameBits(plain, loss) && sameBits(plainGrad, grad), "k=%d", k)
			for i := range n {
				most := uint64(4)
				if i == 5 { // its exponentials are small
					most = 8
				}
				if bySpecification { // which adds up one by one
					most += uint64(k / 64)
				}
				z, label, got := b.z[i*k:(i+1)*k], b.t[i*k:(i+1)*k], labels[i*k:(i+1)*k]
				if i == 3 || i == 14 || i == 18 {
					LogSoftmax(logs, z, k)
					o.Row(logs, label, i)
				} else {
					exactLabelGrads(logs, o, label, exact[i], i)
				}
				for j, x := range logs {
					require.LessOrEqual(t, numtest.Ulps(x, got[j]), most, "k=%d %+v: element %d of row %d: got %v, want %v",
						k, o, j, i, got[j], x)
				}
			}
			require.Equal(t, T(7), labels[n*k])
		}
		o := labelGradsOf[T](n, k)[0]
		require.Equal(t, -1, CrossEntropyLabels(loss, nil, labels[:n*k], b.z, b.t, b.scale, k, o))
		b.t[7*k] = -1
		require.Equal(t, 7, CrossEntropyLabels(loss, grad, labels[:n*k], b.z, b.t, b.scale, k, o))
	}
}

// exactLabelGrads stores the gradients by the labels of row i.
func exactLabelGrads[T Float](dst []T, o LabelGrads[T], labels []T, s numtest.Softmax, i int) {
	var mean numtest.DD
	for j, w := range o.Prior {
		mean = mean.Add(numtest.Num(float64(w)).Mul(s.LogP(j)))
	}
	for j := range dst {
		x := numtest.Num(float64(o.Keep)).Mul(s.LogP(j)).Add(numtest.Num(float64(o.Mix)).Mul(mean))
		if o.Weights != nil {
			x = x.Mul(numtest.Num(float64(o.Weights[j])))
		}
		if dst[j] = T(x.Mul(numtest.Num(spec.Factor(o.Factor, i))).Hi); labels[j] <= o.Above {
			dst[j] = 0
		}
	}
}

// labelGradsOf are gradients by the labels of n rows of k.
func labelGradsOf[T Float](n, k int) []LabelGrads[T] {
	prior, weights, factors := make([]T, k), make([]T, k), make([]T, n)
	for j := range prior {
		prior[j], weights[j] = T(j%3)/T(k), T(j%4)/2 // of the class with a logit of -Inf they are 0
	}
	for i := range factors {
		factors[i] = T(i%4) - 2
	}
	factor := [][]T{{-0.5}, factors, {0}}[k%3]
	return []LabelGrads[T]{
		{Factor: factor, Keep: 1, Above: -1},
		{Factor: factor, Keep: 1, Above: 0.5 / T(k)},
		{Factor: factor, Keep: 0.75, Above: -1, Mix: 0.25, Prior: prior},
		{Factor: factor, Keep: 1, Above: -1, Weights: weights},
		{Factor: factor, Keep: 0.75, Above: 0.5 / T(k), Mix: 0.25, Prior: prior, Weights: weights},
	}
}

// TestPositives: how many labels are above 0, at every length.
func TestPositives(t *testing.T) { both(t, positives[float32], positives[float64]) }

func positives[T Float](t *testing.T) {
	for _, k := range append(lengths(), 5000) {
		labels, above := make([]T, k), 0
		for j := range labels {
			if labels[j] = T(j % 5); j%5 > 0 {
				above++
			}
		}
		require.Equal(t, above, Positives(labels), "k=%d", k)
	}
}
