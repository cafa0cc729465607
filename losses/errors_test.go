package losses_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/losses"
)

// errorCase is a call that must fail. With a col the row is set as well.
type errorCase struct {
	name     string
	call     func() error
	kind     error
	row, col int
	text     string // the whole message; "" where the dtype's or tensor package's words are in it
}

func checkErrors(t *testing.T, cases []errorCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var err error
			require.NotPanics(t, func() { err = c.call() })
			require.Error(t, err)
			assert.ErrorIs(t, err, c.kind)
			for _, other := range sentinels {
				assert.Equal(t, other == c.kind, errors.Is(err, other), "%v", other)
			}
			var e *losses.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, [2]int{c.row, c.col}, [2]int{e.Row, e.Col}, err.Error())
			assert.NotEmpty(t, e.Arg)
			assert.NotEmpty(t, e.Got)
			if c.text != "" {
				assert.Equal(t, c.text, err.Error())
			}
			assert.NotContains(t, err.Error(), "\n")
		})
	}
}

var sentinels = []error{
	losses.ErrNil, losses.ErrShape, losses.ErrDtype, losses.ErrAlpha, losses.ErrSmoothing, losses.ErrReduction,
	losses.ErrLabel, losses.ErrIndex, losses.ErrProb, losses.ErrWeight, losses.ErrParam, losses.ErrLoss,
}

// evalCase is a call of c.Eval, from the criterion on.
func evalCall(c losses.Criterion, logits, target tensor.Tensor) func() error {
	return func() error { _, err := c.Eval(logits, target); return err }
}

var (
	z35  = dense(tensor.Float64, notebookLogits, 3, 5)
	t35  = dense(tensor.Float64, notebookSmooth, 3, 5)
	y3   = indices(tensor.Int, 0, 1, 3)
	none losses.Criterion
)

func TestErrorsOfParameters(t *testing.T) {
	type rule = losses.SmoothingRule
	smooth := func(r rule, alpha float64, prior ...float64) func() error {
		return evalCall(losses.Criterion{Smoothing: losses.Smoothing{Rule: r, Alpha: alpha, Prior: prior}}, z35, t35)
	}
	var cases []errorCase
	for _, r := range []rule{losses.SmoothPrior, losses.SmoothUniform, losses.SmoothNotebook} {
		for _, alpha := range []float64{-.1, -5e-324, nan, inf, -inf} {
			cases = append(cases, errorCase{"alpha", smooth(r, alpha), losses.ErrAlpha, -1, -1, ""})
		}
		if r != losses.SmoothNotebook {
			cases = append(cases, errorCase{"alpha", smooth(r, 1.5), losses.ErrAlpha, -1, -1,
				"losses: alpha: 1.5 is out of range, want a number in [0, 1]"})
		}
	}
	cases = append(cases,
		errorCase{"notebook's words", func() error { _, err := losses.SmoothSoftLabels(t35, -.1); return err },
			losses.ErrAlpha, -1, -1,
			"losses: alpha: -0.1 is out of range, want a finite number; alpha must be non-negative"},
		errorCase{"fastai's eps", func() error {
			_, err := losses.LabelSmoothingCrossEntropy(z35, y3, 1.01, losses.Mean)
			return err
		}, losses.ErrAlpha, -1, -1, "losses: alpha: 1.01 is out of range, want a number in [0, 1]"},
		errorCase{"prior length", smooth(losses.SmoothPrior, .1, .5, .5), losses.ErrSmoothing, -1, -1,
			"losses: prior: length 2 is wrong, want 5, a number for each class"},
		errorCase{"prior length, alpha 0", smooth(losses.SmoothPrior, 0, .5, .5), losses.ErrSmoothing, -1, -1, ""},
		errorCase{"prior sum", smooth(losses.SmoothPrior, .1, .25, .25, .25, .25, .25), losses.ErrSmoothing, -1, -1,
			"losses: prior: its sum 1.25 is not 1, want numbers that sum to 1"},
		errorCase{"prior sum, barely", smooth(losses.SmoothPrior, .1, .25, .25, .25, .25, 2e-6), losses.ErrSmoothing,
			-1, -1, ""},
		errorCase{"prior negative", smooth(losses.SmoothPrior, .1, .5, .5, .25, -.25, 0), losses.ErrSmoothing, -1, -1,
			"losses: prior: class 3: -0.25 is out of range, want a finite number >= 0"},
		errorCase{"prior NaN", smooth(losses.SmoothPrior, .1, nan, .5, .5, 0, 0), losses.ErrSmoothing, -1, -1, ""},
		errorCase{"prior Inf", smooth(losses.SmoothPrior, .1, 0, 1, 0, 0, inf), losses.ErrSmoothing, -1, -1, ""},
		errorCase{"prior of another rule", smooth(losses.SmoothUniform, .1, .2, .2, .2, .2, .2), losses.ErrSmoothing,
			-1, -1,
			"losses: prior: rule uniform takes no prior, want SmoothPrior or a nil prior"},
		errorCase{"rule", smooth(7, .1), losses.ErrSmoothing, -1, -1,
			"losses: smoothing rule: SmoothingRule(7) is unknown, want SmoothPrior, SmoothUniform or SmoothNotebook"},
		errorCase{"reduction", evalCall(losses.Criterion{Reduction: 9}, z35, t35), losses.ErrReduction, -1, -1,
			"losses: reduction: Reduction(9) is unknown, want Mean, Sum, None or WeightedMean"},
	)
	checkErrors(t, cases)
	assert.NoError(t, smooth(losses.SmoothNotebook, 1.5)())
	assert.NoError(t, smooth(losses.SmoothUniform, 1)())
	assert.NoError(t, smooth(losses.SmoothPrior, .1, .25, .25, .25, .25, 5e-7)())

	_, err := losses.Criterion{Loss: GCE{Q: nan}}.Eval(z35, t35)
	require.ErrorIs(t, err, losses.ErrParam)
	require.EqualError(t, err, "losses: loss: parameter of a loss out of range: Q is NaN, want a number in (0, 1]")
	require.ErrorIs(t, losses.Criterion{Loss: GCE{Q: 2}}.Validate(), losses.ErrParam)
}

func f64(n int, shape ...int) *tensor.Dense {
	return dense(tensor.Float64, make([]float64, n), shape...)
}
func f32(n int, shape ...int) *tensor.Dense {
	return dense(tensor.Float32, make([]float64, n), shape...)
}

// empty returns a tensor without elements.
func empty(shape ...int) *tensor.Dense {
	return tensor.New(tensor.Of(tensor.Float64), tensor.WithShape(shape...))
}

// TestErrorsOfMissingTensors: nil, in an interface too, and the zero value of a tensor.
func TestErrorsOfMissingTensors(t *testing.T) {
	var nilDense *tensor.Dense
	probs := losses.Criterion{FromProbs: true}
	checkErrors(t, []errorCase{
		{"nil logits", evalCall(none, nil, t35), losses.ErrNil, -1, -1,
			"losses: logits: nil is no tensor, want a *tensor.Dense"},
		{"typed nil logits", evalCall(none, nilDense, t35), losses.ErrNil, -1, -1,
			"losses: logits: nil is no tensor, want a *tensor.Dense"},
		{"nil probs", evalCall(probs, nil, t35), losses.ErrNil, -1, -1,
			"losses: probs: nil is no tensor, want a *tensor.Dense"},
		{"nil labels", evalCall(none, z35, nil), losses.ErrNil, -1, -1,
			"losses: labels: nil is no tensor, want a *tensor.Dense"},
		{"typed nil labels", evalCall(none, z35, nilDense), losses.ErrNil, -1, -1, ""},
		{"Check nil logits", func() error { return none.Check(nil, t35) }, losses.ErrNil, -1, -1,
			"losses: logits: nil is no tensor, want logits [N, K]"},
		{"Check nil target", func() error { return none.Check(z35, nil) }, losses.ErrNil, -1, -1, ""},
		{"Check typed nil logits", func() error { return none.Check(nilDense, t35) }, losses.ErrNil, -1, -1, ""},
		{"Check typed nil target", func() error { return none.Check(z35, nilDense) }, losses.ErrNil, -1, -1, ""},
		{"Smoothing.Check nil", func() error { return losses.Smoothing{}.Check(nil) }, losses.ErrNil, -1, -1, ""},
		{"Smoothing.Check typed nil", func() error { return losses.Smoothing{}.Check(nilDense) }, losses.ErrNil, -1,
			-1, ""},
		{"zero tensor", evalCall(none, new(tensor.Dense), t35), losses.ErrNil, -1, -1,
			"losses: logits: a tensor without a dtype holds nothing, want one that tensor.New made"},
		{"zero target", evalCall(none, z35, new(tensor.Dense)), losses.ErrNil, -1, -1, ""},
		{"Check zero tensor", func() error { return none.Check(new(tensor.Dense), t35) }, losses.ErrNil, -1, -1, ""},
		{"Check zero target", func() error { return none.Check(z35, new(tensor.Dense)) }, losses.ErrNil, -1, -1, ""},
		{"EvalGrad", func() error { _, _, err := none.EvalGrad(z35, nil); return err }, losses.ErrNil, -1, -1, ""},
		{"EvalInto", func() error { return none.EvalInto(losses.Outputs{}, losses.Inputs{Logits: z35}) },
			losses.ErrNil, -1, -1, ""},
	})
}

// TestErrorsOfShapes: logits without rows or classes, and targets that do not fit them.
func TestErrorsOfShapes(t *testing.T) {
	checkErrors(t, []errorCase{
		{"vector", evalCall(none, f64(5, 5), t35), losses.ErrShape, -1, -1,
			"losses: labels: shape (3, 5) is wrong, want shape (5)"},
		{"scalar", evalCall(none, f64(1), t35), losses.ErrShape, -1, -1,
			"losses: logits: a scalar has no classes, want [N, K], or [K] for one row"},
		{"cube", evalCall(none, f64(15, 3, 5, 1), t35), losses.ErrShape, -1, -1,
			"losses: labels: shape (3, 5) is wrong, want shape (3, 5, 1), or an index of integers if these are class numbers"},
		{"no rows", evalCall(none, empty(0, 3), empty(0, 3)), losses.ErrShape, -1, -1,
			"losses: logits: shape (0, 3) is empty, want at least one row and one class"},
		{"no classes", evalCall(none, empty(3, 0), y3), losses.ErrShape, -1, -1,
			"losses: logits: shape (3, 0) is empty, want at least one row and one class"},
		{"labels of other rows", evalCall(none, z35, f64(10, 2, 5)), losses.ErrShape, -1, -1,
			"losses: labels: shape (2, 5) is wrong, want shape (3, 5)"},
		{"labels of other classes", evalCall(none, z35, f64(12, 3, 4)), losses.ErrShape, -1, -1, ""},
		{"labels transposed", evalCall(none, z35, f64(15, 5, 3)), losses.ErrShape, -1, -1, ""},
		{"(N) labels for (N, 1)", evalCall(none, f64(3, 3, 1), f64(3, 3)), losses.ErrShape, -1, -1,
			"losses: labels: shape (3) is wrong, want shape (3, 1), or an index of integers if these are class numbers"},
		{"(3) labels for (1, 3)", evalCall(none, f64(3, 1, 3), f64(3, 3)), losses.ErrShape, -1, -1,
			"losses: labels: shape (3) is wrong, want shape (1, 3)"},
		{"class numbers", evalCall(none, z35, f64(3, 3)), losses.ErrShape, -1, -1,
			"losses: labels: shape (3) is wrong, want shape (3, 5), or an index of integers if these are class numbers"},
		{"narrow class numbers", evalCall(none, z35, f32(3, 3)), losses.ErrShape, -1, -1,
			"losses: labels: shape (3) is wrong, want shape (3, 5), or an index of integers if these are class numbers"},
		{"class numbers of a sigmoid", evalCall(losses.Criterion{Link: losses.SigmoidLink}, z35, f64(3, 3, 1)),
			losses.ErrShape, -1, -1,
			"losses: labels: shape (3, 1) is wrong, want shape (3, 5), or an index of integers if these are class numbers"},
		{"index (1, N)", evalCall(none, z35, tensor.New(tensor.WithShape(1, 3), tensor.WithBacking([]int{0, 1, 2}))),
			losses.ErrShape, -1, -1, ""},
		{"index of one number", evalCall(none, f64(5, 1, 5), tensor.New(tensor.WithBacking([]int{0}))),
			losses.ErrShape, -1, -1,
			"losses: index: shape () is wrong, want shape (1): package tensor makes a scalar of one number without WithShape"},
		{"integers as labels", evalCall(none, z35, tensor.New(tensor.WithShape(3, 5), tensor.Of(tensor.Int))),
			losses.ErrShape, -1, -1,
			"losses: index: shape (3, 5) is wrong, want shape (3), or labels of float64 if these are labels"},
		{"index of a row of questions", evalCall(none, f64(5, 5), indices(tensor.Int, 0, 1, 1, 0, 1)),
			losses.ErrShape, -1, -1,
			"losses: index: shape (5) is wrong, want shape (): logits [K] are one row; N questions of one logit each want " +
				"SigmoidLink"},
		{"index of pixels", evalCall(none, f64(30, 2, 3, 5), anyInts(0, make([]int, 10), 2, 5)), losses.ErrShape, -1, -1,
			"losses: index: shape (2, 5) is wrong, want shape (2, 3), or Axis 1 if the classes are there"},
		{"index of classes that are last", evalCall(losses.Criterion{Axis: 1}, f64(30, 2, 3, 5),
			anyInts(0, make([]int, 6), 2, 3)), losses.ErrShape, -1, -1,
			"losses: index: shape (2, 3) is wrong, want shape (2, 5), or Axis 0 if the classes are there"},
		{"index of other rows", evalCall(none, z35, indices(tensor.Int64, 0, 1)), losses.ErrShape, -1, -1,
			"losses: index: shape (2) is wrong, want shape (3)"},
	})
}

// TestErrorsOfDtypes: tensors of other numbers, or of none that can be read.
func TestErrorsOfDtypes(t *testing.T) {
	masked := f64(15, 3, 5)
	masked.ResetMask(false)
	probs := losses.Criterion{FromProbs: true}
	checkErrors(t, []errorCase{
		{"sparse", evalCall(none, tensor.CSRFromCoord(tensor.Shape{2, 2}, []int{0}, []int{1}, []float64{1}), t35),
			losses.ErrDtype, -1, -1,
			"losses: logits: *tensor.CS is not dense, want a *tensor.Dense"},
		{"masked", evalCall(none, masked, t35), losses.ErrDtype, -1, -1,
			"losses: logits: the tensor has a mask, want sample weights of 0 instead"},
		{"int logits", evalCall(none, tensor.New(tensor.WithShape(2, 1), tensor.WithBacking([]int{0, 1})), t35),
			losses.ErrDtype, -1, -1,
			"losses: logits: dtype int is not supported, want float32 or float64"},
		{"narrow labels", evalCall(none, z35, f32(15, 3, 5)), losses.ErrDtype, -1, -1,
			"losses: labels: dtype float32 differs from the logits, want float64"},
		{"wide labels", evalCall(probs, f32(15, 3, 5), t35), losses.ErrDtype, -1, -1,
			"losses: labels: dtype float64 differs from the probs, want float32"},
		{"bools as index", evalCall(none, z35, tensor.New(tensor.WithShape(3),
			tensor.WithBacking([]bool{true, false, true}))), losses.ErrDtype, -1, -1,
			"losses: labels: dtype bool is not supported, want numbers"},
	})
}

// TestErrorsOfRowFunctions: the same of the functions of rows.
func TestErrorsOfRowFunctions(t *testing.T) {
	checkErrors(t, []errorCase{
		{"Softmax of a zero tensor", func() error { _, err := losses.Softmax(new(tensor.Dense)); return err },
			losses.ErrNil, -1, -1, ""},
		{"Softmax of a slice of nothing", func() error {
			v, err := empty(0, 3).Slice(nil, tensor.S(0, 3))
			require.NoError(t, err)
			_, err = losses.Softmax(v)
			return err
		}, losses.ErrShape, -1, -1, ""},
		{"SmoothSoftLabels nil", func() error { _, err := losses.SmoothSoftLabels(nil, .1); return err },
			losses.ErrNil, -1, -1, ""},
		{"SmoothSoftLabels scalar", func() error { _, err := losses.SmoothSoftLabels(f64(1), .1); return err },
			losses.ErrShape, -1, -1,
			"losses: labels: a scalar has no classes, want [N, K], or [K] for one row"},
		{"SmoothSoftLabels index", func() error { _, err := losses.SmoothSoftLabels(y3, .1); return err },
			losses.ErrDtype, -1, -1,
			"losses: labels: dtype int is not supported, want float32 or float64"},
		{"Softmax nil", func() error { _, err := losses.Softmax(nil); return err }, losses.ErrNil, -1, -1, ""},
		{"Softmax scalar", func() error {
			_, err := losses.LogSumExp(tensor.New(tensor.FromScalar(3.0)))
			return err
		}, losses.ErrShape, -1, -1, ""},
		{"Softmax empty", func() error { _, err := losses.Softmax(empty(0, 3)); return err }, losses.ErrShape, -1, -1,
			""},
		{"SoftmaxGrad nil", func() error { _, err := losses.SoftmaxGrad(z35, nil); return err }, losses.ErrNil, -1,
			-1, ""},
		{"LogSoftmaxGrad shape", func() error { _, err := losses.LogSoftmaxGrad(z35, f64(3, 3)); return err },
			losses.ErrShape, -1, -1,
			"losses: upstream: shape (3) is wrong, want shape (3, 5)"},
		{"LogSumExpGrad shape", func() error { _, err := losses.LogSumExpGrad(z35, f64(3, 3, 1)); return err },
			losses.ErrShape, -1, -1,
			"losses: upstream: shape (3, 1) is wrong, want shape (3)"},
		{"LogSumExpGrad dtype", func() error { _, err := losses.LogSumExpGrad(z35, f32(3, 3)); return err },
			losses.ErrDtype, -1, -1, ""},
	})
}

// TestBrokenInputs: what is no tensor is an error in the place of every input, never a panic.
func TestBrokenInputs(t *testing.T) {
	empty, err := tensor.New(tensor.Of(tensor.Float64), tensor.WithShape(0, 2)).Slice(nil, tensor.S(0, 2))
	require.NoError(t, err)
	z, y := dense(tensor.Float64, []float64{1, 2, 3, 4}, 2, 2), dense(tensor.Float64, []float64{0, 1, 1, 0}, 2, 2)
	for what, broken := range map[string]tensor.Tensor{
		"nil": (*tensor.Dense)(nil), "made by nobody": new(tensor.Dense), "slice of nothing": empty, "sparse": new(tensor.CS),
		"text": tensor.New(tensor.WithShape(2), tensor.WithBacking([]string{"a", "b"})),
	} {
		c := losses.Criterion{Reduction: losses.None}
		out := losses.Outputs{Loss: dense(tensor.Float64, []float64{0, 0}, 2)}
		layer := losses.LinearOutputs{Loss: out.Loss}
		for i, in := range []losses.Inputs{{Logits: broken, Target: y}, {Logits: z, Target: broken},
			{Logits: z, Target: y, SampleWeights: broken}, {Logits: z, Target: y, Upstream: broken},
			{Logits: z, Target: y, Direction: broken}} {
			var e *losses.Error
			require.ErrorAs(t, c.EvalInto(out, in), &e, "%s %d", what, i)
			if i < 3 {
				_, err := c.Denominator(in)
				require.ErrorAs(t, err, &e, "%s %d", what, i)
			}
		}
		for i, in := range []losses.LinearInputs{
			{Hidden: broken, Weight: y, Target: y}, {Hidden: z, Weight: broken, Target: y},
			{Hidden: z, Weight: y, Bias: broken, Target: y}, {Hidden: z, Weight: y, Target: broken},
			{Hidden: z, Weight: y, Target: y, SampleWeights: broken},
			{Hidden: z, Weight: y, Target: y, Upstream: broken},
		} {
			var e *losses.Error
			require.ErrorAs(t, c.EvalLinear(layer, in), &e, "%s %d", what, i)
		}
	}
}
