package graph

import (
	"fmt"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/losses"
)

// Apply returns the criterion as a node: the loss of the logits (probabilities with FromProbs)
// against the target, a scalar, or one for every row, [N], with Reduction None.
//
// The node is differentiable with respect to the logits, through gorgonia.Grad, and on the Lisp
// machine; value and gradient are those of [losses.Criterion.EvalGrad].
//
// Shapes: logits [N, K], a vector [K] for one row, or more axes, [N, T, K]. One logit a row says
// nothing to a softmax: for yes-or-no questions use [losses.SigmoidLink], or
// [BinaryCrossEntropyWithLogits].
//
// Errors: those of [losses.Criterion.Check], and [ErrNode] when logits and target are one node or
// belong to two graphs, or when the logits are the output of a softmax, which the loss takes
// itself. What only a run can tell, such as a negative label, is the error of the machine's RunAll.
// After an error the graph is as it was.
func Apply(c losses.Criterion, logits *gorgonia.Node, target Target) (*gorgonia.Node, error) {
	return ApplyWith(c, logits, target, Options{})
}

// ApplyWith is [Apply] with options. Errors: also those of sample weights of another shape or
// dtype, [losses.ErrDtype] for the gradient of an index, [ErrNode] for that of a tensor.
func ApplyWith(c losses.Criterion, logits *gorgonia.Node, target Target, o Options) (*gorgonia.Node, error) {
	if err := checkInputs(c, logits, target); err != nil {
		return nil, err
	}
	if err := o.check(c.Reduction, target, "logits", logits); err != nil {
		return nil, err
	}
	if err := c.CheckSampleWeights(o.SampleWeights, logits); err != nil {
		return nil, err
	}
	op := newLoss(c, logits, target, o)
	in := gorgonia.Nodes{logits, targetNode(logits.Graph(), target)}
	if o.SampleWeights != nil {
		in = append(in, o.SampleWeights)
	}
	if o.ReuseGrad {
		in = append(in, memoryOf(logits))
	}
	return apply(op, in...)
}

// checkInputs wants logits and a target that go together.
func checkInputs(c losses.Criterion, logits *gorgonia.Node, target Target) error {
	if err := checkNode("logits", logits, "a node [N, K]"); err != nil {
		return err
	}
	if err := checkTarget("target", labelsOrIndex, target, logits, "logits"); err != nil {
		return err
	}
	if err := c.Check(logits, target); err != nil {
		return err
	}
	if c.FromProbs {
		return nil
	}
	return wantLogits("logits", logits, c.Link, ", or FromProbs")
}

// labelsOrIndex is what errors want of a target.
const labelsOrIndex = "labels [N, K] or index [N]"

// checkTarget wants, for the argument arg, a node of the graph of another one, which is called
// name, or a tensor.
func checkTarget(arg, want string, target Target, of *gorgonia.Node, name string) error {
	switch t := target.(type) {
	case *gorgonia.Node:
		if err := checkNode(arg, t, want); err != nil {
			return err
		}
		if err := anotherNode(arg, t, of, name); err != nil {
			return err
		}
	case *tensor.Dense:
		if err := checkTensor(arg, t); err != nil {
			return err
		}
	case nil:
		return argError(losses.ErrNil, arg, "nil", "is no target", want)
	default:
		return argError(losses.ErrDtype, arg, fmt.Sprintf("a %T", target),
			"is neither a *gorgonia.Node nor a *tensor.Dense", "")
	}
	return nil
}

// targetNode returns the target as a node of g.
func targetNode(g *gorgonia.ExprGraph, target Target) *gorgonia.Node {
	if d, ok := target.(*tensor.Dense); ok {
		return inputOf(g, "target", kind{dims: d.Dims()}.typ(d.Dtype()), d.Shape().Clone(), d)
	}
	return target.(*gorgonia.Node)
}
