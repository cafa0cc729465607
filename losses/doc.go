// Package losses holds classification losses on tensors: values and gradients, exact and stable at
// any magnitude, without a graph. Package graph builds Gorgonia nodes of the same definitions.
//
// # Vocabulary
//
//	batch          N rows of K classes
//	logits         [N, K], what the softmax is taken of; z in formulas
//	probs          [N, K], probabilities; p, and l = log p
//	labels         [N, K], soft or one-hot rows of what should have been predicted; t
//	index          [N], the number of each row's class
//	target         labels or index; τ is the target after class weights and smoothing
//	loss           [N] before the reduction, a scalar after
//	grad           the derivative of the loss by the first argument, of its shape
//	upstream       the derivative of a cost with respect to the loss
//	direction      [N, K], along which second derivatives are taken; v
//	class weights  one number for each class; w
//	sample weights one number for each row; s
//	mass           Σ_k w_k t_k, the sum of a row's weighted labels
//	rest           1 - p
//	sure row       one in which a p is nearly 1
//	removed row    one of sample weight 0, of an ignored index, or whose labels weigh nothing: it
//	               costs nothing, whatever it holds
//	element        with SigmoidLink, a number of the logits: a yes-or-no question
//	alpha          the strength of label smoothing
//	link           what makes probabilities of logits
//
// Logarithms are natural: cross entropy and [KL] are in nats. The other losses are numbers without
// a unit, as [Entry] says.
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
//	AGCE, AUL, AEL         for wrong labels, most of each class right
//	Sparsemax, Entmax15    for probabilities of which many are 0
//	Asymmetric             for yes-or-no questions with few yes (SigmoidLink)
//	WeightedSum            of any of these
//
// and any of your own. [Softmax], [LogSoftmax] and [LogSumExp] stand on their own, and the
// functions of the notebook that this project implements are one-line calls of a criterion:
// [SmoothSoftLabels], [SoftLabelCrossEntropyWithLogits], [SoftLabelCrossEntropy],
// [ClassificationMAEWithLogits], and [LabelSmoothingCrossEntropy] for comparison.
//
// # Tensors
//
// Logits and labels are *tensor.Dense of float32 or float64, both alike; indices are of any integer
// type. Logits are [N, K], or [K] for one row, or of more axes, all but the class axis being rows.
// Views and transposed tensors are read where they are. Inputs are never modified. Results have the
// dtype of the logits; sums over the batch are taken in float64, sums over a row too, or in the
// dtype over at most 1024 elements and then in float64. Rows whose logits a criterion changes, by a
// temperature, a shift or margins, are computed in float64 and every result rounded once, or, for
// cross entropy, as sums of two numbers of the dtype each.
//
// # Same bits
//
// The bits of a result depend on the numbers given, on the dtype, on what is asked for (a loss
// alone, with gradients of logits, with gradients of labels) and on the kernels that run: those of
// AVX2 and of AVX-512 agree with each other, those of arm64 and of plain Go (tag purego, or a
// processor without AVX2) may differ from them and from each other in last digits. They do not
// depend on the number of processors, on how often or on how many goroutines one calls, on the
// layout of the tensors, nor, row by row, on the rows beside a row. Only its last digits may depend
// on a row beside it of which a weight, an upstream gradient or a logit over its temperature is
// near the ends of the dtype, or, with gradients of labels, a weight or upstream beyond 1e±9.
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
// errors.As finds an [*Error] with these as fields, errors.Is one of the sentinels such as
// [ErrLabel].
package losses
