package graph

import (
	"fmt"
	"slices"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/losses"
)

// Softmax returns [losses.Softmax] as a node: logits [N, K] → [N, K], or of other ranks as there,
// differentiable. Classes are along the last axis: where a criterion has another Axis, transpose
// the logits.
//
// Use it instead of gorgonia.SoftMax, which goes wrong when one row holds much larger logits than
// another; and neither of them in front of a loss, which takes logits. Errors: [losses.ErrNil],
// [losses.ErrShape], [losses.ErrDtype].
func Softmax(logits *gorgonia.Node) (*gorgonia.Node, error) {
	return applyRows(losses.SoftmaxMap(), "logits", logits, true)
}

// LogSoftmax returns [losses.LogSoftmax] as a node: logits [N, K] → [N, K], differentiable. It and
// Softmax may stand in one graph, which Gorgonia's own cannot. Errors are those of [Softmax].
func LogSoftmax(logits *gorgonia.Node) (*gorgonia.Node, error) {
	return applyRows(losses.LogSoftmaxMap(), "logits", logits, false)
}

// LogSumExp returns [losses.LogSumExp] as a node: logits [N, K] → [N], differentiable. Errors are
// those of [Softmax].
func LogSumExp(logits *gorgonia.Node) (*gorgonia.Node, error) {
	return applyRows(losses.LogSumExpMap(), "logits", logits, false)
}

// SparsemaxProbs returns [losses.SparsemaxProbs] as a node: logits [N, K] → [N, K], differentiable:
// the predictions of a model that was trained with [losses.Sparsemax]. Like a softmax it is not for
// the logits of a loss. Errors are those of [Softmax].
func SparsemaxProbs(logits *gorgonia.Node) (*gorgonia.Node, error) {
	return applyRows(losses.SparsemaxMap(), "logits", logits, true)
}

// Entmax15Probs returns [losses.Entmax15Probs] as a node: logits [N, K] → [N, K], differentiable:
// the predictions of a model that was trained with [losses.Entmax15]. Like a softmax it is not for
// the logits of a loss. Errors are those of [Softmax].
func Entmax15Probs(logits *gorgonia.Node) (*gorgonia.Node, error) {
	return applyRows(losses.Entmax15Map(), "logits", logits, true)
}

// Smooth returns [losses.Smoothing.Apply] as a node: labels [N, K] → [N, K], differentiable.
//
// The losses smooth their labels themselves; this is for those who compose one. Errors: those of
// [losses.Smoothing.Check].
func Smooth(s losses.Smoothing, labels *gorgonia.Node) (*gorgonia.Node, error) {
	s.Prior = slices.Clone(s.Prior) // the node goes on computing what its text says
	return applyRows(s.Map(), "labels", labels, false)
}

// applyRows returns a function of the rows of x as a node; probs says that the results are
// probabilities.
func applyRows(m losses.RowMap, arg string, x *gorgonia.Node, probs bool) (*gorgonia.Node, error) {
	if err := checkNode(arg, x, "a node [N, K]"); err != nil {
		return nil, err
	}
	if err := m.Check(x); err != nil {
		return nil, err
	}
	return apply(newRowOp(m, arg, x, probs), x)
}

// newRowOp returns the op of a function of the rows of x.
func newRowOp(m losses.RowMap, arg string, x losses.Operand, probs bool) *forwardOp {
	dims := len(x.Shape())
	op := &forwardOp{
		function: newFunction(fmt.Sprintf("softloss{%s dims=%d}", m.Key(), dims), []kind{{arg: arg, dims: dims}},
			kind{arg: m.Key(), dims: len(m.Shape(x.Shape()))}),
		wrt:      []bool{true},
		linear:   m.Linear(),
		gradient: func(_ int, in []*tensor.Dense, u *tensor.Dense) (*tensor.Dense, error) { return m.Grad(in[0], u) },
		second: func(i int, in []*tensor.Dense, u, v *tensor.Dense) (*tensor.Dense, error) {
			if i == 0 {
				return m.GradAlong(in[0], u, v)
			}
			return m.Along(in[0], v)
		},
	}
	if probs {
		op.probs = m.Key()
	}
	op.shape = func(in []tensor.Shape) tensor.Shape { return m.Shape(in[0]) }
	op.run = func(in []*tensor.Dense) (*tensor.Dense, error) { return m.Apply(in[0]) }
	return op
}
