package graph

import (
	"gorgonia.org/gorgonia"

	"softloss/losses"
)

// SmoothSoftLabels returns [losses.SmoothSoftLabels] as a node: labels [N, K] → [N, K].
// Errors are those of [Smooth].
func SmoothSoftLabels(labels *gorgonia.Node, alpha float64) (*gorgonia.Node, error) {
	return Smooth(losses.Smoothing{Rule: losses.SmoothNotebook, Alpha: alpha}, labels)
}

// SoftLabelCrossEntropyWithLogits returns [losses.SoftLabelCrossEntropyWithLogits] as a node,
// differentiable with respect to the logits. Errors are those of [Apply].
func SoftLabelCrossEntropyWithLogits(logits *gorgonia.Node, labels Target, alpha float64,
	reduction losses.Reduction) (*gorgonia.Node, error) {
	return Apply(losses.SoftLabelCriterion(alpha, reduction), logits, labels)
}

// SoftLabelCrossEntropy returns [losses.SoftLabelCrossEntropy] as a node, differentiable with
// respect to the probabilities. Errors are those of [Apply].
func SoftLabelCrossEntropy(probs *gorgonia.Node, labels Target, alpha float64,
	reduction losses.Reduction) (*gorgonia.Node, error) {
	c := losses.SoftLabelCriterion(alpha, reduction)
	c.FromProbs = true
	return Apply(c, probs, labels)
}

// ClassificationMAEWithLogits returns [losses.ClassificationMAEWithLogits] as a node,
// differentiable with respect to the logits. Errors are those of [Apply].
func ClassificationMAEWithLogits(logits *gorgonia.Node, labels Target, reduction losses.Reduction) (*gorgonia.Node,
	error) {
	return Apply(losses.Criterion{Loss: losses.MAE{}, Reduction: reduction}, logits, labels)
}

// LabelSmoothingCrossEntropy returns [losses.LabelSmoothingCrossEntropy] as a node, differentiable
// with respect to the logits. Errors are those of [Apply].
func LabelSmoothingCrossEntropy(logits *gorgonia.Node, index Target, eps float64,
	reduction losses.Reduction) (*gorgonia.Node, error) {
	c := losses.Criterion{Smoothing: losses.Smoothing{Rule: losses.SmoothUniform, Alpha: eps}, Reduction: reduction}
	return Apply(c, logits, index)
}

// BinaryCrossEntropyWithLogits returns [losses.BinaryCrossEntropyWithLogits] as a node,
// differentiable with respect to the logits: every element is a yes-or-no question. Errors are
// those of [Apply].
func BinaryCrossEntropyWithLogits(logits *gorgonia.Node, labels Target, alpha float64,
	reduction losses.Reduction) (*gorgonia.Node, error) {
	return Apply(losses.BinaryCriterion(alpha, reduction), logits, labels)
}
