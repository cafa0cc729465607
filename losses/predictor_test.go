package losses_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/internal/numtest"
	"softloss/losses"
)

// TestPredictorOfEveryLoss: what a loss predicts with is what it costs least to predict: at labels
// equal to the map's probabilities the gradient of a loss with a map of its own is 0.
func TestPredictorOfEveryLoss(t *testing.T) {
	own := map[string]losses.Loss{"sparsemax": losses.Sparsemax{}, "entmax15": losses.Entmax15{},
		"bitempered": losses.BiTempered{T1: 1, T2: 1.2}}
	for _, e := range losses.Losses() {
		for _, link := range []losses.Link{losses.SoftmaxLink, losses.SigmoidLink} {
			if !e.Has(link) {
				continue
			}
			c := losses.Criterion{Loss: e.Loss, Link: link, Temperature: 3, Reduction: losses.Sum}
			got, err := c.Predictor()
			require.NoError(t, err)
			require.Equal(t, losses.Criterion{Link: link, Loss: own[e.Name], Temperature: 3}, got, e.Name)
			if own[e.Name] == nil && e.Name != "ce" {
				continue
			}
			logits := dense(tensor.Float64, []float64{0.5, -2, 1, 3, 0.2, 0.1, 0, 0, 0}, 3, 3)
			p, err := c.Probs(logits)
			require.NoError(t, err)
			_, g, err := c.EvalGrad(logits, p)
			require.NoError(t, err)
			near(t, e.Name, values(g), make([]float64, 9), 0, 1e-14)
		}
	}
}

// TestProbs: the maps by other means, at a temperature and under both links.
func TestProbs(t *testing.T) {
	z := []float64{1, 0.4, -3, 700, 2, 2}
	half := make([]float64, len(z))
	for i := range z {
		half[i] = z[i] / 2
	}
	for _, dt := range floatDtypes {
		logits, cool := dense(dt, z, 2, 3), dense(dt, half, 2, 3)
		for loss, of := range map[losses.Loss]func(tensor.Tensor) (*tensor.Dense, error){
			losses.GCE{Q: .5}: losses.Softmax, losses.BiTempered{T1: .3, T2: 1}: losses.Softmax,
			losses.Sparsemax{}: losses.SparsemaxProbs, losses.Entmax15{}: losses.Entmax15Probs,
		} {
			want, err := of(cool)
			require.NoError(t, err)
			got, err := losses.Criterion{Loss: loss, Temperature: 2}.Probs(logits)
			require.NoError(t, err)
			near(t, "probabilities", values(got), values(want), 4*epsilon(dt), 0)
		}
	}
	pairs := dense(tensor.Float64, []float64{1, 0, 0.4, 0, -3, 0}, 3, 2)
	for _, loss := range []losses.Loss{nil, losses.Sparsemax{}, losses.Entmax15{}, losses.BiTempered{T1: 1, T2: 1.5}} {
		both, err := losses.Criterion{Loss: loss}.Probs(pairs)
		require.NoError(t, err)
		for _, shape := range [][]int{{3}, {1, 3}, {3, 1}} {
			got, err := losses.Criterion{Loss: loss, Link: losses.SigmoidLink}.Probs(dense(tensor.Float64, z[:3], shape...))
			require.NoError(t, err)
			require.Equal(t, tensor.Shape(shape), got.Shape())
			near(t, "yes", values(got), []float64{values(both)[0], values(both)[2], values(both)[4]}, 1e-15, 0)
		}
	}
	// Of two classes and T2 = 2 there is a formula.
	p, err := losses.Criterion{Loss: losses.BiTempered{T1: 1, T2: 2}}.Probs(dense(tensor.Float64, []float64{0, -3}, 2))
	require.NoError(t, err)
	mu := 2 / (3 + math.Sqrt(13))
	near(t, "tempered", values(p), []float64{1 / (1 + mu), 1 / (4 + mu)}, 1e-15, 0)
}

// TestProbsAlongAxis: classes along another axis, of a view too, have the probabilities that they
// have along the last.
func TestProbsAlongAxis(t *testing.T) {
	x := repeat(24, func(i int) float64 { return float64(i*i%7) - 3 })
	for _, dt := range floatDtypes {
		last, middle := dense(dt, x, 2, 3, 4), dense(dt, x, 2, 3, 4)
		require.NoError(t, middle.T(0, 2, 1)) // [2, 4, 3], of which axis 1 are classes
		for _, c := range []losses.Criterion{{Temperature: 2}, {Loss: losses.Sparsemax{}}, {Loss: losses.Entmax15{}},
			{Link: losses.SigmoidLink}} {
			want, err := c.Probs(last)
			require.NoError(t, err)
			c.Axis = 2
			got, err := c.Probs(last)
			require.NoError(t, err)
			require.Equal(t, values(want), values(got))
			c.Axis = 1
			got, err = c.Probs(middle)
			require.NoError(t, err)
			require.Equal(t, tensor.Shape{2, 4, 3}, got.Shape())
			require.NoError(t, got.T(0, 2, 1))
			require.NoError(t, got.Transpose()) // moves the numbers
			require.Equal(t, values(want), values(got), "%v", c)
		}
	}
	for axis, want := range map[int]string{
		-1: "losses: axis: -1 is negative, want the class axis, 0 for the last",
		2:  "losses: logits: shape (2, 2) has no axis 2, want more than 2 dimensions"} {
		_, err := losses.Criterion{Axis: axis}.Probs(dense(tensor.Float64, x[:4], 2, 2))
		require.EqualError(t, err, want)
	}
}

// TestProbsOfBadRows: a row without probabilities is NaN, and no other.
func TestProbsOfBadRows(t *testing.T) {
	inf := math.Inf(1)
	z := dense(tensor.Float64, []float64{math.NaN(), 0, inf, 0, -inf, -inf, -inf, 1}, 4, 2)
	for _, loss := range []losses.Loss{nil, losses.Sparsemax{}, losses.Entmax15{}, losses.BiTempered{T1: 1, T2: 1.2}} {
		p, err := losses.Criterion{Loss: loss}.Probs(z)
		require.NoError(t, err)
		for i, v := range values(p)[:6] {
			assert.True(t, math.IsNaN(v), "%T: row %d: %v", loss, i/2, v)
		}
		require.Equal(t, []float64{0, 1}, values(p)[6:], "%T", loss)
	}
}

// TestProbsOfSureRows: logits that leave the dtype when they are divided are sure ones.
func TestProbsOfSureRows(t *testing.T) {
	for _, l := range []losses.Loss{nil, losses.Sparsemax{}, losses.Entmax15{}, losses.BiTempered{T1: 1, T2: 1.3}} {
		for _, dt := range floatDtypes {
			c := losses.Criterion{Loss: l, Temperature: 1e-3}
			huge := map[tensor.Dtype]float64{tensor.Float32: 3e38, tensor.Float64: 1e308}[dt]
			z := dense(dt, []float64{huge, 1, -huge, 1}, 2, 2)
			p, err := c.Probs(z)
			require.NoError(t, err)
			assert.Equal(t, []float64{1, 0, 0, 1}, values(p), "%v %v", l, dt)
			c.Link = losses.SigmoidLink
			p, err = c.Probs(dense(dt, []float64{huge, math.Inf(1), -huge, math.Inf(-1)}, 2, 2))
			require.NoError(t, err)
			assert.Equal(t, []float64{1, 1, 0, 0}, values(p), "%v %v", l, dt)
		}
	}
}

// TestPredictorOfSums: terms of one map have it, those of different maps none; a term of weight 0
// says nothing.
func TestPredictorOfSums(t *testing.T) {
	sum := func(a, b losses.Loss, w float64) losses.Criterion {
		return losses.Criterion{Loss: losses.WeightedSum{{Weight: 1, Loss: a}, {Weight: w, Loss: b}}}
	}
	for _, c := range []losses.Criterion{
		sum(losses.NCE{}, losses.MAE{}, 1), sum(losses.CrossEntropy{}, losses.Sparsemax{}, 0)} {
		got, err := c.Predictor()
		require.NoError(t, err)
		require.Nil(t, got.Loss)
	}
	tempered, err := sum(losses.BiTempered{T1: .5, T2: 1.1}, losses.BiTempered{T1: 1, T2: 1.1}, 2).Predictor()
	require.NoError(t, err)
	require.Equal(t, losses.BiTempered{T1: 1, T2: 1.1}, tempered.Loss)
	plain, err := losses.Criterion{Temperature: 1, ClassWeights: []float64{1, 2}, Margins: []float64{1, 1}}.Predictor()
	require.NoError(t, err)
	require.Equal(t, losses.Criterion{}, plain)

	mixed := sum(losses.CrossEntropy{}, losses.Entmax15{}, 1)
	_, err = mixed.Predictor()
	require.ErrorIs(t, err, losses.ErrParam)
	require.ErrorContains(t, err, "its terms have different ones")
	for _, bad := range []losses.Criterion{mixed, {Link: 9}, {Temperature: -1},
		{Loss: losses.Sparsemax{}, Temperature: -1}, {Link: losses.SigmoidLink, Temperature: math.NaN()}} {
		_, err := bad.Probs(dense(tensor.Float64, []float64{1, 2}, 2))
		require.ErrorIs(t, err, losses.ErrParam)
	}
	itself := losses.WeightedSum{{Weight: 1}}
	itself[0].Loss = itself
	for _, c := range []struct {
		loss losses.Loss
		want error
	}{
		{losses.BiTempered{T1: 1, T2: .5}, losses.ErrParam},
		{(*losses.Sparsemax)(nil), losses.ErrLoss}, {itself, losses.ErrLoss},
	} {
		_, err := losses.Criterion{Loss: c.loss}.Predictor()
		require.ErrorIs(t, err, c.want, "%T", c.loss)
	}
	for _, loss := range []losses.Loss{nil, losses.Sparsemax{}} {
		_, err = losses.Criterion{Loss: loss}.Probs(nil)
		require.ErrorIs(t, err, losses.ErrNil)
		_, err = losses.Criterion{Loss: loss}.Probs(tensor.New(tensor.WithBacking([]int{1})))
		require.ErrorIs(t, err, losses.ErrDtype)
	}
}

// TestProbsOfOneClass is a softmax with nothing to choose from.
func TestProbsOfOneClass(t *testing.T) {
	for _, loss := range []losses.Loss{nil, losses.Sparsemax{}, losses.Entmax15{}, losses.BiTempered{T1: 1, T2: 3}} {
		p, err := losses.Criterion{Loss: loss}.Probs(dense(tensor.Float64, []float64{-7, 7}, 2, 1))
		require.NoError(t, err)
		for _, v := range values(p) {
			require.True(t, numtest.Close(v, 1, 1e-15, 0), "%T: %v", loss, v)
		}
	}
}
