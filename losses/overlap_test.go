package losses_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/losses"
)

// array is memory that tensors may share.
type array []float64

// at returns a tensor of the elements from lo on.
func (a array) at(lo int, shape ...int) *tensor.Dense {
	return tensor.New(tensor.WithShape(shape...), tensor.WithBacking([]float64(a[lo:lo+tensor.Shape(shape).TotalSize()])))
}

func transposed(t *testing.T, d *tensor.Dense) *tensor.Dense {
	require.NoError(t, d.T())
	return d
}

// left returns a view of the first two columns.
func left(t *testing.T, d *tensor.Dense) *tensor.Dense {
	v, err := d.Slice(nil, tensor.S(0, 2))
	require.NoError(t, err)
	return v.(*tensor.Dense)
}

// inputsApart returns inputs of two rows that share no memory.
func inputsApart() losses.Inputs {
	return losses.Inputs{Logits: dense(tensor.Float64, []float64{1, 2, 3, 4}, 2, 2),
		Target:        dense(tensor.Float64, []float64{.5, .5, 1, 0}, 2, 2),
		SampleWeights: dense(tensor.Float64, []float64{1, 1}, 2),
		Upstream:      dense(tensor.Float64, []float64{1, 1}, 2)}
}

// TestOutputsOfTheirOwn: EvalInto refuses outputs that share memory with each other or with an
// input, in whole or in part, behind views and transposes.
func TestOutputsOfTheirOwn(t *testing.T) {
	a := make(array, 64)
	for name, c := range map[string]struct {
		out losses.Outputs
		in  func(*losses.Inputs)
		arg string
	}{
		"one tensor for two gradients": {losses.Outputs{Grad: a.at(0, 2, 2), TargetGrad: a.at(0, 2, 2)}, nil,
			"target grad"},
		"gradients that overlap":        {losses.Outputs{Grad: a.at(0, 2, 2), TargetGrad: a.at(3, 2, 2)}, nil, "target grad"},
		"loss in the gradient":          {losses.Outputs{Loss: a.at(1, 2), Grad: a.at(0, 2, 2)}, nil, "grad"},
		"loss in the weights' gradient": {losses.Outputs{Loss: a.at(1, 2), WeightGrad: a.at(0, 2)}, nil, "weight grad"},
		"weights' gradient on the weights": {losses.Outputs{WeightGrad: a.at(4, 2)},
			func(in *losses.Inputs) { in.SampleWeights = a.at(4, 2) }, "weight grad"},
		"loss on the upstream": {losses.Outputs{Loss: a.at(4, 2)},
			func(in *losses.Inputs) { in.Upstream = a.at(5, 2) }, "loss"},
		"gradient on the logits": {losses.Outputs{Grad: a.at(0, 2, 2)},
			func(in *losses.Inputs) { in.Logits = a.at(2, 2, 2) }, "grad"},
		"loss on the logits": {losses.Outputs{Loss: a.at(0, 2)},
			func(in *losses.Inputs) { in.Logits = a.at(0, 2, 2) }, "loss"},
		"gradient on transposed labels": {losses.Outputs{Grad: a.at(0, 2, 2)},
			func(in *losses.Inputs) { in.Target = transposed(t, a.at(0, 2, 2)) }, "grad"},
		"gradient on a view": {losses.Outputs{Grad: a.at(3, 2, 2)},
			func(in *losses.Inputs) { in.Logits = left(t, a.at(0, 2, 3)) }, "grad"},
		"gradient on the direction": {losses.Outputs{Grad: a.at(3, 2, 2)},
			func(in *losses.Inputs) { in.Direction = a.at(0, 2, 2) }, "grad"},
	} {
		in := inputsApart()
		if c.in != nil {
			c.in(&in)
		}
		before := slices.Clone(a)
		err := losses.Criterion{Reduction: losses.None}.EvalInto(c.out, in)
		var e *losses.Error
		require.ErrorAs(t, err, &e, name)
		assert.Equal(t, c.arg, e.Arg, name)
		assert.Contains(t, e.Problem, "shares memory with the ", name)
		assert.ErrorIs(t, err, losses.ErrShape, name)
		assert.Equal(t, before, a, name)
	}
}

// TestOutputsThatAreNeighbours: inputs may share memory, and outputs may lie side by side in one
// array, also in the gap of a view.
func TestOutputsThatAreNeighbours(t *testing.T) {
	a := make(array, 64)
	in := inputsApart()
	in.Logits, in.Target = left(t, a.at(0, 2, 3)), left(t, a.at(0, 2, 3))
	in.SampleWeights = a.at(0, 2)
	require.NoError(t, losses.Criterion{Reduction: losses.None}.EvalInto(losses.Outputs{Grad: a.at(10, 2, 2),
		TargetGrad: a.at(14, 2, 2), Loss: a.at(18, 2), WeightGrad: a.at(20, 2)}, in))
	require.NoError(t, losses.Criterion{}.EvalInto(losses.Outputs{Grad: a.at(2, 1, 1)},
		losses.Inputs{Logits: a.at(30, 1, 1), Target: a.at(0, 1, 1)}))
}

// TestOutputsBesideTheCriterion: an output in memory of one of the criterion's slices is refused
// before anything is written.
func TestOutputsBesideTheCriterion(t *testing.T) {
	x := []float64{.2, .3, .5}
	for name, c := range map[string]losses.Criterion{
		"class weights": {ClassWeights: x},
		"margins":       {Margins: x},
		"pos weight":    {PosWeight: x, Link: losses.SigmoidLink},
		"logit shift":   {LogitShift: x},
		"prior":         {Smoothing: losses.Smoothing{Alpha: .1, Prior: x}},
	} {
		in := losses.Inputs{Logits: dense(tensor.Float64, []float64{1, 2, 3}, 1, 3),
			Target: dense(tensor.Float64, []float64{0, 1, 0}, 1, 3)}
		own := tensor.New(tensor.WithShape(1, 3), tensor.WithBacking(x))
		err := c.EvalInto(losses.Outputs{Grad: own}, in)
		assert.EqualError(t, err, "losses: grad: the tensor shares memory with the "+name+", want a tensor of its own")
		assert.Equal(t, []float64{.2, .3, .5}, x, name)
		require.NoError(t, c.EvalInto(losses.Outputs{Grad: dense(tensor.Float64, make([]float64, 3), 1, 3)}, in), name)
	}
}
