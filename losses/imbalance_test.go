package losses_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/losses"
)

func TestEffectiveNumberWeights(t *testing.T) {
	counts := []float64{1000, 100, 10, 1}
	for _, beta := range []float64{0, .5, .9, .999, 1 - 1e-6, 1 - 1e-15} {
		w, err := losses.EffectiveNumberWeights(counts, beta)
		require.NoError(t, err)
		near(t, "sum", []float64{sumOf(w)}, []float64{4}, 1e-14, 0)
		for k, n := range counts {
			want := -math.Expm1(n*math.Log1p(beta-1)) / -math.Expm1(math.Log1p(beta-1)) // effective number
			near(t, "ratio", []float64{w[3] / w[k]}, []float64{want}, 1e-12, 0)
		}
	}
	w, err := losses.EffectiveNumberWeights(counts, 0)
	require.NoError(t, err)
	near(t, "beta 0", w, []float64{1, 1, 1, 1}, 1e-15, 0)
	near(t, "by the paper's code", must(losses.EffectiveNumberWeights([]float64{5, 50}, .99)), []float64{
		2 / (1 + (1-math.Pow(.99, 5))/(1-math.Pow(.99, 50))), 2 / (1 + (1-math.Pow(.99, 50))/(1-math.Pow(.99,
			5)))}, 1e-13, 0)
	near(t, "a small beta", must(losses.EffectiveNumberWeights([]float64{1. / 64, 1}, 0x1p-64)), []float64{4. / 3, 2. / 3},
		1e-15, 0) // powers of 1/2 and 2^-64
	for _, bad := range []float64{0, -1, nan, inf} {
		_, err := losses.EffectiveNumberWeights([]float64{1, bad}, .5)
		assert.ErrorIs(t, err, losses.ErrParam)
		_, err = losses.LDAMMargins([]float64{1, bad}, .5)
		assert.ErrorIs(t, err, losses.ErrParam)
	}
	for _, bad := range []float64{1, -.1, nan, 2} {
		_, err := losses.EffectiveNumberWeights(counts, bad)
		assert.ErrorIs(t, err, losses.ErrParam)
	}
}

func must(x []float64, err error) []float64 {
	if err != nil {
		panic(err)
	}
	return x
}

func TestLDAMMargins(t *testing.T) {
	m, err := losses.LDAMMargins([]float64{16, 1, 81, 256}, .5)
	require.NoError(t, err)
	near(t, "margins", m, []float64{.25, .5, .5 / 3, .125}, 1e-14, 0)
	_, err = losses.LDAMMargins([]float64{1}, 0)
	assert.EqualError(t, err, "losses: largest: 0 is out of range, want a finite number > 0; the paper uses 0.5")
}

func TestOrderedLabels(t *testing.T) {
	for _, dt := range floatDtypes {
		got, err := losses.OrdinalLabels(anyInts(uint8(0), []int{0, 2}, 2, 1), 3, dt)
		require.NoError(t, err)
		assert.Equal(t, tensor.Shape{2, 3}, got.Shape())
		e := math.Exp(-1)
		s := 1 + e + e*e
		near(t, "ordinal", values(got), []float64{1 / s, e / s, e * e / s, e * e / s, e / s, 1 / s}, epsilon(dt), 0)
		got, err = losses.CumulativeLabels(indices(tensor.Int, 0, 1, 3), 4, dt)
		require.NoError(t, err)
		assert.Equal(t, tensor.Shape{3, 3}, got.Shape())
		assert.Equal(t, []float64{0, 0, 0, 1, 0, 0, 1, 1, 1}, values(got))
	}
	_, err := losses.CumulativeLabels(indices(tensor.Int, 0), 1, tensor.Float64)
	assert.ErrorIs(t, err, losses.ErrParam)
	_, err = losses.CumulativeLabels(indices(tensor.Int, 0, 4), 4, tensor.Float64)
	assert.EqualError(t, err, "losses: index: row 1: 4 is out of range, want a class in [0, 4)")
	_, err = losses.OrdinalLabels(dense(tensor.Float64, []float64{1}, 1), 4, tensor.Float64)
	assert.ErrorIs(t, err, losses.ErrDtype)
}

// TestAsymmetric: by its definition, and where it is another loss.
func TestAsymmetric(t *testing.T) {
	z, y := []float64{1.5, -2, .5, -4, 3, .25}, []float64{1, 0, .25, 0, .5, 1}
	logits, labels := dense(tensor.Float64, z, 6), dense(tensor.Float64, y, 6)
	sigmoidOf := func(l losses.Loss) losses.Criterion {
		return losses.Criterion{Loss: l, Link: losses.SigmoidLink, Reduction: losses.None}
	}
	got, err := sigmoidOf(losses.Asymmetric{GammaPos: 1, GammaNeg: 4, Margin: .05}).Eval(logits, labels)
	require.NoError(t, err)
	near(t, "definition", values(got), repeat(6, func(i int) float64 {
		p := sigmoid(z[i])
		pm := math.Max(p-.05, 0)
		return -y[i]*(1-p)*math.Log(p) - (1-y[i])*math.Pow(pm, 4)*math.Log(1-pm)
	}), 1e-13, 1e-16)
	for _, c := range []struct{ a, b losses.Loss }{
		{losses.Asymmetric{}, losses.CrossEntropy{}},
		{losses.Asymmetric{GammaPos: 2, GammaNeg: 2}, losses.Focal{Gamma: 2}},
		{losses.Asymmetric{GammaPos: .5, GammaNeg: .5}, losses.Focal{Gamma: .5}},
	} {
		loss, grad, err := sigmoidOf(c.a).EvalGrad(logits, labels)
		require.NoError(t, err)
		want, wantGrad, err := sigmoidOf(c.b).EvalGrad(logits, labels)
		require.NoError(t, err)
		near(t, "loss", values(loss), values(want), 1e-13, 0)
		near(t, "grad", values(grad), values(wantGrad), 1e-12, 1e-15)
	}
	_, err = losses.Criterion{Loss: losses.Asymmetric{}}.Eval(dense(tensor.Float64, []float64{1, 2}, 1, 2),
		indices(tensor.Int, 0))
	assert.EqualError(t, err, "losses: link: losses.Asymmetric is for yes-or-no questions, want SigmoidLink")
}

// TestAsymmetricFamily: by their definitions, and near p = 1, where they tend to 0.
func TestAsymmetricFamily(t *testing.T) {
	z := []float64{1, 2, 0, 40, 0, 0}
	for _, c := range []struct {
		loss losses.Loss
		phi  func(p float64) float64
		sure float64 // of 1-p = 2e-40
	}{
		{losses.AGCE{A: 1, Q: 2}, func(p float64) float64 { return (4 - (1+p)*(1+p)) / 2 }, 2},
		{losses.AGCE{A: .5, Q: .5}, func(p float64) float64 { return (math.Sqrt(1.5) - math.Sqrt(.5+p)) / .5 },
			1 / math.Sqrt(1.5)},
		{losses.AUL{A: 2, Q: 2}, func(p float64) float64 { return ((2-p)*(2-p) - 1) / 2 }, 1},
		{losses.AUL{A: 3, Q: .5}, func(p float64) float64 { return (math.Sqrt(3-p) - math.Sqrt2) / .5 },
			1 / math.Sqrt2},
		{losses.AEL{A: 2}, func(p float64) float64 { return math.Exp(-p / 2) }, 0},
	} {
		got, err := losses.Criterion{Loss: c.loss, Reduction: losses.None}.Eval(dense(tensor.Float64, z, 2, 3),
			indices(tensor.Int, 1, 0))
		require.NoError(t, err)
		p := math.Exp(2) / (math.E + math.Exp(2) + 1)
		rest := 2 * math.Exp(-40)
		want := []float64{c.phi(p), c.sure * rest}
		if c.sure == 0 {
			want[1] = math.Exp(-.5)
		}
		near(t, "loss", values(got), want, 1e-13, 0)
	}
}
