package losses_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/internal/numtest"
	"softloss/losses"
)

// TestFamilyOfProbabilities: from probabilities every loss has the value it has from their logarithms as logits when they sum to 1,
// and the gradient that differences show, each probability moving alone.
func TestFamilyOfProbabilities(t *testing.T) {
	for name, loss := range lossFamily {
		if name[:2] == "bt" {
			continue // has a softmax of its own
		}
		for option, c := range familyOptions {
			if c.Temperature != 0 || c.LogitShift != nil || c.ZLoss != 0 {
				continue
			}
			for _, c.Reduction = range familyReductions {
				what := fmt.Sprint(name, "/", option, "/", c.Reduction)
				c.Loss, c.FromProbs = loss, false
				b := familyBatch(c, 4, tableK, 85)
				for i := range b.z {
					b.z[i] /= 2
				}
				b.saturate(0, 1) // and the others not
				copy(b.z[tableK:], []float64{1, .5, 0, -.5, 2, 0, -1, 1, .25, .75})
				logits := b.all(t, c)
				p, err := losses.Softmax(dense(b.dt, b.z, b.n, b.k))
				require.NoError(t, err)
				b.z, c.FromProbs = values(p), true
				got := b.all(t, c)
				near(t, what, got.loss, logits.loss, 1e-11, 1e-13)
				near(t, what, got.tgrad, logits.tgrad, 1e-11, 1e-12)
				near(t, what, got.sgrad, logits.sgrad, 1e-11, 1e-12)
				back, err := losses.SoftmaxGrad(dense(b.dt, repeat(len(b.z), func(i int) float64 { return math.Log(b.z[i]) }), b.n, b.k), dense(b.dt, got.grad, b.n, b.k))
				require.NoError(t, err)
				near(t, what+" through the softmax", values(back), logits.grad, 1e-9, 1e-11)

				for i := range b.n * b.k { // away from 0 and 1 for the differences
					b.z[i] = .25 + .5*b.z[i]
				}
				want := numtest.NumGrad(func(z []float64) float64 { at := b; at.z = z; return at.cost(t, c) }, b.z)
				near(t, what, b.all(t, c).grad, want, 1e-8, 1e-9)
				targetForms(t, c, b, []int{0, 4, 2, 1})
			}
		}
	}
}

// TestSumIsTheTerms: a weighted sum is its terms, whatever a term leaves of its gradient unwritten.
func TestSumIsTheTerms(t *testing.T) {
	for first, a := range lossFamily {
		for second, b := range lossFamily {
			in := familyBatch(losses.Criterion{}, 3, tableK, 86)
			in.t = oneHot(tableK, 0, 2, 3)
			in.z[4] = -inf // of label 0
			x, y := in.all(t, losses.Criterion{Loss: a}), in.all(t, losses.Criterion{Loss: b})
			got := in.all(t, losses.Criterion{Loss: losses.WeightedSum{{Weight: 2, Loss: a}, {Weight: .25, Loss: b}}})
			add := func(p, q []float64) []float64 {
				return repeat(len(p), func(i int) float64 { return 2*p[i] + .25*q[i] })
			}
			near(t, first+" and "+second, got.loss, add(x.loss, y.loss), 1e-13, 1e-14)
			near(t, first+" and "+second, got.grad, add(x.grad, y.grad), 1e-12, 1e-13)
			for i, g := range add(x.tgrad, y.tgrad) {
				if !math.IsNaN(g) && !math.IsInf(g, 0) {
					near(t, first+" and "+second, got.tgrad[i:i+1], []float64{g}, 1e-12, 1e-13)
				}
			}
		}
	}
}

// TestRemovedTwice: a row with a sample weight of 0 and an ignored index, or one that Ignore lists twice, is removed once.
func TestRemovedTwice(t *testing.T) {
	for _, r := range familyReductions {
		c := losses.Criterion{Reduction: r, Ignore: []int{-1, 2, -1, 2}}
		b := familyBatch(c, 5, tableK, 87)
		b.index = []int{-1, 0, 2, 1, -1}
		b.s[0], b.s[2] = 0, 0
		rest := batch{dt: b.dt, n: 2, k: b.k, index: []int{0, 1}, u: b.u,
			z: slices.Concat(b.z[5:10], b.z[15:20]), s: []float64{b.s[1], b.s[3]}}
		if r == losses.None {
			rest.u = []float64{b.u[1], b.u[3]}
		}
		got, want := b.all(t, c), rest.all(t, c)
		zero := make([]float64, 5)
		near(t, "grad", got.grad, slices.Concat(zero, want.grad[:5], zero, want.grad[5:], zero), 1e-15, 0)
		near(t, "sample weights' grad", got.sgrad, []float64{0, want.sgrad[0], 0, want.sgrad[1], 0}, 1e-15, 0)
		if r == losses.None {
			want.loss = []float64{0, want.loss[0], 0, want.loss[1], 0}
		}
		near(t, "loss", got.loss, want.loss, 1e-15, 0)
	}
}

// TestNCEExcluded: classes of p = 0 share the whole sum.
func TestNCEExcluded(t *testing.T) {
	c := losses.Criterion{Loss: losses.NCE{}, Reduction: losses.None}
	b := batch{dt: tensor.Float64, n: 3, k: 4, z: []float64{-inf, 0, -inf, 1, -inf, 0, -inf, 1, 0, -inf, 1, 2},
		t: []float64{.5, .25, .125, .125, 0, 1, 0, 0, 0, .75, .25, 0}}
	got := b.eval(t, c)
	near(t, "loss", got.loss, []float64{.3125, 0, .75}, 1e-15, 0)
	same(t, "grad", got.grad, make([]float64, 12))
	near(t, "labels' grad", got.tgrad, []float64{.5, 0, .5, 0, .5, 0, .5, 0, 0, 1, 0, 0}, 1e-15, 0)
	// The limit: logits -g for -Inf.
	b.z = repeat(12, func(i int) float64 { return math.Max(b.z[i], -1e12) })
	limit := b.eval(t, c)
	near(t, "limit", limit.loss, got.loss, 1e-11, 1e-11)
	near(t, "limit", limit.grad, got.grad, 1e-11, 1e-11)
}

// TestReverseCrossEntropyFloor: log t is A below e^A and free above, with the gradient of each.
func TestReverseCrossEntropyFloor(t *testing.T) {
	b := batch{dt: tensor.Float64, n: 1, k: 4, z: []float64{1, 2, 0, -1}, t: []float64{.01, .02, 0, .97}}
	c := losses.Criterion{Loss: losses.ReverseCrossEntropy{A: -4}}
	got := b.eval(t, c)
	p, err := losses.Softmax(dense(b.dt, b.z, 1, 4))
	require.NoError(t, err)
	q := values(p)
	// log .01 = -4.6 is below the floor, log .02 = -3.9 above.
	near(t, "loss", got.loss, []float64{4*q[0] - q[1]*math.Log(.02) + 4*q[2] - q[3]*math.Log(.97)}, 1e-15, 0)
	near(t, "labels' grad", got.tgrad, []float64{0, -q[1] / .02, 0, -q[3] / .97}, 1e-15, 0)
}

// restLoss is 1 - p of the first class, as Row gets it.
type restLoss struct{}

func (restLoss) Row(r losses.Row) float64 { return r.Rest[0] }

// TestRestOfRow: 1 - p has no cancellation.
func TestRestOfRow(t *testing.T) {
	for _, gap := range []float64{-40, -1, 0, 1, 5, 20, 40, 700} {
		b := batch{dt: tensor.Float64, n: 1, k: 2, z: []float64{gap, 0}, index: []int{0}}
		want := 1 / (1 + math.Exp(gap))
		near(t, fmt.Sprint(gap), b.eval(t, losses.Criterion{Loss: restLoss{}}).loss, []float64{want}, 4e-16, 0)
	}
}

// TestNoMassOfFiniteRows: rows that are kept but have no labels have nothing to divide by.
func TestNoMassOfFiniteRows(t *testing.T) {
	for _, rule := range []losses.SmoothingRule{losses.SmoothPrior, losses.SmoothUniform, losses.SmoothNotebook} {
		c := losses.Criterion{Reduction: losses.WeightedMean, Smoothing: losses.Smoothing{Rule: rule, Alpha: .1}}
		b := batch{dt: tensor.Float64, n: 2, k: 2, z: []float64{0, 1, 1, 2}, t: make([]float64, 4)}
		zero := everything{result{[]float64{0}, make([]float64, 4), make([]float64, 4)}, make([]float64, 2)}
		nearAll(t, rule.String(), b.all(t, c), zero, 0, 0)
	}
}

// TestColdZLoss: logits that a temperature takes beyond the dtype cost a z-loss of their size, not that of a shifted row.
func TestColdZLoss(t *testing.T) {
	b := batch{dt: tensor.Float32, n: 1, k: 2, z: []float64{1e38, 0}, index: []int{0}}
	got := b.eval(t, losses.Criterion{Temperature: .1, ZLoss: 1e-4})
	same(t, "loss", got.loss, []float64{inf})
}
