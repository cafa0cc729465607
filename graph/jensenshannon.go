package graph

import (
	"fmt"
	"slices"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/losses"
)

// JensenShannon returns [losses.JensenShannon] as a node: how far two or more predictions, logits
// [N, K] each, disagree; a scalar, or [N] with None. It is differentiable with respect to all of
// them, and all the gradients are computed when the first of them is asked for.
//
// Errors: those of [losses.CheckJensenShannon], and [ErrNode] for nodes that are nil, given twice,
// of two graphs, or the output of a softmax.
func JensenShannon(logits gorgonia.Nodes, reduction losses.Reduction) (*gorgonia.Node, error) {
	for i, n := range logits {
		arg := fmt.Sprintf("prediction %d", i)
		if n == nil {
			return nil, argError(ErrNode, arg, "nil", "is no node", "logits [N, K]")
		}
		if err := checkNode(arg, n, "logits [N, K]"); err != nil {
			return nil, err
		}
		if j := slices.Index(logits[:i], n); j >= 0 {
			return nil, argError(ErrNode, arg, describe(n), fmt.Sprintf("is prediction %d too", j), "")
		}
		if err := sameGraph(arg, n, logits[0], "others"); err != nil {
			return nil, err
		}
		if err := wantLogits(arg, n, losses.SoftmaxLink, ""); err != nil {
			return nil, err
		}
	}
	if err := losses.CheckJensenShannon(logits, reduction); err != nil {
		return nil, err
	}
	return apply(newDivergence(len(logits), logits[0].Shape(), reduction), logits...)
}

// newDivergence returns the Jensen-Shannon divergence of n predictions of a shape.
func newDivergence(n int, s tensor.Shape, reduction losses.Reduction) *forwardOp {
	shape := func(in []tensor.Shape) tensor.Shape {
		return lossShape(losses.Criterion{Reduction: reduction}, in[0])
	}
	in, wrt := make([]kind, n), make([]bool, n)
	for i := range in {
		in[i], wrt[i] = kind{arg: fmt.Sprintf("prediction %d", i), dims: len(s)}, true
	}
	text := fmt.Sprintf("softloss{jensenshannon n=%d dims=%d reduction=%v}", n, len(s), reduction)
	op := &forwardOp{function: newFunction(text, in, kind{arg: "divergence", dims: len(shape([]tensor.Shape{s}))}),
		wrt: wrt}
	op.shape = shape
	op.run = func(in []*tensor.Dense) (*tensor.Dense, error) { return losses.JensenShannon(tensors(in), reduction) }
	op.carry = &carry{gradients: func(in []*tensor.Dense, upstream *tensor.Dense, _ bool) (loss *tensor.Dense,
		grads []*tensor.Dense, err error) {
		return losses.JensenShannonGrad(tensors(in), upstream, reduction)
	}}
	op.noSecond = func(int) error {
		return argError(losses.ErrLoss, "loss", "the Jensen-Shannon divergence", "has no second derivatives here", "")
	}
	return op
}

func tensors(in []*tensor.Dense) []tensor.Tensor {
	out := make([]tensor.Tensor, len(in))
	for i, d := range in {
		out[i] = d
	}
	return out
}
