package graph

import (
	"gorgonia.org/gorgonia"

	"softloss/losses"
)

// Softmax returns [losses.Softmax] as a node: logits [N, K] → [N, K], differentiable.
//
// Use it instead of gorgonia.SoftMax, which goes wrong when one row holds much larger logits than another.
// Errors: [losses.ErrNil], [losses.ErrShape], [losses.ErrDtype].
func Softmax(logits *gorgonia.Node) (*gorgonia.Node, error) {
	return rowFunc{"softmax", 2, losses.CheckLogits, losses.Softmax, losses.SoftmaxGrad, losses.SoftmaxGrad, losses.SoftmaxGradGrad}.node(logits)
}

// LogSoftmax returns [losses.LogSoftmax] as a node: logits [N, K] → [N, K], differentiable. It and
// Softmax may stand in one graph, which Gorgonia's own cannot. Errors are those of [Softmax].
func LogSoftmax(logits *gorgonia.Node) (*gorgonia.Node, error) {
	return rowFunc{"logsoftmax", 2, losses.CheckLogits, losses.LogSoftmax, losses.LogSoftmaxGrad, losses.LogSoftmaxAlong, losses.LogSoftmaxGradGrad}.node(logits)
}

// LogSumExp returns [losses.LogSumExp] as a node: logits [N, K] → [N], differentiable. Errors are those of [Softmax].
func LogSumExp(logits *gorgonia.Node) (*gorgonia.Node, error) {
	return rowFunc{"logsumexp", 1, losses.CheckLogits, losses.LogSumExp, losses.LogSumExpGrad, losses.LogSumExpAlong, losses.LogSumExpGradGrad}.node(logits)
}

// Smooth returns [losses.Smoothing.Apply] as a node: labels [N, K] → [N, K], differentiable.
//
// The losses smooth their labels themselves; this is for those who compose one. Errors: those of
// [losses.Smoothing.Check].
func Smooth(s losses.Smoothing, labels *gorgonia.Node) (*gorgonia.Node, error) {
	key := "smooth " + losses.Criterion{Smoothing: s}.Key()
	return rowFunc{key, 2, s.Check, s.Apply, s.Grad, s.Along, nil}.node(labels)
}
