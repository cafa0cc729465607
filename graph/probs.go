package graph

import (
	"strings"

	"gorgonia.org/gorgonia"

	"softloss/losses"
)

// wantLogits wants a node that is not the result of a softmax, or of a sparse map in its place: a
// loss of logits takes the softmax itself, and a perfect prediction would cost more than 1 if it
// did so twice. With SigmoidLink the same goes for a sigmoid. The advice follows what is wanted.
func wantLogits(arg string, n *gorgonia.Node, link losses.Link, advice string) error {
	if name := probsOf(n, link); name != "" {
		return argError(ErrNode, arg, describe(n),
			"is the output of a "+name+": the loss makes probabilities of logits itself",
			"what goes into that "+name+" (drop it)"+advice)
	}
	return nil
}

// probsOf returns what made probabilities of a node's numbers, also behind ops that only move,
// repeat or pick them: softmax, sparsemax, entmax15, with SigmoidLink sigmoid, or nothing.
func probsOf(n *gorgonia.Node, link losses.Link) (name string) {
	children := childrenOf(n)
	if len(children) == 0 {
		return ""
	}
	if own, ok := n.Op().(*forwardOp); ok && own.probs != "" {
		return own.probs
	}
	switch typeName(n.Op()) {
	case "gorgonia.softmaxOp":
		if strings.HasSuffix(n.Op().String(), "false}()") { // Softmax{axis, is it a log-softmax}()
			return "softmax"
		}
	case "gorgonia.sparsemaxOp":
		return "sparsemax"
	case "gorgonia.elemUnaryOp":
		if link == losses.SigmoidLink && n.Op().String() == "sigmoid" {
			return "sigmoid"
		}
	case "gorgonia.concatOp", "gorgonia.maxBetween", "gorgonia.minBetween":
		for _, child := range children {
			if name = probsOf(child, link); name == "" {
				return ""
			}
		}
		return name
	case "gorgonia.reshapeOp", "gorgonia.sliceOp", "gorgonia.transposeOp", "gorgonia.repeatOp", "gorgonia.byIndicesOp",
		"gorgonia.upsampleOp", "gorgonia.maxOp", "gorgonia.maxPoolOp", "gorgonia.im2colOp":
		return probsOf(children[0], link)
	}
	return ""
}
