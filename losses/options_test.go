package losses_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/losses"
)

// TestOptionsAreInTheKey: two criteria that differ in one parameter have different keys, those that compute the same alike.
func TestOptionsAreInTheKey(t *testing.T) {
	all := []losses.Criterion{}
	for _, l := range lossFamily {
		all = append(all, loss(l))
	}
	all = append(all,
		loss(losses.GCE{Q: math.Nextafter(.7, 1)}), loss(losses.Focal{Gamma: math.Nextafter(2, 3)}), loss(losses.Poly1{Epsilon: math.Nextafter(2, 3)}),
		loss(losses.ReverseCrossEntropy{A: -5}), loss(losses.SymmetricCrossEntropy{Alpha: .2, Beta: 1, A: -6}),
		loss(losses.SymmetricCrossEntropy{Alpha: .1, Beta: 2, A: -6}), loss(losses.SymmetricCrossEntropy{Alpha: .1, Beta: 1, A: -4}),
		loss(losses.ConfidencePenalty{Beta: .2}), loss(losses.BiTempered{T1: .8, T2: 1.3}), loss(losses.BiTempered{T1: .7, T2: 1.2}),
		loss(losses.WeightedSum{{Weight: 10, Loss: losses.NCE{}}, {Weight: .25, Loss: losses.MAE{}}}),
		loss(losses.WeightedSum{{Weight: 10, Loss: losses.NCE{}}}),
		loss(losses.WeightedSum{{Weight: .5, Loss: losses.MAE{}}, {Weight: 10, Loss: losses.NCE{}}}))
	base := losses.Criterion{ClassWeights: []float64{1, 2}, Ignore: []int{-1, 3}, Temperature: 2, LogitShift: []float64{0, 1}, ZLoss: .1, Axis: 1,
		Smoothing: losses.Smoothing{Alpha: .1, Prior: []float64{.5, .5}}}
	change := func(f func(c *losses.Criterion)) { c := base; f(&c); all = append(all, c) }
	change(func(*losses.Criterion) {})
	change(func(c *losses.Criterion) { c.ClassWeights = nil })
	change(func(c *losses.Criterion) { c.ClassWeights = []float64{1, math.Nextafter(2, 3)} })
	change(func(c *losses.Criterion) { c.ClassWeights = []float64{2, 1} })
	change(func(c *losses.Criterion) { c.Ignore = nil })
	change(func(c *losses.Criterion) { c.Ignore = []int{-1} })
	change(func(c *losses.Criterion) { c.Ignore = []int{-1, 4} })
	change(func(c *losses.Criterion) { c.Ignore = []int{-13} })
	change(func(c *losses.Criterion) { c.Temperature = 0 })
	change(func(c *losses.Criterion) { c.Temperature = math.Nextafter(2, 3) })
	change(func(c *losses.Criterion) { c.LogitShift = nil })
	change(func(c *losses.Criterion) { c.LogitShift = []float64{0, 1.5} })
	change(func(c *losses.Criterion) { c.LogitShift, c.ClassWeights = c.ClassWeights, c.LogitShift })
	change(func(c *losses.Criterion) { c.ZLoss = 0 })
	change(func(c *losses.Criterion) { c.ZLoss = math.Nextafter(.1, 1) })
	change(func(c *losses.Criterion) { c.Axis = 0 })
	change(func(c *losses.Criterion) { c.Axis = 2 })
	change(func(c *losses.Criterion) { c.Smoothing.Prior = []float64{.25, .75} })
	change(func(c *losses.Criterion) { c.Smoothing.Prior = nil })
	change(func(c *losses.Criterion) { c.Smoothing.Alpha = .2 })
	change(func(c *losses.Criterion) { c.Smoothing = losses.Smoothing{} })
	change(func(c *losses.Criterion) { c.Smoothing = losses.Smoothing{Rule: losses.SmoothUniform, Alpha: .1} })
	change(func(c *losses.Criterion) { c.Reduction = losses.WeightedMean })
	change(func(c *losses.Criterion) { c.Reduction = losses.None })
	keysDiffer(t, all...)
	assert.Equal(t, losses.Criterion{}.Key(), losses.Criterion{Temperature: 1, Ignore: []int{}}.Key())
}

// TestOptionsCarryOver: nothing of a call with options is left for the next without.
func TestOptionsCarryOver(t *testing.T) {
	for _, dt := range floatDtypes {
		plain := losses.Criterion{Reduction: losses.None}
		b := familyBatch(plain, 6, tableK, 91)
		b.dt = dt
		index := []int{0, 4, 2, 1, 3, 1}
		hard := b
		hard.index = index
		wantSoft, wantHard := b.all(t, plain), hard.all(t, plain)
		for option, c := range familyOptions {
			c.Reduction = losses.None
			b.all(t, c)
			nearAll(t, option, hard.all(t, plain), wantHard, 0, 0)
			hard.all(t, c)
			nearAll(t, option, b.all(t, plain), wantSoft, 0, 0)
			if c.Smoothing.Alpha == 0 {
				b.along(t, c, direction(6, tableK))
				nearAll(t, option, hard.all(t, plain), wantHard, 0, 0)
			}
		}
	}
}

// TestBiTemperedSure: with T1 = T2 = 1 it is cross entropy where p underflows, too.
func TestBiTemperedSure(t *testing.T) {
	for _, gap := range []float64{40, 700, 800, 1e4, 1e30} {
		b := batch{dt: tensor.Float64, n: 1, k: 2, z: []float64{0, gap}, index: []int{0}}
		near(t, "loss", b.eval(t, losses.Criterion{Loss: losses.BiTempered{T1: 1, T2: 1}}).loss, []float64{gap}, 1e-12, 0)
		b.index = []int{1}
		near(t, "loss", b.eval(t, losses.Criterion{Loss: losses.BiTempered{T1: 1, T2: 1}}).loss, []float64{math.Exp(-gap)}, 1e-12, 1e-16)
	}
}

// TestBiTemperedNearOne: as T2 falls to 1 the loss tends to that of T2 = 1, linearly and not by way of noise.
func TestBiTemperedNearOne(t *testing.T) {
	at := func(t2 float64) float64 {
		b := batch{dt: tensor.Float64, n: 1, k: 3, z: []float64{0, 3, -2}, index: []int{0}}
		return b.eval(t, losses.Criterion{Loss: losses.BiTempered{T1: 1, T2: t2}}).loss[0]
	}
	slope := (at(1+0x1p-10) - at(1)) / 0x1p-10
	for _, c := range []float64{0x1p-20, 0x1p-30, 0x1p-40} {
		near(t, "loss", []float64{at(1 + c)}, []float64{at(1) + c*slope}, 0, 1e-12+c*0.01)
	}
}

// TestBiTemperedOfProbabilities: it has a softmax of its own, and no use for probabilities.
func TestBiTemperedOfProbabilities(t *testing.T) {
	for _, l := range []losses.Loss{losses.BiTempered{T1: .8, T2: 1.2}, losses.WeightedSum{{Weight: 1, Loss: losses.BiTempered{T1: .8, T2: 1.2}}}} {
		require.ErrorIs(t, losses.Criterion{Loss: l, FromProbs: true}.Validate(), losses.ErrParam)
	}
}

// TestNoMass: without any mass the value is 0 and so are the gradients, though a row would cost +Inf.
func TestNoMass(t *testing.T) {
	c := losses.Criterion{Reduction: losses.WeightedMean, Smoothing: losses.Smoothing{Rule: losses.SmoothUniform, Alpha: .1}}
	b := batch{dt: tensor.Float64, n: 2, k: 2, z: []float64{0, -inf, 1, 2}, t: make([]float64, 4)}
	got := b.all(t, c)
	nearAll(t, "no mass", got, everything{result{[]float64{0}, make([]float64, 4), make([]float64, 4)}, make([]float64, 2)}, 0, 0)
}

// TestZeroLabelsAndClassWeights: a row without labels has no mean class weight; its labels' gradient is finite all the same.
func TestZeroLabelsAndClassWeights(t *testing.T) {
	for _, name := range []string{"mae", "rce", "penalty", "bt .8 1.2"} {
		b := batch{dt: tensor.Float64, n: 1, k: 2, z: []float64{0, 1}, t: []float64{0, 0}}
		for _, g := range b.eval(t, losses.Criterion{Loss: lossFamily[name], ClassWeights: []float64{2, 3}}).tgrad {
			assert.False(t, math.IsNaN(g) || math.IsInf(g, 0), "%s: %v", name, g)
		}
	}
}

// TestColdFloat32: a temperature below 1 takes finite logits nowhere near infinity that matters.
func TestColdFloat32(t *testing.T) {
	b := batch{dt: tensor.Float32, n: 1, k: 2, z: []float64{1e38, 0}, index: []int{0}}
	got := b.eval(t, losses.Criterion{Temperature: .1})
	same(t, "loss", got.loss, []float64{0})
	same(t, "grad", got.grad, []float64{0, 0})
}

// TestParseLossGivesNoLossWithAnError: what is not valid is not returned.
func TestParseLossGivesNoLossWithAnError(t *testing.T) {
	for _, text := range []string{"-1*ce", "nan*ce", "ce+gce:q=2", "2*", "ce:x=1"} {
		l, err := losses.ParseLoss(text)
		assert.ErrorIs(t, err, losses.ErrParam, text)
		assert.Nil(t, l, text)
	}
}
