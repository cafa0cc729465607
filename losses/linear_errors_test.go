package losses_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/losses"
)

// linearCall is a call of EvalLinear on 11 rows of 7 hidden values and 5 classes.
type linearCall struct {
	c   losses.Criterion
	in  losses.LinearInputs
	out losses.LinearOutputs
}

// linearMistake is what makes a mistake of a call, and the kind of its error.
type linearMistake struct {
	kind   error
	change func(*linearCall)
}

func zeros32(shape ...int) *tensor.Dense { return zeros(tensor.Float32, shape) }
func zeros64(shape ...int) *tensor.Dense { return zeros(tensor.Float64, shape) }

// refuse wants each mistake to be an error with the text that it stands under, whatever the blocks.
func refuse(t *testing.T, mistakes map[string]linearMistake) {
	t.Helper()
	for want, mistake := range mistakes {
		for _, size := range [][2]int{{1 << 20, 1 << 20}, {3 * 5 * 8, 1}} {
			call := linearCall{losses.Criterion{},
				losses.LinearInputs{Hidden: zeros64(11, 7), Weight: zeros64(5, 7), Bias: zeros64(5), Target: zeros64(11, 5),
					SampleWeights: dense(tensor.Float64, repeat(11, func(int) float64 { return 1 }), 11)},
				losses.LinearOutputs{Loss: dense(tensor.Float64, []float64{0}), HiddenGrad: zeros64(11, 7),
					WeightGrad: zeros64(5, 7), BiasGrad: zeros64(5)}}
			call.in.Target.(*tensor.Dense).SetAt(.5, 4, 1)
			mistake.change(&call)
			err := call.c.EvalLinearInBlocks(call.out, call.in, size[0], size[1])
			require.EqualError(t, err, want)
			assert.ErrorIs(t, err, mistake.kind, want)
			var e *losses.Error
			assert.ErrorAs(t, err, &e, want)
		}
	}
}

// TestLinearErrors: what does not fit is named.
func TestLinearErrors(t *testing.T) {
	refuse(t, map[string]linearMistake{
		"losses: hidden: nil is no tensor, want a *tensor.Dense": {losses.ErrNil, func(c *linearCall) { c.in.Hidden = nil }},
		"losses: weight: nil is no tensor, want a *tensor.Dense": {losses.ErrNil, func(c *linearCall) { c.in.Weight = nil }},
		"losses: labels: nil is no tensor, want a *tensor.Dense": {losses.ErrNil, func(c *linearCall) { c.in.Target = nil }},
		"losses: bias: nil is no tensor, want a *tensor.Dense": {losses.ErrNil,
			func(c *linearCall) { c.in.Bias = (*tensor.Dense)(nil) }},
		"losses: hidden: shape (0, 7) is wrong, want [N, D], or [D] for one row, none of them 0": {losses.ErrShape,
			func(c *linearCall) { c.in.Hidden = zeros64(0, 7) }},
		"losses: hidden: shape () is wrong, want [N, D], or [D] for one row, none of them 0": {losses.ErrShape,
			func(c *linearCall) { c.in.Hidden = zeros64() }},
		"losses: hidden: dtype int is not supported, want float32 or float64": {losses.ErrDtype,
			func(c *linearCall) { c.in.Hidden = indices(tensor.Int, 1, 2) }},
		"losses: weight: shape (7, 5) is wrong, want [K, 7], a row for each class": {losses.ErrShape,
			func(c *linearCall) { c.in.Weight = zeros64(7, 5) }},
		"losses: weight: dtype float32 differs from the hidden values, want float64": {losses.ErrDtype,
			func(c *linearCall) { c.in.Weight = zeros32(5, 7) }},
		"losses: bias: shape (4) is wrong, want shape (5)": {losses.ErrShape, func(c *linearCall) { c.in.Bias = zeros64(4) }},
		"losses: bias: dtype float32 differs from the hidden values, want float64": {losses.ErrDtype,
			func(c *linearCall) { c.in.Bias = zeros32(5) }},
		"losses: axis: 2 is not where a linear layer has its classes, want 0, the last": {losses.ErrShape,
			func(c *linearCall) { c.c.Axis = 2 }},
		"losses: labels: shape (11, 7) is wrong, want shape (11, 5)": {losses.ErrShape,
			func(c *linearCall) { c.in.Target = zeros64(11, 7) }},
		"losses: class weights: length 2 is wrong, want 5, a number for each class": {losses.ErrWeight,
			func(c *linearCall) { c.c.ClassWeights = []float64{1, 2} }},
		"losses: sample weights: shape (10) is wrong, want shape (11)": {losses.ErrShape,
			func(c *linearCall) { c.in.SampleWeights = zeros64(10) }},
		"losses: upstream: shape (11) is wrong, want shape ()": {losses.ErrShape,
			func(c *linearCall) { c.in.Upstream = zeros64(11) }},
		"losses: upstream: shape () is wrong, want shape (11)": {losses.ErrShape,
			func(c *linearCall) { c.c.Reduction, c.in.Upstream, c.out.Loss = losses.None, zeros64(), nil }},
		"losses: loss: shape () is wrong, want shape (11)": {losses.ErrShape,
			func(c *linearCall) { c.c.Reduction = losses.None }},
		"losses: hidden grad: shape (11, 5) is wrong, want shape (11, 7)": {losses.ErrShape,
			func(c *linearCall) { c.out.HiddenGrad = zeros64(11, 5) }},
		"losses: weight grad: dtype float32 is wrong, want float64": {losses.ErrDtype,
			func(c *linearCall) { c.out.WeightGrad = zeros32(5, 7) }},
		"losses: bias grad: shape (5, 1) is wrong, want shape (5)": {losses.ErrShape,
			func(c *linearCall) { c.out.BiasGrad = zeros64(5, 1) }},
		"losses: weight grad: the tensor shares memory with the weight, want a tensor of its own": {losses.ErrShape,
			func(c *linearCall) { c.out.WeightGrad = c.in.Weight.(*tensor.Dense) }},
		"losses: bias grad: the tensor shares memory with the class weights, want a tensor of its own": {losses.ErrShape,
			func(c *linearCall) { c.c.ClassWeights = c.out.BiasGrad.Float64s() }},
		"losses: weight grad: the tensor shares memory with the hidden grad, want a tensor of its own": {losses.ErrShape,
			func(c *linearCall) {
				c.out.WeightGrad = tensor.New(tensor.WithShape(5, 7), tensor.WithBacking(c.out.HiddenGrad.Float64s()[:35]))
			}},
	})
}

// TestLinearErrorsOfRows: a row is named by its number in the whole batch.
func TestLinearErrorsOfRows(t *testing.T) {
	refuse(t, map[string]linearMistake{
		"losses: sample weights: row 8: -1 is out of range, want a finite number >= 0": {losses.ErrWeight,
			func(c *linearCall) { c.in.SampleWeights.(*tensor.Dense).Set(8, -1.) }},
		"losses: index: row 9: 5 is out of range, want a class in [0, 5)": {losses.ErrIndex,
			func(c *linearCall) { c.in.Target = indices(tensor.Int, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 6) }},
		"losses: labels: row 7 column 3: -2 is negative, want a finite number >= 0": {losses.ErrLabel,
			func(c *linearCall) { c.in.Target.(*tensor.Dense).SetAt(-2., 7, 3) }},
		"losses: probs: row 0 column 0: 2 is not a probability, want a number in [0, 1] (are these logits?)": {losses.ErrProb,
			func(c *linearCall) {
				c.c.FromProbs, c.in.Bias = true, dense(tensor.Float64, []float64{2, 0, 0, 0, 0}, 5)
			}},
		"losses: labels: row 6 column 2: 3 is no share, want a number in [0, 1]": {losses.ErrLabel, func(c *linearCall) {
			c.c.Link, c.in.SampleWeights = losses.SigmoidLink, nil
			c.in.Target.(*tensor.Dense).SetAt(3., 6, 2)
		}},
		"losses: labels: row 10 column 4: 2 is no label, want 0 or 1": {losses.ErrLabel, func(c *linearCall) {
			c.c.Link, c.in.SampleWeights = losses.SigmoidLink, nil
			y := tensor.New(tensor.Of(tensor.Int), tensor.WithShape(11, 5))
			y.SetAt(2, 10, 4)
			c.in.Target = y
		}},
		"losses: index: row 10: 7 is out of range, want a class in [0, 5)": {losses.ErrIndex, func(c *linearCall) {
			c.c.Link, c.in.SampleWeights = losses.SigmoidLink, nil
			c.in.Target = indices(tensor.Int, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7)
		}},
		"losses: labels: row 8: the row is not one-hot, want an index or one-hot labels beside AngularMargin": {
			losses.ErrLabel, func(c *linearCall) {
				c.c.AngularMargin = .5
				y := zeros64(11, 5)
				for i := range 11 {
					y.SetAt(1., i, i%5)
				}
				y.SetAt(1., 8, 4)
				c.in.Target = y
			}},
		"losses: loss: row 4: losses_test.fails panicked: no": {losses.ErrLoss, func(c *linearCall) { c.c.Loss = fails{} }},
	})
}

// fails panics where a label is one half.
type fails struct{}

func (fails) Row(r losses.Row) float64 {
	if r.Target[1] == .5 {
		panic("no")
	}
	return 0
}

// TestLinearAngularMargin: the logits of a layer may be cosines.
func TestLinearAngularMargin(t *testing.T) {
	c := losses.Criterion{AngularMargin: .5, Temperature: 1. / 8}
	in := losses.LinearInputs{Hidden: dense(tensor.Float64, []float64{1, -1, .5}, 3, 1),
		Weight: dense(tensor.Float64, []float64{.8, -.9}, 2, 1), Bias: dense(tensor.Float64, []float64{0, 0}, 2),
		Target: indices(tensor.Int, 0, 1, 0)}
	got := linearOutputs(c, in)
	require.NoError(t, c.EvalLinearInBlocks(got, in, 16, 2))
	requireSame(t, "angle", got, twoSteps(t, c, in))
	in.Weight.(*tensor.Dense).SetAt(3., 0, 0)
	err := c.EvalLinearInBlocks(got, in, 16, 2)
	require.EqualError(t, err,
		"losses: logits: row 0 column 0: 3 is no cosine, want a number in [-1, 1] where the label is, beside AngularMargin")
}
