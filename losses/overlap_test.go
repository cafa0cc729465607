package losses_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/losses"
)

// TestOutputsOfTheirOwn: EvalInto refuses outputs that share memory with each other or with an
// input, in whole or in part, behind views and transposes, and takes neighbours in one array.
func TestOutputsOfTheirOwn(t *testing.T) {
	array := make([]float64, 64)
	at := func(lo int, shape ...int) *tensor.Dense {
		n := tensor.Shape(shape).TotalSize()
		if len(shape) == 0 {
			return tensor.New(tensor.FromScalar(0.), tensor.WithBacking(array[lo:lo+1]))
		}
		return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(array[lo:lo+n]))
	}
	transposed := func(d *tensor.Dense) *tensor.Dense {
		require.NoError(t, d.T())
		return d
	}
	left := func(d *tensor.Dense) *tensor.Dense {
		v, err := d.Slice(nil, tensor.S(0, 2))
		require.NoError(t, err)
		return v.(*tensor.Dense)
	}
	none := losses.Criterion{Reduction: losses.None}
	fresh := func() losses.Inputs {
		return losses.Inputs{Logits: dense(tensor.Float64, []float64{1, 2, 3, 4}, 2, 2),
			Target:        dense(tensor.Float64, []float64{.5, .5, 1, 0}, 2, 2),
			SampleWeights: dense(tensor.Float64, []float64{1, 1}, 2), Upstream: dense(tensor.Float64, []float64{1, 1},
				2)}
	}
	for name, c := range map[string]struct {
		out losses.Outputs
		in  func(*losses.Inputs)
		arg string
	}{
		"one tensor for two gradients": {losses.Outputs{Grad: at(0, 2, 2), TargetGrad: at(0, 2, 2)}, nil,
			"target grad"},
		"gradients that overlap":        {losses.Outputs{Grad: at(0, 2, 2), TargetGrad: at(3, 2, 2)}, nil, "target grad"},
		"loss in the gradient":          {losses.Outputs{Loss: at(1, 2), Grad: at(0, 2, 2)}, nil, "grad"},
		"loss in the weights' gradient": {losses.Outputs{Loss: at(1, 2), WeightGrad: at(0, 2)}, nil, "weight grad"},
		"weights' gradient on the weights": {losses.Outputs{WeightGrad: at(4, 2)},
			func(in *losses.Inputs) { in.SampleWeights = at(4, 2) }, "weight grad"},
		"loss on the upstream": {losses.Outputs{Loss: at(4, 2)},
			func(in *losses.Inputs) { in.Upstream = at(5, 2) }, "loss"},
		"gradient on the logits": {losses.Outputs{Grad: at(0, 2, 2)},
			func(in *losses.Inputs) { in.Logits = at(2, 2, 2) }, "grad"},
		"loss on the logits": {losses.Outputs{Loss: at(0, 2)},
			func(in *losses.Inputs) { in.Logits = at(0, 2, 2) }, "loss"},
		"gradient on transposed labels": {losses.Outputs{Grad: at(0, 2, 2)},
			func(in *losses.Inputs) { in.Target = transposed(at(0, 2, 2)) }, "grad"},
		"gradient on a view": {losses.Outputs{Grad: at(3, 2, 2)},
			func(in *losses.Inputs) { in.Logits = left(at(0, 2, 3)) }, "grad"},
		"gradient on the direction": {losses.Outputs{Grad: at(3, 2, 2)},
			func(in *losses.Inputs) { in.Direction = at(0, 2, 2) }, "grad"},
	} {
		in := fresh()
		if c.in != nil {
			c.in(&in)
		}
		before := append([]float64(nil), array...)
		err := none.EvalInto(c.out, in)
		var e *losses.Error
		require.ErrorAs(t, err, &e, name)
		assert.Equal(t, c.arg, e.Arg, name)
		assert.Contains(t, e.Problem, "shares memory with the ", name)
		assert.ErrorIs(t, err, losses.ErrShape, name)
		assert.Equal(t, before, array, name)
	}
	// Inputs may share memory, and outputs may be neighbours, also in the gap of a view.
	in := fresh()
	in.Logits, in.Target, in.SampleWeights = left(at(0, 2, 3)), left(at(0, 2, 3)), at(0, 2)
	require.NoError(t, none.EvalInto(losses.Outputs{Grad: at(10, 2, 2), TargetGrad: at(14, 2, 2), Loss: at(18, 2),
		WeightGrad: at(20, 2)}, in))
	one := losses.Criterion{}
	scalar := tensor.New(tensor.WithShape(1, 1), tensor.WithBacking(array[2:3]))
	require.NoError(t, one.EvalInto(losses.Outputs{Grad: scalar},
		losses.Inputs{Logits: at(30, 1, 1), Target: at(0, 1, 1)}))
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
