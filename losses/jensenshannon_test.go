package losses_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/internal/numtest"
	"softloss/losses"
)

// predictions returns m random tensors of logits, the last with an excluded class.
func predictions(m, n, k int) []tensor.Tensor {
	r := rand.New(rand.NewPCG(1, 2))
	out := make([]tensor.Tensor, m)
	for i := range out {
		out[i] = dense(tensor.Float64, repeat(n*k, func(int) float64 { return 3 * r.NormFloat64() }), n, k)
	}
	return out
}

// divergence is the definition, term by term.
func divergence(t *testing.T, logits []tensor.Tensor, row int) (sum float64) {
	k := logits[0].Shape()[1]
	mean := make([]float64, k)
	var p [][]float64
	for _, z := range logits {
		s, err := losses.Softmax(z)
		require.NoError(t, err)
		p = append(p, s.Float64s()[row*k:(row+1)*k])
		for j, v := range p[len(p)-1] {
			mean[j] += v / float64(len(logits))
		}
	}
	for i := range p {
		for j, v := range p[i] {
			if v > 0 {
				sum += v * math.Log(v/mean[j]) / float64(len(logits))
			}
		}
	}
	return sum
}

func TestJensenShannon(t *testing.T) {
	for _, m := range []int{2, 3, 5} {
		logits := predictions(m, 4, 6)
		logits[m-1].(*tensor.Dense).Float64s()[7] = math.Inf(-1)
		none, err := losses.JensenShannon(logits, losses.None)
		require.NoError(t, err)
		var sum float64
		for i, got := range none.Float64s() {
			want := divergence(t, logits, i)
			assert.Truef(t, numtest.Close(got, want, 1e-12, 0), "row %d: got %v, want %v", i, got, want)
			assert.LessOrEqual(t, got, math.Log(float64(m)))
			sum += got
		}
		for reduction, want := range map[losses.Reduction]float64{losses.Sum: sum, losses.Mean: sum / 4, losses.WeightedMean: sum / 4} {
			got, err := losses.JensenShannon(logits, reduction)
			require.NoError(t, err)
			assert.True(t, numtest.Close(got.Float64s()[0], want, 1e-14, 0))
		}
	}
}

// TestJensenShannonAgreement: equal predictions cost nothing, and opposite ones log 2.
func TestJensenShannonAgreement(t *testing.T) {
	z := predictions(1, 3, 5)[0]
	shifted := z.Clone().(*tensor.Dense)
	for i := range shifted.Float64s() {
		shifted.Float64s()[i] += 4
	}
	loss, grads, err := losses.JensenShannonGrad([]tensor.Tensor{z, shifted, z}, nil, losses.Mean)
	require.NoError(t, err)
	assert.InDelta(t, 0, loss.Float64s()[0], 1e-15)
	for _, g := range grads {
		for _, v := range g.Float64s() {
			assert.InDelta(t, 0, v, 1e-15)
		}
	}
	a := dense(tensor.Float64, []float64{800, 0}, 1, 2)
	b := dense(tensor.Float64, []float64{0, 800}, 1, 2)
	loss, err = losses.JensenShannon([]tensor.Tensor{a, b}, losses.Mean)
	require.NoError(t, err)
	assert.True(t, numtest.Close(loss.Float64s()[0], math.Ln2, 1e-15, 0))
}

func TestJensenShannonGradient(t *testing.T) {
	for _, reduction := range []losses.Reduction{losses.Mean, losses.Sum, losses.None} {
		logits := predictions(3, 2, 4)
		var up *tensor.Dense
		if reduction == losses.None {
			up = dense(tensor.Float64, []float64{-1.5, 0.5}, 2)
		} else {
			up = tensor.New(tensor.FromScalar(-1.5))
		}
		_, grads, err := losses.JensenShannonGrad(logits, up, reduction)
		require.NoError(t, err)
		cost := func() float64 {
			l, err := losses.JensenShannon(logits, reduction)
			require.NoError(t, err)
			var c float64
			for i, v := range l.Float64s() {
				c += up.Float64s()[i] * v
			}
			return c
		}
		for i, z := range logits {
			x := z.(*tensor.Dense).Float64s()
			for j := range x {
				const h = 1e-5
				old := x[j]
				x[j] = old + h
				plus := cost()
				x[j] = old - h
				minus := cost()
				x[j] = old
				want := (plus - minus) / (2 * h)
				got := grads[i].Float64s()[j]
				assert.Truef(t, numtest.Close(got, want, 1e-7, 1e-10), "%v, prediction %d element %d: got %v, want %v", reduction, i, j, got, want)
			}
		}
	}
}

func TestJensenShannonErrors(t *testing.T) {
	z := predictions(2, 3, 4)
	_, err := losses.JensenShannon(z[:1], losses.Mean)
	require.ErrorIs(t, err, losses.ErrParam)
	assert.EqualError(t, err, "losses: logits: 1 predictions are too few, want at least two")
	_, err = losses.JensenShannon(z, losses.Reduction(9))
	require.ErrorIs(t, err, losses.ErrReduction)
	_, err = losses.JensenShannon([]tensor.Tensor{z[0], dense(tensor.Float64, make([]float64, 8), 2, 4)}, losses.Mean)
	require.ErrorIs(t, err, losses.ErrShape)
	_, err = losses.JensenShannon([]tensor.Tensor{z[0], dense(tensor.Float32, make([]float64, 12), 3, 4)}, losses.Mean)
	require.ErrorIs(t, err, losses.ErrDtype)
	_, err = losses.JensenShannon([]tensor.Tensor{z[0], nil}, losses.Mean)
	require.ErrorIs(t, err, losses.ErrNil)
	_, _, err = losses.JensenShannonGrad(z, dense(tensor.Float64, []float64{1, 2}, 2), losses.None)
	require.ErrorIs(t, err, losses.ErrShape)
}
