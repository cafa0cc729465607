// Package losses holds classification losses on tensors: values and gradients,
// exact and stable at any magnitude, without a graph. Package graph builds
// Gorgonia nodes of the same definitions.
//
// # Vocabulary
//
// A batch has N rows and K classes. Logits are [N, K]; labels are [N, K], soft or
// one-hot rows; an index is [N], the number of each row's class; labels or index are
// the target. Probabilities, probs, are [N, K]. A loss is [N] before its
// reduction and a scalar after; a gradient, grad, has the shape of the first argument.
// Logarithms are natural. Alpha is the strength of label smoothing.
//
// # What there is
//
// A [Criterion] is a [Loss] with label smoothing and a [Reduction]; its methods
// Eval, EvalGrad and EvalInto compute it. The losses are
//
//	CrossEntropy           -Σ_k t_k log p_k
//	MAE                    Σ_k |p_k - t_k|
//	GCE, Focal, Poly1      between and around the two, one parameter each
//	NCE                    cross entropy over its sum for all classes
//	ReverseCrossEntropy    -Σ_k p_k log t_k
//	SymmetricCrossEntropy  cross entropy and its reverse
//	KL                     cross entropy less the entropy of the target
//	ConfidencePenalty      cross entropy less entropy of the prediction
//	BiTempered             heavy tails, bounded
//	WeightedSum            of any of these
//
// and any of your own. [Softmax], [LogSoftmax] and [LogSumExp] stand on their own, and the functions
// of the notebook that this project implements are one-line calls of a criterion:
// [SmoothSoftLabels], [SoftLabelCrossEntropyWithLogits], [SoftLabelCrossEntropy],
// [ClassificationMAEWithLogits], and [LabelSmoothingCrossEntropy] for comparison.
//
// # Tensors
//
// Logits and labels are *tensor.Dense of float32 or float64, both alike; indices are of any integer type.
// Views and transposed tensors are read where they are. Inputs are never modified. Results have
// the dtype of the logits; sums over the batch are taken in float64, sums over a row too, or in the
// dtype over at most 1024 elements and then in float64.
// Large batches use all processors, and the bits of a result do not depend on how many.
//
// # Special values
//
// With 0·(-∞) = 0 everywhere:
//
//	logit -Inf                          p = 0; costs nothing where the label is 0
//	a NaN or +Inf logit, or all -Inf    that row is NaN; no other row is touched
//	±1e30, saturated rows               right to the last digits, loss and gradient
//
// # Errors
//
// Nothing panics on data. An error is one line that names the argument, the row and
// column, what was there and what was wanted:
//
//	losses: labels: row 3 column 1: -0.2 is negative, want a finite number >= 0
//
// errors.As finds an [*Error] with these as fields, errors.Is one of the sentinels such as [ErrLabel].
package losses
