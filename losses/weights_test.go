package losses_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/losses"
)

// TestEnginesKeepNothing: calls of different shapes, dtypes and options after each other do not see
// each other.
func TestEnginesKeepNothing(t *testing.T) {
	c := losses.Criterion{Reduction: losses.None}
	for range 2 {
		for _, dt := range floatDtypes {
			big := randomBatch(c, dt, 9, 44)
			small := batch{dt: dt, n: 2, k: 2, z: []float64{0, 0, 0, 0}, t: []float64{1, 0, 0, 1}}
			hard := small
			hard.index = []int{1, 0}
			for _, b := range []batch{small, big, small, hard, small} {
				got := b.eval(t, c)
				if b.n == 2 {
					near(t, "loss", got.loss, []float64{.6931471805599453, .6931471805599453}, epsilon(dt), 0)
					sign := 1.0
					if b.index != nil {
						sign = -1
					}
					same(t, "grad", got.grad, scaled(sign, []float64{-.5, .5, .5, -.5}))
				}
				bad := b
				bad.t = repeat(b.n*b.k, func(int) float64 { return -1 })
				bad.index = nil
				_, err := bad.try(t, c)
				require.ErrorIs(t, err, losses.ErrLabel)
			}
		}
	}
}

// TestRemovedRowsWeighNothing: the class weights of a call before, of any size, are not those of
// rows that are removed, whose weights decide with those of all others how gradients are scaled.
func TestRemovedRowsWeighNothing(t *testing.T) {
	weights, extreme := []float64{0.3, 0.7, 1.1}, []float64{1e-30, 1e30, 1}
	for _, dt := range floatDtypes {
		for name, l := range lossFamily {
			c := losses.Criterion{Loss: l, ClassWeights: weights, Ignore: []int{-1}, Reduction: losses.None}
			b := familyBatch(c, 40, 3, 5)
			b.dt, b.index = dt, repeatInt(b.n, func(i int) int { return i%4 - 1 })
			want := b.eval(t, c)
			before := c
			before.ClassWeights, before.Ignore = extreme, nil
			all := b
			all.index = repeatInt(b.n, func(i int) int { return i % 2 })
			all.eval(t, before)
			got := b.eval(t, c)
			require.Equal(t, want.loss, got.loss, "%s %v", name, dt)
			require.Equal(t, want.grad, got.grad, "%s %v", name, dt)
		}
	}
}

// TestRemovedTwice: a row with a sample weight of 0 and an ignored index, or one that Ignore lists
// twice, is removed once.
func TestRemovedTwice(t *testing.T) {
	for _, r := range familyReductions {
		c := losses.Criterion{Reduction: r, Ignore: []int{-1, 2, -1, 2}}
		b := familyBatch(c, 5, tableK, 87)
		b.index = []int{-1, 0, 2, 1, -1}
		b.s[0], b.s[2] = 0, 0
		kept := batch{dt: b.dt, n: 2, k: b.k, index: []int{0, 1}, u: b.u,
			z: slices.Concat(b.z[5:10], b.z[15:20]), s: []float64{b.s[1], b.s[3]}}
		if r == losses.None {
			kept.u = []float64{b.u[1], b.u[3]}
		}
		got, want := b.all(t, c), kept.all(t, c)
		zero := make([]float64, 5)
		near(t, "grad", got.grad, slices.Concat(zero, want.grad[:5], zero, want.grad[5:], zero), 1e-15, 0)
		near(t, "sample weights' grad", got.sgrad, []float64{0, want.sgrad[0], 0, want.sgrad[1], 0}, 1e-15, 0)
		if r == losses.None {
			want.loss = []float64{0, want.loss[0], 0, want.loss[1], 0}
		}
		near(t, "loss", got.loss, want.loss, 1e-15, 0)
	}
}

// TestWeightlessRowsAreChecked: a row whose labels have no weight so far goes only when all of them
// are labels.
func TestWeightlessRowsAreChecked(t *testing.T) {
	for _, dt := range floatDtypes {
		for _, loss := range []losses.Loss{losses.CrossEntropy{}, losses.MAE{}, losses.Focal{Gamma: 2}, losses.KL{}} {
			for _, bad := range []float64{nan, inf, -1} {
				for _, k := range []int{2, 3, 9, 40} {
					weights := make([]float64, k)
					weights[k-1] = 1
					label := oneHot(k, 0, 0)
					label[2*k-1] = bad
					b := batch{dt: dt, n: 2, k: k, z: make([]float64, 2*k), t: label}
					_, err := b.try(t, losses.Criterion{Loss: loss, ClassWeights: weights})
					require.ErrorIs(t, err, losses.ErrLabel, "%T k=%d label %v", loss, k, bad)
					// The same row among those that a sample weight removes is not looked at.
					b.s = []float64{1, 0}
					_, err = b.try(t, losses.Criterion{Loss: loss, ClassWeights: weights})
					require.NoError(t, err, "%T k=%d label %v", loss, k, bad)
				}
			}
		}
	}
}

// TestZeroLabelsAndClassWeights: a row without labels has no mean class weight. It weighs 1, beside
// weights of any size, and its labels' gradient is finite.
func TestZeroLabelsAndClassWeights(t *testing.T) {
	for _, name := range []string{"mae", "rce", "confidence", "bitempered"} {
		for _, dt := range floatDtypes {
			b := batch{dt: dt, n: 1, k: 2, z: []float64{0, 1}, t: []float64{0, 0}}
			c := losses.Criterion{Loss: lossFamily[name]}
			want := b.eval(t, c)
			for _, w := range []float64{1, 1e-30, 1e30, 1e-300, 5e-324, 1e300} {
				c.ClassWeights = []float64{2 * w, 3 * w}
				got := b.eval(t, c)
				near(t, c.Key()+" loss", got.loss, want.loss, epsilon(dt), 0)
				near(t, c.Key()+" grad", got.grad, want.grad, epsilon(dt), 0)
				near(t, c.Key()+" target grad", got.tgrad, want.tgrad, epsilon(dt), 0)
			}
		}
	}
}

// TestDenormalWeights: a row whose weighted labels are nothing beside what smoothing adds is not
// one that weighs nothing.
func TestDenormalWeights(t *testing.T) {
	for _, dt := range floatDtypes {
		b := batch{dt: dt, n: 1, k: 3, z: []float64{1, 2, 3}, t: []float64{.25, .25, .5}}
		c := losses.Criterion{Smoothing: losses.Smoothing{Rule: losses.SmoothUniform, Alpha: .3},
			ClassWeights: []float64{5e-324, 5e-324, 5e-324}}
		uniform := b
		uniform.t = []float64{.125, .125, .125}
		got, want := b.eval(t, c), uniform.eval(t, losses.Criterion{Smoothing: losses.Smoothing{}})
		near(t, "loss", got.loss, scaled(.8, want.loss), 2*epsilon(dt), 0)
	}
}

// TestNotebookCountsTinyLabels: the notebook's rule counts a label above 0 of a weight above 0,
// though the dtype has no number for their product.
func TestNotebookCountsTinyLabels(t *testing.T) {
	c := losses.Criterion{Smoothing: losses.Smoothing{Rule: losses.SmoothNotebook, Alpha: 1.2}}
	for dt, tiny := range map[tensor.Dtype]float64{tensor.Float32: 1e-30, tensor.Float64: 1e-200} {
		row := batch{dt: dt, n: 1, k: 3, z: []float64{1, -2, 3}, t: []float64{tiny, .5, .5}}
		want := row.eval(t, c)
		weighted := c
		weighted.ClassWeights = []float64{tiny, 1, 1}
		got := row.eval(t, weighted)
		same(t, "loss of a row", got.loss, want.loss)
		same(t, "gradient of its labels", got.tgrad[1:], want.tgrad[1:])

		question := batch{dt: dt, n: 1, k: 1, z: []float64{1}, t: []float64{tiny}}
		weighted = c
		weighted.Link = losses.SigmoidLink
		want = question.eval(t, weighted)
		weighted.PosWeight = []float64{tiny}
		same(t, "loss of a question", question.eval(t, weighted).loss, want.loss)
	}
}

// TestNoSmoothingByAnyRule: a rule without a strength changes nothing, not even beside labels whose
// product with their weight is 0 in the dtype.
func TestNoSmoothingByAnyRule(t *testing.T) {
	for dt, tiny := range map[tensor.Dtype]float64{tensor.Float32: 1e-30, tensor.Float64: 1e-200} {
		b := batch{dt: dt, n: 1, k: 3, z: []float64{1, -50, 3}, t: []float64{0, tiny, 0}}
		c := losses.Criterion{ClassWeights: []float64{1, tiny, 1}}
		want := b.eval(t, c)
		for _, rule := range []losses.SmoothingRule{losses.SmoothUniform, losses.SmoothNotebook} {
			c.Smoothing.Rule = rule
			got := b.eval(t, c)
			same(t, rule.String()+" loss", got.loss, want.loss)
			same(t, rule.String()+" grad", got.grad, want.grad)
		}
	}
}

// TestNoLabelsBesideClassWeights: a row whose labels are all 0 has no mean weight; it costs what it
// does without class weights, with losses that they do not weigh label by label.
func TestNoLabelsBesideClassWeights(t *testing.T) {
	for name, loss := range lossFamily {
		if l, ok := loss.(losses.LinearLoss); ok && l.LinearInTarget() {
			continue
		}
		c := losses.Criterion{Loss: loss, Reduction: losses.None}
		b := batch{dt: tensor.Float64, n: 2, k: 3, z: []float64{1, -2, .5, 3, 1, 0}, t: make([]float64, 6)}
		want, err := b.try(t, c)
		if err != nil {
			continue // of this loss a target sums to 1
		}
		c.ClassWeights = []float64{5, 0, 2}
		got := b.eval(t, c)
		same(t, name, got.loss, want.loss)
		same(t, name+": gradient", got.grad, want.grad)
	}
}
