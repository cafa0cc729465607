package losses_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/internal/numtest"
	"softloss/losses"
)

// TestZeroProbability: the worst mistake costs log(1/tiny), tiny the smallest normal number, for
// each unit of label, and nothing where the label is 0.
func TestZeroProbability(t *testing.T) {
	for _, dt := range floatDtypes {
		most, tiny := 87.33654475055310, 0x1p-126
		if dt == tensor.Float64 {
			most, tiny = 708.3964185322641, 0x1p-1022
		}
		for _, l := range []losses.Loss{losses.CrossEntropy{}, byRow{losses.CrossEntropy{}}} {
			c := losses.Criterion{Loss: l, FromProbs: true, Reduction: losses.None}
			b := batch{dt: dt, n: 4, k: 2, z: []float64{0, 1, 0, 1, tiny / 2, .5, tiny, .25},
				t: []float64{1, 0, 0, 1, 1, .5, 2, 1}}
			for _, grad := range []bool{true, false} {
				name := fmt.Sprintf("%v %T labels' grad %v", dt, l, grad)
				out := losses.Outputs{Loss: b.outputs(c).Loss, Grad: b.outputs(c).Grad}
				if grad {
					out.TargetGrad = b.outputs(c).TargetGrad
				}
				require.NoError(t, c.EvalInto(out, b.inputs(c)))
				near(t, name, values(out.Loss), []float64{most, 0, most + .5*math.Ln2, 2*most + 2*math.Ln2},
					epsilon(dt), 0)
				near(t, name, values(out.Grad), []float64{-1 / tiny, 0, 0, -1, -1 / tiny, -1, -2 / tiny, -4},
					epsilon(dt), 0)
				if grad {
					near(t, name, values(out.TargetGrad),
						[]float64{most, 0, most, 0, most, math.Ln2, most, 2 * math.Ln2}, epsilon(dt), 0)
				}
			}
			b.index, b.k = []int{0, 0, 1, 1}, 2
			near(t, "index", b.eval(t, c).loss, []float64{most, most, math.Ln2, 2 * math.Ln2}, epsilon(dt), 0)
		}
	}
}

// TestMAEOfEqualProbs: where the probability is the label, bit for bit, the cost and its sign are
// 0.
func TestMAEOfEqualProbs(t *testing.T) {
	for _, dt := range floatDtypes {
		for _, p := range []float64{0, .1, .3, .5, .6, .7, .8, .9, .95, .999, 1} {
			b := batch{dt: dt, n: 1, k: 1, z: []float64{p}, t: []float64{p}}
			got := b.eval(t, losses.Criterion{Loss: losses.MAE{}, FromProbs: true})
			name := fmt.Sprint(dt, " p = t = ", p)
			near(t, name+" loss", got.loss, []float64{0}, 0, 0x1p-126)
			if p > 0 { // max(0, tiny) is not 0
				same(t, name+" grad", got.grad, []float64{0})
				same(t, name+" labels' grad", got.tgrad, []float64{0})
			}
		}
	}
}

// TestMAEAtEqualLogits: the same for logits, in a row where both are exact.
func TestMAEAtEqualLogits(t *testing.T) {
	for _, l := range []losses.Loss{losses.MAE{}, byRow{losses.MAE{}}} {
		b := batch{dt: tensor.Float64, n: 1, k: 4, z: []float64{7, 7, 7, 7}, t: []float64{.25, .5, 0, .25}}
		got := b.eval(t, loss(l))
		same(t, "loss", got.loss, []float64{.5})
		same(t, "grad", got.grad, []float64{0, -.25, .25, 0})
		same(t, "labels' grad", got.tgrad, []float64{0, 1, -1, 0})
	}
}

// TestFamilyOfProbabilities: from probabilities every loss has the value it has from their
// logarithms as logits when they sum to 1, and the gradient that differences show, each probability
// moving alone.
func TestFamilyOfProbabilities(t *testing.T) {
	for name, loss := range lossFamily {
		if (losses.Criterion{Loss: loss, FromProbs: true}).Validate() != nil {
			continue // has a softmax of its own
		}
		for option, c := range familyOptions {
			if c.Temperature != 0 || c.LogitShift != nil || c.ZLoss != 0 {
				continue
			}
			if testing.Short() && option != "plain" && option != "weighted notebook" {
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
				back, err := losses.SoftmaxGrad(dense(b.dt,
					repeat(len(b.z),
						func(i int) float64 { return math.Log(b.z[i]) }), b.n, b.k), dense(b.dt, got.grad, b.n, b.k))
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

// TestElementsOfProbs: from σ(z) a loss is what it is from z.
func TestElementsOfProbs(t *testing.T) {
	z, y := []float64{1.5, -2, .5, 3}, dense(tensor.Float64, []float64{1, .25, 0, .5}, 2, 2)
	for _, e := range losses.Losses() {
		c := losses.Criterion{Loss: e.Loss, Link: losses.SigmoidLink, Reduction: losses.None,
			PosWeight: []float64{2, .5}}
		want, grad, err := c.EvalGrad(dense(tensor.Float64, z, 2, 2), y)
		require.NoError(t, err)
		if c.FromProbs = true; c.Validate() != nil {
			continue
		}
		p := repeat(4, func(i int) float64 { return sigmoid(z[i]) })
		got, g, err := c.EvalGrad(dense(tensor.Float64, p, 2, 2), y)
		require.NoError(t, err)
		near(t, e.Name, values(got), values(want), 1e-12, 1e-14)
		near(t, e.Name, repeat(4, func(i int) float64 { return values(g)[i] * p[i] * (1 - p[i]) }), values(grad),
			1e-12, 1e-14)
	}
}
