package losses_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
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
		for reduction, want := range map[losses.Reduction]float64{losses.Sum: sum, losses.Mean: sum / 4,
			losses.WeightedMean: sum / 4} {
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
				assert.Truef(t, numtest.Close(got, want, 1e-7, 1e-10),
					"%v, prediction %d element %d: got %v, want %v", reduction, i, j, got, want)
			}
		}
	}
}

func TestJensenShannonErrors(t *testing.T) {
	z := predictions(2, 3, 4)
	_, err := losses.JensenShannon(z[:1], losses.Mean)
	require.ErrorIs(t, err, losses.ErrParam)
	assert.EqualError(t, err, "losses: logits: 1 prediction given, want at least two")
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

// TestJensenShannonOfSurePredictions: what agrees but for a little, sure or not, has all its
// digits, loss and gradients: numbers computed with 60.
func TestJensenShannonOfSurePredictions(t *testing.T) {
	for _, c := range []struct {
		logits [][]float64
		loss   float64
		grads  []float64
	}{
		{[][]float64{{40, 0, 0}, {40, 1, 0}}, 8.7626836465909781e-19,
			[]float64{1.317233052202122e-18, -1.317233052202122e-18, 5.5960726425336127e-36, -2.1935014168612198e-18,
				2.1935014168612198e-18, -9.3187710783104926e-36}},
		{[][]float64{{40, 0, 0}, {40, 0.0009765625, 0}}, 5.0669063967985397e-25,
			[]float64{1.0374490847445026e-21, -1.0374490847445026e-21, 4.4074512338226721e-39,
				-1.0379557753841825e-21, 1.0379557753841825e-21, -4.4096038351578724e-39}},
		{[][]float64{{40, 0, 0}, {40, 1e-10, 0}}, 5.3104428193800087e-39,
			[]float64{1.0620885638494495e-28, -1.0620885638494495e-28, 4.5121284697263412e-46,
				-1.0620885639025539e-28, 1.0620885639025539e-28, -4.5121284699519477e-46}},
		{[][]float64{{1020, 1000, 1000}, {20, 1e-10, 0}}, 2.5764420122456912e-30,
			[]float64{5.1528840137416746e-20, -5.1528840243625601e-20, 1.0620885550929388e-28,
				-5.1528840139993188e-20, 5.1528840246202043e-20, -1.0620885551460432e-28}},
		{[][]float64{{1, 2, 3}, {1, 2, 3.0009765625}}, 2.6543077917092004e-8,
			[]float64{1.4620895760153546e-5, 3.9743715260619284e-5, -5.436461102077283e-5, -1.461853505181645e-5,
				-3.9737298190044263e-5, 5.4355833241860713e-5}},
		{[][]float64{{1, 2, 3}, {1, 2, 3.0000009536743164}, {1, 2, 2.9999990463256836}}, 6.7513436847427828e-14,
			[]float64{-2.000204278389306e-15, -5.437118943151688e-15, 7.437323221540994e-15, -1.9039157854910083e-8,
				-5.1753796826165373e-8, 7.0792954681075456e-8,
				1.9039165855727196e-8, 5.1753818574641146e-8, -7.0792984430368342e-8}},
		{[][]float64{{30, 0, 0}, {0, 30, 0}}, 0.69314718055697958,
			[]float64{1.436074495213457e-12, -1.4036434453256291e-12, -3.243104988782793e-14, -1.4036434453256291e-12,
				1.436074495213457e-12, -3.243104988782793e-14}},
		{[][]float64{{5, 0, -3}, {-2, 4, 1}, {0, 0, 8}}, 1.0125318264483456,
			[]float64{0.011873405585664874, -0.010983525431919656, -0.00088988015374521765, -0.0046161260180412147,
				0.050811837192873064, -0.04619571117483185,
				-0.00088775795085909482, -0.00088337330807222446, 0.0017711312589313193}},
		{[][]float64{{700, 0, 0}, {690, 1, 0}}, 2.7975630024750032e-300,
			[]float64{9.6692702857164531e-304, -5.0811199827904872e-304, -4.5881503029259659e-304,
				-2.7985299295035749e-300, 2.0459120934375261e-300, 7.5261783606604876e-301}},
		{[][]float64{{40, 1, 0}, {40, 1, 0}, {40, 1, 0}, {40, 1, 0}, {40, 1, 0}}, 0, make([]float64, 15)},
	} {
		var logits []tensor.Tensor
		for _, z := range c.logits {
			logits = append(logits, dense(tensor.Float64, z, 1, len(z)))
		}
		loss, grads, err := losses.JensenShannonGrad(logits, nil, losses.Mean)
		require.NoError(t, err)
		what := fmt.Sprint(c.logits)
		near(t, what, values(loss), []float64{c.loss}, 4e-14, 0)
		var got []float64
		for _, g := range grads {
			got = append(got, values(g)...)
		}
		atol := 0.0
		if len(c.logits) == 3 { // the mean of what is above and below
			atol = 1e-15 * slices.Max(c.grads)
		}
		near(t, what, got, c.grads, 1e-13, atol)
	}
}

// TestJensenShannonIsNoLessThanZero: a divergence of predictions that nearly agree is tiny, and not
// below 0.
func TestJensenShannonIsNoLessThanZero(t *testing.T) {
	for _, z := range [][2][]float64{
		{{1, 2, 3}, {1, 2, 3 + 1e-9}}, {{50, 0}, {51, 0}}, {{20, 0, 3}, {20, 1e-7, 3}}, {{720, 0}, {730, 0}},
		{{720, 0}, {720, 1}}} {
		logits := []tensor.Tensor{dense(tensor.Float64, z[0], 1, len(z[0])), dense(tensor.Float64, z[1], 1, len(z[1]))}
		loss, err := losses.JensenShannon(logits, losses.Sum)
		require.NoError(t, err)
		assert.GreaterOrEqual(t, values(loss)[0], 0.0, "%v", z)
		assert.False(t, math.Signbit(values(loss)[0]), "%v", z)
	}
}

// TestJensenShannonOfNaN: a row of which a prediction has no softmax is NaN, its gradients by all
// predictions, sure ones too, and others are what they are without it.
func TestJensenShannonOfNaN(t *testing.T) {
	for _, dt := range floatDtypes {
		for _, k := range []int{1, 3, 40} {
			for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
				logits := make([]tensor.Tensor, 3)
				for i := range logits {
					logits[i] = dense(dt, repeat(3*k, func(j int) float64 {
						switch {
						case i == 1 && j/k == 1 && (j%k == 0 || math.IsInf(bad, -1)):
							return bad
						case j%k == k/2:
							return 9
						}
						return float64(i+j) / float64(k)
					}), 3, k)
				}
				loss, grads, err := losses.JensenShannonGrad(logits, nil, losses.None)
				require.NoError(t, err)
				for j, x := range values(loss) {
					require.Equal(t, j == 1, math.IsNaN(x), "%v K=%d %v: row %d: %v", dt, k, bad, j, x)
				}
				for i, g := range grads {
					for j, x := range values(g) {
						require.Equal(t, j/k == 1, math.IsNaN(x),
							"%v K=%d %v: prediction %d row %d class %d: %v", dt, k, bad, i, j/k, j%k, x)
					}
				}
			}
		}
	}
}
