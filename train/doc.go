// Package train is a small trainer for classifiers on Gorgonia: a multi-layer perceptron, any
// criterion of package losses, Adam. It shows the losses of this module at work. It prints
// and draws nothing.
//
//	model, history, err := train.Fit(ctx,
//		train.Config{Criterion: losses.SoftLabelCriterion(0.1, losses.Mean)},
//		trainSet, validSet, nil)
//	probs, err := model.Predict(features)
//
// The examples of [Fit] and [Load] are whole programs; [Saved.ReadCSVFile] and [Saved.Predict] use
// a saved model on a CSV file. Package metric measures how good predictions are.
//
// # The network
//
// N rows, D features, K classes, as in package dataset; features [N, D] and labels [N, K] are
// float32.
//
//	h_0 = features,   h_i = max(h_{i-1} W_i + b_i, 0),   logits = h_{L-1} W_L + b_L
//
// W_i is [in, out], b_i is [out]. Initial weights are normal with variance 2/in where a ReLU
// follows and 1/in in the last layer (He et al. 2015, arXiv:1502.01852); biases start at 0. A
// criterion with FromProbs gets softmax(logits), or σ(logits).
//
// A model predicts with what its loss is the loss of, see [losses.Criterion.Predictor]: the
// softmax, the sigmoid, or the map that Sparsemax, Entmax15 and BiTempered have in their place, at
// the criterion's Temperature. [Model.Predict], [Metrics], a saved model and a teacher's labels all
// go by it; ONNX has no such maps: [Saved.WriteONNX] refuses them, and so does Fit a teacher beside
// one.
//
// With Criterion.Link [losses.SigmoidLink] every logit is a yes-or-no question of its own: rows may
// have several true labels, or none, each a number from 0 to 1; K = 1 is one question.
// [Model.Predict] returns σ(logits), [Metrics] are over the answers, and Saved.Thresholds say what
// is a yes, or which of two classes is said. With the softmax several true labels in a row, or K =
// 1, are an error: Fit asks what was meant.
//
// # The training
//
// One static graph of BatchSize rows is run for every mini-batch. The last batch of an epoch may be
// smaller: it is padded with rows of sample weight 0, which do not count anywhere, so that its
// gradient is that of the smaller batch. The optimizer is Adam (beta 0.9 and 0.999, epsilon 1e-8,
// bias corrected; Kingma and Ba, arXiv:1412.6980). In every step the gradient g is first made no
// longer than ClipNorm, then L2·w is added to that of the weights, then Adam changes the
// parameters, and WeightDecay (AdamW; Loshchilov and Hutter, arXiv:1711.05101) makes the weights
// smaller by the learn rate times WeightDecay of themselves. Biases have neither L2 nor decay;
// neither is part of a loss that is reported. [Schedule] changes the learn rate.
//
// Mixup (Zhang et al., arXiv:1710.09412) mixes every mini-batch with a permutation of itself:
// features, labels and weights become λ of a row and 1-λ of its partner, with one λ ~ Beta(Mixup,
// Mixup) a batch.
//
// With a Teacher (Hinton, Vinyals and Dean, arXiv:1503.02531) what is minimised is, with logits z
// and the teacher's v,
//
//	(1-w) Criterion(z, labels) + w T² CE(z/T, softmax(v/T))
//
// where w is TeacherWeight and T TeacherTemperature, with T² as the paper says, so that the size of
// the teacher's gradient does not depend on T; the second loss has the row weights and the
// reduction of the first. [Epoch].Loss is this sum; the loss of [Metrics] is the criterion alone.
// [Saved.Fold] makes a teacher of a saved model whose features were scaled in another way.
//
// Where a dataset has Counts, row n weighs s_n = c_n / mean(c), the mean taken over its own set: in
// the training loss, through sample weights, and in all [Metrics]. On soft labels made from votes
// this trains on every single vote.
//
// # What depends on what
//
// A run is a function of data, Config and nothing else: histories and weights are equal to the last
// bit for any GOMAXPROCS. Initial weights depend on Seed and sizes, the order of the rows on Seed
// and epoch, mixup on Seed, epoch and batch, the learn rate on the number of steps. So a [State],
// taken at the end of an epoch, is all that [Resume] needs to come to the same bits as a run that
// was never interrupted, on the machine that began it: see [State.SameMachine].
//
//	cfg.Checkpoint = "run"
//	model, history, err := train.Fit(ctx, cfg, trainSet, validSet, nil)          // interrupted
//
//	state, err := train.ReadCheckpoint("run")
//	model, history, err = train.Resume(ctx, cfg, state, trainSet, validSet, nil) // goes on
//
// # Many processes
//
// With Shards S above 1 every mini-batch is cut into S parts of consecutive rows, and the loss and
// the gradient are those of the whole batch, put together from the parts': what they are divided
// by, the losses and the gradients are each summed over the parts as integers, scaled by the
// largest number of any part. Such a sum has no order. So the parts may be computed anywhere: with
// a [Group] each of its ranks computes some of them, and a run has the same bits on 1, 2, 3 or S
// processes as on one without a Group. Other numbers of parts round elsewhere and give other last
// digits.
//
//	cfg.Shards, cfg.Group = 8, group                                   // see package train/mpi
//	model, history, err := train.Fit(ctx, cfg, trainSet, validSet, nil) // on every rank
//
// Every rank has all the data and the same Config, and gets the same model and history. Rank 0
// alone writes checkpoints and calls the observer, and its state is the one that all go on from: on
// the other ranks Fit and Resume are one and the same. What differs between the ranks, an error of
// one of them or the end of its context ends Fit on all, with a [*RankError] where nothing is
// wrong.
//
// # Errors
//
// Nothing panics on data. An error is one line that names the argument, what it got and what it
// wanted:
//
//	train: validation set: got 63 features, want 64 as in the training set
//
// errors.Is finds a sentinel such as [ErrMismatch], errors.As a [*DivergedError].
package train
