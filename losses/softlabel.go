package losses

import "gorgonia.org/tensor"

// SmoothSoftLabels returns the labels smoothed by the notebook's rule,
//
//	max(t_k - alpha/nnz, 0) + alpha/K,   nnz = number of t_k > 0 in the row,
//
// as a new tensor. See [SmoothingRule] for what it does to the sum of a row. With alpha = 0 the
// labels come back as they are. Other libraries may spread alpha over the K-1 other classes.
//
// Shapes: labels [N, K], float32 or float64. Errors: [ErrAlpha] unless alpha is finite and >= 0,
// and those of [Smoothing.Apply]. Golden file: testdata/notebook.json.
func SmoothSoftLabels(labels tensor.Tensor, alpha float64) (*tensor.Dense, error) {
	return Smoothing{Rule: SmoothNotebook, Alpha: alpha}.Apply(labels)
}

// SoftLabelCrossEntropyWithLogits returns the cross entropy ([CrossEntropy]) between the labels,
// smoothed as by [SmoothSoftLabels], and the softmax of the logits.
//
//	L_n = -Σ_k τ_k log_softmax(logits)_k,   τ = smooth(labels, alpha)
//
// Shapes: logits and labels [N, K] of one dtype, or labels an index [N]; the result is a scalar, or
// [N] with None. A row whose labels are all zero costs 0 and counts in the mean, as in the
// notebook. Errors: those of [Criterion.Eval].
func SoftLabelCrossEntropyWithLogits(logits, labels tensor.Tensor, alpha float64, reduction Reduction) (*tensor.Dense,
	error) {
	return SoftLabelCriterion(alpha, reduction).Eval(logits, labels)
}

// SoftLabelCriterion is the criterion of [SoftLabelCrossEntropyWithLogits]; with its field
// FromProbs set it is that of [SoftLabelCrossEntropy].
func SoftLabelCriterion(alpha float64, reduction Reduction) Criterion {
	return Criterion{Smoothing: Smoothing{Rule: SmoothNotebook, Alpha: alpha}, Reduction: reduction}
}

// SoftLabelCrossEntropy is [SoftLabelCrossEntropyWithLogits] for predictions that are already
// probabilities.
//
//	L_n = -Σ_{τ_k>0} τ_k log max(p_k, tiny)
//
// It equals the notebook's for every p > 0. Where p = 0 the notebook drops the
// term, so that the worst mistake costs nothing; here it costs what the
// smallest normal number tiny does. Prefer the function of logits.
//
// Errors: those of [Criterion.Eval]; a value outside [0, 1] is [ErrProb].
func SoftLabelCrossEntropy(probs, labels tensor.Tensor, alpha float64, reduction Reduction) (*tensor.Dense, error) {
	c := SoftLabelCriterion(alpha, reduction)
	c.FromProbs = true
	return c.Eval(probs, labels)
}

// ClassificationMAEWithLogits returns the mean absolute error ([MAE]) between the labels and the
// softmax of the logits.
//
//	L_n = Σ_k |softmax(logits)_k - t_k|
//
// Shapes: as [SoftLabelCrossEntropyWithLogits]. Errors: those of [Criterion.Eval].
func ClassificationMAEWithLogits(logits, labels tensor.Tensor, reduction Reduction) (*tensor.Dense, error) {
	return Criterion{Loss: MAE{}, Reduction: reduction}.Eval(logits, labels)
}

// LabelSmoothingCrossEntropy is fastai's loss of that name, for comparison: cross entropy with
// uniform smoothing.
//
//	L_n = (1-eps) (-l_y) + eps/K Σ_k (-l_k),   l = log_softmax(logits)
//
// Shapes: logits [N, K], index [N] (or labels [N, K]); the result is a scalar, or [N] with None.
// Errors: [ErrAlpha] unless 0 <= eps <= 1, and those of [Criterion.Eval].
func LabelSmoothingCrossEntropy(logits, index tensor.Tensor, eps float64, reduction Reduction) (*tensor.Dense, error) {
	return Criterion{Smoothing: Smoothing{Rule: SmoothUniform, Alpha: eps}, Reduction: reduction}.Eval(logits, index)
}

// BinaryCrossEntropyWithLogits returns the cross entropy of yes-or-no questions: every element of
// the logits is one ([SigmoidLink]).
//
//	L = -τ log σ(z) - (1-τ) log σ(-z),   τ = (1-alpha) t + alpha/2
//	dL/dz = σ(z) - τ,   dL/dt = -(1-alpha) z
//
// in nats, computed as max(z, 0) - z τ + log1p(e^-|z|), so that L(40, 1) is 4.2e-18. For a weight
// of the positive labels see [Criterion].PosWeight.
//
// Shapes: logits and labels of one shape and dtype, labels in [0, 1], or labels an index as
// [Criterion.Check] takes it; the result is a scalar, the mean of all elements, or of the shape of
// the logits with None.
//
// Special cases are: z = -Inf costs nothing where τ is 0 and +Inf elsewhere, with a finite
// gradient; a NaN or +Inf makes its own element NaN.
//
// Errors: those of [Criterion.Eval], [ErrAlpha] unless 0 <= alpha <= 1.
//
// Golden file: testdata/peers_classifiers.json (PyTorch, Keras, optax).
func BinaryCrossEntropyWithLogits(logits, labels tensor.Tensor, alpha float64,
	reduction Reduction) (*tensor.Dense, error) {
	return BinaryCriterion(alpha, reduction).Eval(logits, labels)
}

// BinaryCriterion is the criterion of [BinaryCrossEntropyWithLogits].
func BinaryCriterion(alpha float64, reduction Reduction) Criterion {
	return Criterion{Link: SigmoidLink, Smoothing: Smoothing{Alpha: alpha}, Reduction: reduction}
}
