package graph

import (
	"strings"

	"gorgonia.org/gorgonia"
)

// wantLogits wants a node that is not the result of a softmax: a loss of logits takes the softmax
// itself, and a perfect prediction would cost more than 1 if it did so twice.
func wantLogits(arg string, n *gorgonia.Node) error {
	if holdsProbs(n) {
		return argError(ErrNode, arg, describe(n), "is the output of a softmax, which the loss takes itself",
			"what goes into that softmax (drop it), or FromProbs")
	}
	return nil
}

// holdsProbs reports whether a node is the result of a softmax, also behind ops that only move its
// numbers.
func holdsProbs(n *gorgonia.Node) bool {
	children := childrenOf(n)
	if len(children) == 0 {
		return false
	}
	if own, ok := n.Op().(*forwardOp); ok {
		return own.probs
	}
	switch typeName(n.Op()) {
	case "gorgonia.softmaxOp": // Softmax{axis, is it a log-softmax}()
		return strings.HasSuffix(n.Op().String(), "false}()")
	case "gorgonia.concatOp":
		for _, child := range children {
			if !holdsProbs(child) {
				return false
			}
		}
		return true
	case "gorgonia.reshapeOp", "gorgonia.sliceOp", "gorgonia.transposeOp", "gorgonia.repeatOp", "gorgonia.byIndicesOp":
		return holdsProbs(children[0])
	}
	return false
}
