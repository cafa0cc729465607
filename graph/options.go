package graph

import (
	"slices"

	"gorgonia.org/gorgonia"

	"softloss/losses"
)

// Target is what a prediction is compared with: a *gorgonia.Node, or a *tensor.Dense, which becomes
// an input of the graph that holds it. Labels are [N, K] of the logits' dtype; an index is [N], or
// [N, 1], of any Go integers. See [losses.Criterion.Check].
//
// The tensor is not copied: to train on other labels write them into it, or use a node and
// gorgonia.Let.
type Target = losses.Operand

// Options are what a loss node can have beyond its criterion. The zero value is Apply's.
type Options struct {
	// SampleWeights [N] (with Criterion.Axis of the rows' shape), of the logits' dtype, multiply
	// the losses of the rows; a row of weight 0 is removed, whatever it holds. A static graph takes
	// a smaller last batch by padding it with such rows.
	SampleWeights *gorgonia.Node

	// TargetGrad makes the loss differentiable with respect to the labels, a node, too. Ask for it
	// only when it is used: a machine executes the gradient even when nothing reads it.
	TargetGrad bool

	// WeightGrad makes it differentiable with respect to the sample weights too, at the same price.
	WeightGrad bool

	// ReuseGrad computes the gradient by the logits together with the loss, in one pass over the
	// rows instead of two, in memory that every run uses again. The numbers are the same to the
	// bit. Two things change for you:
	//
	// The gradient's value, read from a node after a run, is overwritten by the next run: clone
	// what has to outlive it.
	//
	// The op has a state. Machines and clones of the graph may run it at once as before, and get
	// their own gradients; but there is nothing to gain while their upstream gradients differ or
	// more than two run at once.
	//
	// It needs a scalar loss, takes memory of the size of the logits, an input of the graph, and
	// changes nothing on the Lisp machine.
	ReuseGrad bool
}

// check wants options that go with the target and with the prediction, which errors call name. The
// nodes that the sample weights must not be are these two and others.
func (o Options) check(r losses.Reduction, target Target, name string, prediction *gorgonia.Node,
	others ...*gorgonia.Node) error {
	if o.TargetGrad {
		if _, ok := target.(*gorgonia.Node); !ok {
			return argError(ErrNode, "target", "the gradient of a tensor", "has no node to be read from",
				"a node for TargetGrad")
		}
		if target.Dtype() != prediction.Dtype() {
			return argError(losses.ErrDtype, "target", "an index", "has no gradient", "labels [N, K]")
		}
	}
	if o.ReuseGrad && r == losses.None {
		return argError(ErrNode, "ReuseGrad", "reduction None", "gives a loss for every row", "a scalar loss")
	}
	w := o.SampleWeights
	if w == nil {
		if o.WeightGrad {
			return argError(ErrNode, "sample weights", "nil", "has no gradient", "a node for WeightGrad")
		}
		return nil
	}
	if err := checkNode("sample weights", w, "a node [N]"); err != nil {
		return err
	}
	if err := sameGraph("sample weights", w, prediction, name); err != nil {
		return err
	}
	if w == prediction || losses.Operand(w) == target || slices.Contains(others, w) {
		return argError(ErrNode, "sample weights", describe(w), "is another input too", "a node of their own")
	}
	return nil
}

// weightsKind is the kind of the sample weights.
func (o Options) weightsKind() kind {
	return kind{arg: "sample weights", dims: len(o.SampleWeights.Shape())}
}
