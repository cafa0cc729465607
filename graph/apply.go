package graph

import (
	"errors"
	"fmt"
	"slices"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/losses"
)

// ErrNode says that the nodes given to a function do not go together: for errors.Is.
// Errors about shapes, dtypes, values and parameters are those of package losses.
var ErrNode = errors.New("wrong node")

// Target is what a prediction is compared with: a *gorgonia.Node, or a
// *tensor.Dense, which becomes an input of the graph that holds it. Labels are [N, K] of the logits'
// dtype; an index is [N] of int, int32 or int64.
//
// The tensor is not copied: to train on other labels write them into it, or use a node and gorgonia.Let.
type Target = losses.Operand

// Options are what a loss node can have beyond its criterion. The zero value is Apply's.
type Options struct {
	// SampleWeights [N] (with Criterion.Axis of the rows' shape), of the logits' dtype, multiply the losses of the rows; a row of weight 0 is
	// removed, whatever it holds. A static graph takes a smaller last batch by padding it with such rows.
	SampleWeights *gorgonia.Node

	// TargetGrad makes the loss differentiable with respect to the labels, a node, too. Ask for it only when it is
	// used: a machine executes the gradient even when nothing reads it.
	TargetGrad bool

	// WeightGrad makes it differentiable with respect to the sample weights too, at the same price.
	WeightGrad bool
}

// Apply returns the criterion as a node: the loss of the logits (probabilities with FromProbs) against the
// target, a scalar, or [N] with Reduction None.
//
// The node is differentiable with respect to the logits, through gorgonia.Grad, and on the
// Lisp machine; value and gradient are those of [losses.Criterion.EvalGrad].
//
// Errors: those of [losses.Criterion.Check], and [ErrNode] when logits and target are one node
// or belong to two graphs. What only a run can tell, such as a negative label, is the error of the
// machine's RunAll.
func Apply(c losses.Criterion, logits *gorgonia.Node, target Target) (*gorgonia.Node, error) {
	return ApplyWith(c, logits, target, Options{})
}

// ApplyWith is [Apply] with options. Errors: also those of sample weights of another shape or
// dtype, [losses.ErrDtype] for the gradient of an index, [ErrNode] for that of a tensor.
func ApplyWith(c losses.Criterion, logits *gorgonia.Node, target Target, o Options) (*gorgonia.Node, error) {
	if logits == nil {
		return nil, fmt.Errorf("graph: logits: nil is no node, want a node [N, K]: %w", losses.ErrNil)
	}
	if err := wantTyped("logits", logits); err != nil {
		return nil, err
	}
	t, err := targetNode(logits.Graph(), target)
	if err != nil {
		return nil, err
	}
	if err := wantTyped("target", t); err != nil {
		return nil, err
	}
	if _, ok := target.(*tensor.Dense); ok && o.TargetGrad {
		return nil, fmt.Errorf("graph: target: nobody could read the gradient of a tensor, want a node for TargetGrad: %w", ErrNode)
	}
	if t == logits {
		return nil, fmt.Errorf("graph: logits and target are one node, %q; inputs of one name, type and shape are the same node to Gorgonia: %w", logits.Name(), ErrNode)
	}
	if err := sameGraph(logits, t, "target"); err != nil {
		return nil, err
	}
	if err := c.Check(logits, t); err != nil {
		return nil, err
	}
	op := newLossOp(c, logits, t, o)
	if op.index != nil && o.TargetGrad {
		return nil, fmt.Errorf("graph: target: an index has no gradient, want labels [N, K]: %w", losses.ErrDtype)
	}
	if o.WeightGrad && o.SampleWeights == nil {
		return nil, fmt.Errorf("graph: sample weights: there are none for WeightGrad, want a node: %w", ErrNode)
	}
	in := gorgonia.Nodes{logits, t}
	if w := o.SampleWeights; w != nil {
		if err := sameGraph(logits, w, "sample weights"); err != nil {
			return nil, err
		}
		if w == t || w == logits {
			return nil, fmt.Errorf("graph: sample weights: the node %q is another input too: %w", w.Name(), ErrNode)
		}
		if want := c.RowShape(logits.Shape()); w.Dims() != len(want) || !slices.Equal(w.Shape(), want) {
			return nil, fmt.Errorf("graph: sample weights: shape %v is wrong, want %v: %w", w.Shape(), want, losses.ErrShape)
		}
		if w.Dtype() != logits.Dtype() {
			return nil, fmt.Errorf("graph: sample weights: dtype %v is wrong, want %v, the logits': %w", w.Dtype(), logits.Dtype(), losses.ErrDtype)
		}
		in = append(in, w)
	}
	return gorgonia.ApplyOp(op, in...)
}

// targetNode returns the target as a node of g.
func targetNode(g *gorgonia.ExprGraph, target Target) (*gorgonia.Node, error) {
	switch t := target.(type) {
	case *gorgonia.Node:
		if t != nil {
			return t, nil
		}
	case *tensor.Dense:
		if t != nil {
			// The name tells tensors apart: inputs of one name, type and shape are one node.
			return gorgonia.NewTensor(g, t.Dtype(), t.Dims(), gorgonia.WithShape(t.Shape().Clone()...),
				gorgonia.WithName(fmt.Sprintf("target@%p", t)), gorgonia.WithValue(t)), nil
		}
	case nil:
	default:
		return nil, fmt.Errorf("graph: target: %T is neither a *gorgonia.Node nor a *tensor.Dense: %w", target, losses.ErrDtype)
	}
	return nil, fmt.Errorf("graph: target: nil is no target, want labels [N, K] or index [N]: %w", losses.ErrNil)
}

// wantTyped wants a node of a graph that has a value: constants may be without a graph, statements such as
// gorgonia.Read without a type.
func wantTyped(arg string, n *gorgonia.Node) error {
	if n.Graph() == nil {
		return fmt.Errorf("graph: %s: the node %q is in no graph, want an input or the result of an operation: %w", arg, n.Name(), ErrNode)
	}
	if n.Type() == nil {
		return fmt.Errorf("graph: %s: the node %q has no value, want an input or the result of an operation: %w", arg, n.Name(), ErrNode)
	}
	return nil
}

// sameGraph wants n in the graph of logits.
func sameGraph(logits, n *gorgonia.Node, arg string) error {
	if logits.Graph() == nil || n.Graph() != logits.Graph() {
		return fmt.Errorf("graph: %s: the node %q is not in the graph of the logits: %w", arg, n.Name(), ErrNode)
	}
	return nil
}

// Cause returns what an error of RunAll is about: the [*losses.Error] in it when there is one, otherwise
// the op's error. The machines wrap errors in a type that errors.Is and errors.As cannot
// look into, and in words about instructions; Cause takes both off:
//
//	if err := vm.RunAll(); errors.Is(graph.Cause(err), losses.ErrLabel) { … }
//
// Any other error comes back as it is.
func Cause(err error) error {
	for {
		machine, ok := err.(interface{ Err() error })
		if !ok || machine.Err() == nil {
			break
		}
		err = machine.Err()
	}
	var e *losses.Error
	if errors.As(err, &e) {
		return e
	}
	return err
}
