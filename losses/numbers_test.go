package losses_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/internal/numtest"
	"softloss/losses"
)

// TestFamilyNumbers are the numbers of the definitions, computed in float64 with PyTorch.
func TestFamilyNumbers(t *testing.T) {
	hard := batch{dt: tensor.Float64, n: 3, k: 5, z: notebookLogits, index: []int{0, 1, 3}}
	for name, want := range map[string][]float64{
		"gce":    {.07630801022041375, .051718050188421, 1.1718246900572893},
		"focal":  {4.461411339575e-4, 1.387065333571e-4, 2.0477433702677557},
		"poly 2": {.2292726315344854, .155305501105035, 4.279657307065056},
		"nce":    {.004509035984961031, .00226439257, .2},
	} {
		got := hard.eval(t, losses.Criterion{Loss: lossFamily[name], Reduction: losses.None}).loss
		for i := range want {
			atol := 1e-16 // of 16 decimals, the shorter ones cut off
			if name == "nce" && i == 1 {
				atol = 1e-11
			}
			near(t, name, got[i:i+1], want[i:i+1], 1e-14, atol)
		}
	}
	soft := hard
	soft.index, soft.t = nil, notebookSmooth
	near(t, "mae", soft.eval(t, losses.Criterion{Loss: losses.MAE{}, Reduction: losses.None}).loss,
		[]float64{.187540531975636, .605535413495940, 1.227742911127463}, 1e-14, 0)

	w := []float64{1, 2, 3, 4, 5}
	smooth := losses.Smoothing{Alpha: .1}
	for _, x := range []struct {
		c    losses.Criterion
		want float64
	}{
		{losses.Criterion{ClassWeights: w, Reduction: losses.WeightedMean}, 1.427347729721479},
		{losses.Criterion{ClassWeights: w}, 3.330478036016784},
		{losses.Criterion{Smoothing: losses.Smoothing{Rule: losses.SmoothUniform, Alpha: .1}}, 1.127671159657187},
		{losses.Criterion{ClassWeights: w, Smoothing: smooth}, 3.750478036016784},
		{losses.Criterion{ClassWeights: w, Smoothing: smooth, Reduction: losses.WeightedMean}, 1.607347729721479},
	} {
		near(t, x.c.Key(), hard.eval(t, x.c).loss, []float64{x.want}, 1e-14, 0)
	}
}

// TestWeightsDoNotBend: with w = (.01, .99), α = .1 and y = 0 the best p_0 is .95; were the labels
// smoothed first it would be .161, the wrong class.
func TestWeightsDoNotBend(t *testing.T) {
	c := losses.Criterion{ClassWeights: []float64{.01, .99}, Smoothing: losses.Smoothing{Alpha: .1}}
	at := func(p float64) float64 {
		b := batch{dt: tensor.Float64, n: 1, k: 2, z: []float64{math.Log(p / (1 - p)), 0}, index: []int{0}}
		return b.eval(t, c).grad[0]
	}
	near(t, "gradient at .95", []float64{at(.95)}, []float64{0}, 0, 1e-17)
	require.Negative(t, at(.94))
	require.Positive(t, at(.96))
}

// TestFamilySpecialCases: at the ends of its parameters a loss is another one, value and gradients.
func TestFamilySpecialCases(t *testing.T) {
	sum := func(w float64, l losses.Loss) losses.Loss { return losses.WeightedSum{{Weight: w, Loss: l}} }
	for _, x := range []struct {
		name      string
		a, b      losses.Loss
		tol       float64
		oneHot    bool // only on one-hot rows
		different bool // in the labels' gradient
	}{
		{name: "gce q→0 is ce", a: losses.GCE{Q: 1e-13}, b: losses.CrossEntropy{}, tol: 1e-11},
		{name: "gce q=1 is half of mae", a: losses.GCE{Q: 1}, b: sum(.5, losses.MAE{}), tol: 1e-14, oneHot: true,
			different: true},
		{name: "focal 0 is ce", a: losses.Focal{}, b: losses.CrossEntropy{}, tol: 1e-14},
		{name: "poly 0 is ce", a: losses.Poly1{}, b: losses.CrossEntropy{}, tol: 1e-14},
		{name: "rce -2 is mae", a: losses.ReverseCrossEntropy{A: -2}, b: losses.MAE{}, tol: 1e-14, oneHot: true,
			different: true},
		{name: "sce of one is ce", a: losses.SymmetricCrossEntropy{Alpha: 1, A: -4}, b: losses.CrossEntropy{},
			tol: 1e-13},
		{name: "sce of the other is rce", a: losses.SymmetricCrossEntropy{Beta: 1, A: -4},
			b:   losses.ReverseCrossEntropy{A: -4},
			tol: 1e-13},
		{name: "penalty 0 is ce", a: losses.ConfidencePenalty{}, b: losses.CrossEntropy{}, tol: 1e-13},
		{name: "kl is ce on one-hot rows", a: losses.KL{}, b: losses.CrossEntropy{}, tol: 1e-14, oneHot: true,
			different: true},
		{name: "bi-tempered 1, 1 is kl", a: losses.BiTempered{T1: 1, T2: 1}, b: losses.KL{}, tol: 1e-11,
			different: true},
		{name: "bi-tempered 1, 1 is ce on one-hot rows", a: losses.BiTempered{T1: 1, T2: 1}, b: losses.CrossEntropy{},
			tol:    1e-11,
			oneHot: true, different: true},
		{name: "a sum of one", a: sum(1, losses.KL{}), b: losses.KL{}, tol: 1e-15},
		{name: "a sum of halves",
			a:   losses.WeightedSum{{Weight: .5, Loss: losses.NCE{}}, {Weight: .5, Loss: losses.NCE{}}},
			b:   losses.NCE{},
			tol: 1e-15},
	} {
		c := losses.Criterion{Reduction: losses.WeightedMean}
		b := familyBatch(c, 6, tableK, 81)
		for i := range b.n { // rows that sum to 1
			s := sumOf(b.t[i*5 : i*5+5])
			for j := range 5 {
				b.t[i*5+j] /= s
			}
		}
		if x.oneHot {
			b.t = oneHot(5, 0, 2, 4, 1, 3, 3)
		}
		c.Loss = x.a
		got := b.all(t, c)
		c.Loss = x.b
		want := b.all(t, c)
		if x.different {
			got.tgrad, want.tgrad = nil, nil
		}
		nearAll(t, x.name, got, want, x.tol, 1)
	}
}

// TestNCEBounds: normalised cross entropy lies in [0, 1] and sums to 1 over the K one-hot labels.
func TestNCEBounds(t *testing.T) {
	c := losses.Criterion{Loss: losses.NCE{}, Reduction: losses.None}
	for _, k := range []int{2, 5, 100} {
		for _, scale := range []float64{0, 1, 30, 1e4, 1e30} {
			row := repeat(k, func(i int) float64 { return scale * math.Sin(float64(i)) })
			b := batch{dt: tensor.Float64, n: k, k: k, index: repeatInt(k, func(i int) int { return i })}
			for range k {
				b.z = append(b.z, row...)
			}
			got := b.eval(t, c).loss
			for _, l := range got {
				require.True(t, l >= 0 && l <= 1, "%v", l)
			}
			near(t, "Σ_y", []float64{sumOf(got)}, []float64{1}, 1e-13, 0)
		}
	}
}

// TestMathNumbers are the numbers of the definitions, computed with PyTorch in float64.
func TestMathNumbers(t *testing.T) {
	soft := batch{dt: tensor.Float64, n: 3, k: 5, z: notebookLogits, t: notebookSmooth}
	none := func(l losses.Loss) losses.Criterion { return losses.Criterion{Loss: l, Reduction: losses.None} }

	uniform := losses.Criterion{Smoothing: losses.Smoothing{Rule: losses.SmoothUniform, Alpha: .2},
		Reduction: losses.None}
	require.Equal(t, "1.1584, 1.8127, 2.0519", printed("%.4f", soft.eval(t, uniform).loss))

	// The gradient of |dL/dz|² for z = (1,2,3), t = (.5,.2,.1), from first-order results: the
	// Hessian-vector product of LogSoftmaxGrad, (S p - t) in z and label space, by differences.
	one := batch{dt: tensor.Float64, n: 1, k: 3, z: []float64{1, 2, 3}, t: []float64{.5, .2, .1}}
	square := func(b batch) float64 {
		sum := 0.0
		for _, g := range b.eval(t, none(nil)).grad {
			sum += g * g
		}
		return sum
	}
	inZ := numtest.NumGrad(func(z []float64) float64 { b := one; b.z = z; return square(b) }, one.z)
	near(t, "second order, z", inZ, []float64{-.097366, -.098740, .196106}, 0, 5.1e-7)
	inT := numtest.NumGrad(func(l []float64) float64 { b := one; b.t = l; return square(b) }, one.t)
	near(t, "second order, t", inT, []float64{1.351850, .504333, -.368487}, 0, 5.1e-7)
}
