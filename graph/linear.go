package graph

import (
	"fmt"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/internal/dense"
	"softloss/losses"
)

// ApplyLinear returns the criterion of a linear layer's logits as a node:
//
//	logits = hidden weightᵀ + bias
//
// The logits are never there for more than a block of rows, in the loss or in the gradients, so
// that a vocabulary may be large; see [losses.Criterion.EvalLinear] for the numbers. Hidden values,
// weight and bias have gradients, which are computed in one pass when the first of them is asked
// for. They have no derivatives: [HessianVector] is for Apply on logits.
//
// Shapes: hidden [N, D], or with more axes in front, weight [K, D], bias [K] or nil for none; the
// target is as for [Apply] on logits [N, K], and so is the result.
//
// Errors: those of [losses.Criterion.CheckLinear], and [ErrNode] when two inputs are one node or
// belong to two graphs. What only a run can tell is the error of the machine's RunAll. After an
// error the graph is as it was.
func ApplyLinear(c losses.Criterion, hidden, weight, bias *gorgonia.Node, target Target) (*gorgonia.Node, error) {
	return ApplyLinearWith(c, hidden, weight, bias, target, Options{})
}

// ApplyLinearWith is [ApplyLinear] with options. With ReuseGrad a run that will ask for the
// gradients computes them beside the loss, and the logits once instead of twice; the gradients of
// each run have memory of their own. Errors: also those of [ApplyWith] for the options.
func ApplyLinearWith(c losses.Criterion, hidden, weight, bias *gorgonia.Node, target Target,
	o Options) (*gorgonia.Node, error) {
	if err := checkLinear(hidden, weight, bias, target); err != nil {
		return nil, err
	}
	if err := o.check(c.Reduction, target, "hidden", hidden, weight, bias); err != nil {
		return nil, err
	}
	if err := c.CheckLinear(hidden, weight, bias, target, o.SampleWeights); err != nil {
		return nil, err
	}
	l := newLinear(c, hidden, weight, bias != nil, target, o)
	in := gorgonia.Nodes{hidden, weight, targetNode(hidden.Graph(), target)}
	for _, n := range []*gorgonia.Node{bias, o.SampleWeights} {
		if n != nil {
			in = append(in, n)
		}
	}
	return apply(l, in...)
}

// checkLinear wants a layer and a target that are nodes of one graph, each another one.
func checkLinear(hidden, weight, bias *gorgonia.Node, target Target) error {
	if err := checkNode("hidden", hidden, "a node [N, D]"); err != nil {
		return err
	}
	if err := checkNode("weight", weight, "a node [K, D]"); err != nil {
		return err
	}
	if err := anotherNode("weight", weight, hidden, "hidden values"); err != nil {
		return err
	}
	if bias != nil {
		if err := checkNode("bias", bias, "a node [K]"); err != nil {
			return err
		}
		if err := anotherNode("bias", bias, hidden, "hidden values"); err != nil {
			return err
		}
	}
	if err := checkTarget("target", labelsOrIndex, target, hidden, "hidden values"); err != nil {
		return err
	}
	for _, n := range []*gorgonia.Node{weight, bias} {
		if n != nil && losses.Operand(n) == target {
			return argError(ErrNode, "target", describe(n), "is another input too", "a node of its own")
		}
	}
	return nil
}

// linear is a criterion on the logits of a layer as an op:
// (hidden, weight, target[, bias][, sample weights]) → loss.
type linear struct {
	criterion        losses.Criterion
	biased, weighted bool
}

// newLinear returns the op for inputs that go together. It has a copy of the criterion, so that it
// goes on computing what its text says.
func newLinear(c losses.Criterion, hidden, weight losses.Operand, biased bool, target losses.Operand,
	o Options) *forwardOp {
	c = c.Clone()
	l := linear{c, biased, o.SampleWeights != nil}
	in := []kind{{arg: "hidden", dims: len(hidden.Shape())}, {arg: "weight", dims: 2}, targetKind(target, hidden)}
	wrt := []bool{true, true, o.TargetGrad}
	if biased {
		in, wrt = append(in, kind{arg: "bias", dims: 1}), append(wrt, true)
	}
	if o.SampleWeights != nil {
		in, wrt = append(in, o.weightsKind()), append(wrt, o.WeightGrad)
	}
	shape := func(hidden, weight tensor.Shape) tensor.Shape {
		z := hidden.Clone()
		z[len(z)-1] = weight[0]
		return lossShape(c, z)
	}
	out := kind{arg: "loss", dims: len(shape(hidden.Shape(), weight.Shape()))}
	text := fmt.Sprintf("softloss{linear %s hidden=%d target=%v(%d) bias=%t inputs=%d wrt=%v reuse=%t}", c.Key(),
		in[0].dims, target.Dtype(), in[2].dims, biased, len(in), wrt, o.ReuseGrad)
	op := &forwardOp{function: newFunction(text, in, out), wrt: wrt, changed: changes(c)}
	op.shape = func(in []tensor.Shape) tensor.Shape { return shape(in[0], in[1]) }
	op.run = func(in []*tensor.Dense) (*tensor.Dense, error) {
		out := dense.New(in[0].Dtype(), shape(in[0].Shape(), in[1].Shape())...)
		return out, c.EvalLinear(losses.LinearOutputs{Loss: out}, l.inputs(in))
	}
	op.carry = &carry{ahead: o.ReuseGrad, gradients: func(in []*tensor.Dense, upstream *tensor.Dense,
		beside bool) (*tensor.Dense, []*tensor.Dense, error) {
		return l.gradients(in, wrt, upstream, beside)
	}}
	op.noSecond = func(int) error {
		return argError(losses.ErrLoss, "loss", "that of a linear layer", "has no second derivatives",
			"Apply on logits")
	}
	return op
}

// inputs returns the op's inputs for package losses.
func (l linear) inputs(in []*tensor.Dense) losses.LinearInputs {
	x := losses.LinearInputs{Hidden: in[0], Weight: in[1], Target: in[2]}
	if l.biased {
		x.Bias = in[3]
	}
	if l.weighted {
		x.SampleWeights = in[len(in)-1]
	}
	return x
}

// gradients computes carry.gradients for the inputs that wrt names.
func (l linear) gradients(in []*tensor.Dense, wrt []bool, upstream *tensor.Dense, beside bool) (loss *tensor.Dense,
	grads []*tensor.Dense, err error) {
	x := l.inputs(in)
	x.Upstream = upstream
	grads = make([]*tensor.Dense, len(in))
	for i, want := range wrt {
		if want {
			grads[i] = dense.New(in[i].Dtype(), in[i].Shape()...)
		}
	}
	dst := losses.LinearOutputs{HiddenGrad: grads[0], WeightGrad: grads[1], TargetGrad: grads[2]}
	if l.biased {
		dst.BiasGrad = grads[3]
	}
	if l.weighted {
		dst.SampleWeightGrad = grads[len(grads)-1]
	}
	if beside {
		dst.Loss = dense.New(in[0].Dtype())
	}
	return dst.Loss, grads, l.criterion.EvalLinear(dst, x)
}
