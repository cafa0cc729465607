// Package train is a small trainer for classifiers on Gorgonia: a multi-layer perceptron, any criterion of package
// losses, Adam. It shows how the losses of this module are used in earnest. It prints and draws nothing.
//
//	model, history, err := train.Fit(ctx, train.Config{Criterion: losses.SoftLabelCriterion(0.1, losses.Mean)},
//		trainSet, validSet, nil)
//	probs, err := model.Predict(features)
//
// # The network
//
// N rows, D features, K classes, as in package dataset; features [N, D] and labels [N, K] are float32.
//
//	h_0 = features,   h_i = max(h_{i-1} W_i + b_i, 0),   logits = h_{L-1} W_L + b_L
//
// W_i is [in, out], b_i is [out]. Initial weights are normal with variance 2/in where a ReLU follows and 1/in in
// the last layer (He et al. 2015, arXiv:1502.01852); biases start at 0. A criterion with FromProbs gets
// softmax(logits).
//
// # The training
//
// One static graph of BatchSize rows is run for every mini-batch. The last batch of an epoch may be smaller: it is
// padded with rows of sample weight 0, which count nowhere, so that its gradient is that of the smaller batch. Adam
// is Gorgonia's (beta 0.9 and 0.999, epsilon 1e-8, bias corrected; Kingma and Ba, arXiv:1412.6980), without weight decay.
//
// Where a dataset has Counts, row n weighs s_n = c_n / mean(c), the mean taken over its own set: in the training
// loss, through sample weights, and in all [Metrics]. On soft labels made from votes this trains on every
// single vote.
//
// # What depends on what
//
// A run is a function of data, Config and nothing else: histories and weights are equal to the last bit for any
// GOMAXPROCS. Initial weights depend on Seed and sizes, the order of the rows on Seed and epoch.
//
// # Errors
//
// Nothing panics on data. An error is one line that names the argument, what it got and what it wanted:
//
//	train: validation set: got 63 features, want 64 as in the training set
//
// errors.Is finds a sentinel such as [ErrMismatch], errors.As a [*DivergedError].
package train
