package losses_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/losses"
)

// TestErrorsOfData: what is wrong inside a tensor is named with row and column.
func TestErrorsOfData(t *testing.T) {
	with := func(x []float64, at int, v float64) []float64 {
		x = append([]float64(nil), x...)
		x[at] = v
		return x
	}
	labels := func(at int, v float64) *tensor.Dense { return dense(tensor.Float64, with(notebookSmooth, at, v), 3, 5) }
	halves := repeat(15, func(int) float64 { return .5 })
	probs := func(at int, v float64) *tensor.Dense { return dense(tensor.Float64, with(halves, at, v), 3, 5) }
	smoothed := losses.Criterion{Smoothing: losses.Smoothing{Alpha: .1}}
	var cases []errorCase
	for name, c := range map[string]losses.Criterion{"ce": {}, "mae": {Loss: losses.MAE{}}, "gce": {Loss: GCE{Q: 1}},
		"smoothed": smoothed} {
		cases = append(cases,
			errorCase{name + " negative", evalCall(c, z35, labels(6, -.25)), losses.ErrLabel, 1, 1,
				"losses: labels: row 1 column 1: -0.25 is negative, want a finite number >= 0"},
			errorCase{name + " NaN", evalCall(c, z35, labels(14, nan)), losses.ErrLabel, 2, 4,
				"losses: labels: row 2 column 4: NaN is not a number, want a finite number >= 0"},
			errorCase{name + " Inf", evalCall(c, z35, labels(0, inf)), losses.ErrLabel, 0, 0,
				"losses: labels: row 0 column 0: +Inf is infinite, want a finite number >= 0"},
			errorCase{name + " -Inf", evalCall(c, z35, labels(0, -inf)), losses.ErrLabel, 0, 0, ""},
			errorCase{name + " index", evalCall(c, z35, indices(tensor.Int32, 0, 5, -1)), losses.ErrIndex, 1, -1,
				"losses: index: row 1: 5 is out of range, want a class in [0, 5)"},
			errorCase{name + " negative index", evalCall(c, z35, indices(tensor.Int64, 0, 1, -100)), losses.ErrIndex,
				2, -1,
				"losses: index: row 2: -100 is out of range, want a class in [0, 5)"},
			errorCase{name + " NaN logits do not hide it",
				evalCall(c, dense(tensor.Float64, repeat(15, func(int) float64 { return nan }), 3, 5), labels(6, -.25)),
				losses.ErrLabel, 1, 1, ""},
		)
		c.FromProbs = true
		cases = append(cases,
			errorCase{name + " prob above 1", evalCall(c, probs(9, 1.5), t35), losses.ErrProb, 1, 4,
				"losses: probs: row 1 column 4: 1.5 is not a probability, want a number in [0, 1] (are these logits?)"},
			errorCase{name + " prob below 0", evalCall(c, probs(5, -.25), y3), losses.ErrProb, 1, 0, ""},
			errorCase{name + " prob NaN", evalCall(c, probs(5, nan), y3), losses.ErrProb, 1, 0, ""},
			errorCase{name + " prob Inf", evalCall(c, probs(14, inf), t35), losses.ErrProb, 2, 4, ""},
			errorCase{name + " label beside probs", evalCall(c, probs(5, .25), labels(6, -.25)), losses.ErrLabel, 1,
				1, ""},
		)
	}
	cases = append(cases,
		errorCase{"smooth label", func() error { _, err := losses.SmoothSoftLabels(labels(6, -.25), .1); return err },
			losses.ErrLabel, 1, 1,
			"losses: labels: row 1 column 1: -0.25 is negative, want a finite number >= 0"},
		errorCase{"smooth label, alpha 0", func() error {
			_, err := losses.SmoothSoftLabels(labels(6, nan), 0)
			return err
		}, losses.ErrLabel, 1, 1, ""},
		errorCase{"probabilities", evalCall(losses.Criterion{FromProbs: true}, z35, t35), losses.ErrProb, 0, 0, ""},
	)
	checkErrors(t, cases)
}

// into is a call of c.EvalInto, on z35 and t35 unless other logits are given.
func into(c losses.Criterion, out losses.Outputs, in losses.Inputs) func() error {
	if in.Logits == nil {
		in.Logits, in.Target = z35, t35
	}
	return func() error { return c.EvalInto(out, in) }
}

func vec(x ...float64) *tensor.Dense { return dense(tensor.Float64, x, len(x)) }

// TestErrorsOfWeights: what is wrong with sample weights and upstream gradients.
func TestErrorsOfWeights(t *testing.T) {
	rows := losses.Criterion{Reduction: losses.None}
	scalar := dense(tensor.Float64, []float64{0})
	checkErrors(t, []errorCase{
		{"weight negative", into(none, losses.Outputs{}, losses.Inputs{SampleWeights: vec(1, 1, -1)}),
			losses.ErrWeight, 2, -1,
			"losses: sample weights: row 2: -1 is out of range, want a finite number >= 0"},
		{"weight NaN", into(none, losses.Outputs{}, losses.Inputs{SampleWeights: vec(nan, 1, 1)}),
			losses.ErrWeight, 0, -1, ""},
		{"weight Inf", into(none, losses.Outputs{}, losses.Inputs{SampleWeights: vec(1, inf, 1)}),
			losses.ErrWeight, 1, -1, ""},
		{"weights shape", into(none, losses.Outputs{}, losses.Inputs{SampleWeights: vec(1, 1)}),
			losses.ErrShape, -1, -1,
			"losses: sample weights: shape (2) is wrong, want shape (3)"},
		{"weights (1, N)", into(none, losses.Outputs{},
			losses.Inputs{SampleWeights: dense(tensor.Float64, []float64{1, 1, 1}, 1,
				3)}), losses.ErrShape, -1, -1, ""},
		{"weights dtype", into(none, losses.Outputs{},
			losses.Inputs{SampleWeights: dense(tensor.Float32, []float64{1, 1, 1}, 3)}), losses.ErrDtype, -1, -1,
			"losses: sample weights: dtype float32 is wrong, want float64"},
		{"typed nil weights", into(none, losses.Outputs{},
			losses.Inputs{SampleWeights: (*tensor.Dense)(nil)}), losses.ErrNil, -1, -1, ""},
		{"upstream shape, mean", into(none, losses.Outputs{}, losses.Inputs{Upstream: vec(1, 1, 1)}),
			losses.ErrShape, -1, -1,
			"losses: upstream: shape (3) is wrong, want shape ()"},
		{"upstream (1), mean", into(none, losses.Outputs{}, losses.Inputs{Upstream: vec(1)}),
			losses.ErrShape, -1, -1, ""},
		{"upstream shape, none", into(rows, losses.Outputs{}, losses.Inputs{Upstream: scalar}),
			losses.ErrShape, -1, -1,
			"losses: upstream: shape () is wrong, want shape (3)"},
		{"upstream dtype", into(none, losses.Outputs{},
			losses.Inputs{Upstream: dense(tensor.Float32, []float64{1})}), losses.ErrDtype, -1, -1, ""},
	})
}

// TestErrorsOfOutputs: what is wrong with the tensors that results go to.
func TestErrorsOfOutputs(t *testing.T) {
	rows := losses.Criterion{Reduction: losses.None}
	gap, err := dense(tensor.Float64, make([]float64, 18), 3, 6).Slice(nil, tensor.S(0, 5))
	require.NoError(t, err)
	turned := f64(15, 5, 3)
	require.NoError(t, turned.T())
	checkErrors(t, []errorCase{
		{"loss shape", into(none, losses.Outputs{Loss: vec(0, 0, 0)}, losses.Inputs{}), losses.ErrShape, -1, -1,
			"losses: loss: shape (3) is wrong, want shape ()"},
		{"loss shape, none", into(rows, losses.Outputs{Loss: dense(tensor.Float64, []float64{0})},
			losses.Inputs{}), losses.ErrShape, -1, -1, ""},
		{"loss dtype", into(none, losses.Outputs{Loss: dense(tensor.Float32, []float64{0})},
			losses.Inputs{}), losses.ErrDtype, -1, -1, ""},
		{"grad shape", into(none, losses.Outputs{Grad: f64(15, 5, 3)}, losses.Inputs{}), losses.ErrShape, -1, -1, ""},
		{"grad with gaps", into(none, losses.Outputs{Grad: gap.(*tensor.Dense)}, losses.Inputs{}),
			losses.ErrShape, -1, -1,
			"losses: grad: the tensor is a view with gaps, want contiguous row-major memory to write to"},
		{"grad transposed", into(none, losses.Outputs{Grad: turned}, losses.Inputs{}), losses.ErrShape, -1, -1, ""},
		{"target grad shape", into(none, losses.Outputs{TargetGrad: vec(0)}, losses.Inputs{}),
			losses.ErrShape, -1, -1, ""},
		{"target grad of an index", into(none, losses.Outputs{TargetGrad: f64(15, 3, 5)},
			losses.Inputs{Logits: z35, Target: y3}), losses.ErrDtype, -1, -1,
			"losses: target grad: an index target has no gradient, want labels [N, K]"},
	})
}

// TestSmoothingGradChecksLabels: its doc comment promises the errors of Apply.
func TestSmoothingGradChecksLabels(t *testing.T) {
	for _, bad := range []float64{-1, nan, inf} {
		labels := dense(tensor.Float64, []float64{1, bad}, 1, 2)
		_, err := losses.Smoothing{Rule: losses.SmoothNotebook, Alpha: .1}.Grad(labels, labels)
		assert.ErrorIs(t, err, losses.ErrLabel, "label %v", bad)
	}
}

// TestNothingBesideAnError: a result that comes with an error is nil.
func TestNothingBesideAnError(t *testing.T) {
	bad := dense(tensor.Float64, []float64{1, -1}, 1, 2)
	out, err := losses.SmoothSoftLabels(bad, .1)
	require.Error(t, err)
	assert.Nil(t, out, "SmoothSoftLabels")
	out, err = none.Eval(bad, bad)
	require.Error(t, err)
	assert.Nil(t, out, "Eval")
	loss, grad, err := none.EvalGrad(bad, bad)
	require.Error(t, err)
	assert.Nil(t, loss)
	assert.Nil(t, grad)
}

// TestFloat32InMessages: a message prints the number that was there, not its float64 expansion.
func TestFloat32InMessages(t *testing.T) {
	z := dense(tensor.Float32, make([]float64, 3), 1, 3)
	_, err := none.Eval(z, dense(tensor.Float32, []float64{1, -.2, 0}, 1, 3))
	assert.EqualError(t, err, "losses: labels: row 0 column 1: -0.2 is negative, want a finite number >= 0")
	_, err = losses.Criterion{FromProbs: true}.Eval(dense(tensor.Float32, []float64{0, 1.1, 0}, 1, 3),
		indices(tensor.Int, 0))
	assert.EqualError(t, err,
		"losses: probs: row 0 column 1: 1.1 is not a probability, want a number in [0, 1] (are these logits?)")
}

// TestOverflowIsNoPanic: a finite strength or label that overflows when it is smoothed must not
// bring the program down.
func TestOverflowIsNoPanic(t *testing.T) {
	for _, dt := range floatDtypes {
		big := 3e38
		if dt == tensor.Float64 {
			big = 1.7e308
		}
		z := dense(dt, []float64{1, 2, 3, 4}, 2, 2)
		ones := dense(dt, []float64{1, 0, 1, 0}, 2, 2)
		huge := dense(dt, []float64{big, big, 1, 0}, 2, 2)
		given := losses.Smoothing{Alpha: .9, Prior: []float64{1, 0}}
		for name, call := range map[string]func() error{
			"alpha, labels": func() error {
				_, err := losses.SoftLabelCrossEntropyWithLogits(z, ones, 1e40, losses.Mean)
				return err
			},
			"alpha, index": func() error {
				_, err := losses.SoftLabelCrossEntropyWithLogits(z, indices(tensor.Int, 0, 1), 1e40, losses.Mean)
				return err
			},
			"labels, ce":    evalCall(losses.Criterion{Smoothing: given}, z, huge),
			"labels, mae":   evalCall(losses.Criterion{Loss: losses.MAE{}, Smoothing: given}, z, huge),
			"labels, gce":   evalCall(losses.Criterion{Loss: GCE{Q: .5}, Smoothing: given}, z, huge),
			"labels, plain": evalCall(losses.Criterion{}, z, huge),
		} {
			assert.NotPanics(t, func() {
				if err := call(); err != nil {
					assert.NotEmpty(t, err.Error())
				}
			}, fmt.Sprint(dt, " ", name))
		}
	}
}

// TestIndexBeyondInt: a class that no int can hold is said to be at least so large.
func TestIndexBeyondInt(t *testing.T) {
	y := tensor.New(tensor.WithShape(1), tensor.WithBacking([]uint64{math.MaxUint64}))
	_, err := losses.Criterion{}.Eval(dense(tensor.Float64, []float64{1, 2, 3}, 1, 3), y)
	require.ErrorContains(t, err, fmt.Sprintf("index: row 0: %d or more is out of range", math.MaxInt))
	y = tensor.New(tensor.WithShape(1, 2, 1), tensor.WithBacking([]uint64{0, math.MaxUint64}))
	for axis, where := range []string{"row 1 column 0", "row 0 column 1"} {
		c := losses.Criterion{Link: losses.SigmoidLink, Axis: axis}
		_, err = c.Eval(dense(tensor.Float64, []float64{1, 2}, 1, 2, 1), y)
		require.ErrorContains(t, err, fmt.Sprintf("labels: %s: %d or more is no label", where, math.MaxInt))
	}
}
