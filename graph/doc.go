// Package graph holds the losses of package losses as nodes of a Gorgonia graph.
//
// [Apply] turns any [losses.Criterion] into a node whose value and gradient are those of the
// criterion on tensors; the functions of the notebook are one-line calls of it. [Softmax],
// [LogSoftmax] and [LogSumExp] are nodes of their own, for those who compose a loss.
//
//	logits := …                                       // a node [N, K]
//	labels := gorgonia.NewMatrix(g, tensor.Float32,
//		gorgonia.WithShape(n, k), gorgonia.WithName("labels"))
//	loss, err := graph.SoftLabelCrossEntropyWithLogits(logits, labels, 0.1, losses.Mean)
//	_, err = gorgonia.Grad(loss, weights...)
//
// [CosineLogits], [InfoNCE] and [SupCon] are for embeddings: cosines with classes, and losses that
// compare the rows of a batch. [ApplyLinear] is a model's last layer and its loss in one, without
// the memory that the logits of a large vocabulary take.
//
// # Machines
//
// The tape machine, with gorgonia.Grad or with BindDualValues, and the Lisp machine both work; CPU
// only. Clones of a graph may run at once: ops have no state but gradients that wait for the run
// that asks for them, those of [ApplyLinear], [JensenShannon] and [Options].ReuseGrad. Bad data is
// an error of RunAll, never a panic.
//
// # Coming from a hand-made loss
//
//   - Drop your SoftMax and your Log: the loss takes logits. A prediction from a softmax node is an
//     error that says so.
//   - Mean divides by the N rows. A hand-made Mean of a product of labels and logs divides by N·K:
//     divide plain SGD's learn rate by K to go on as before (Adam does not mind).
//   - With Mean do not give the solver WithBatchSize, which would divide a second time.
//   - Labels such as .9 for the class and .1 for each other do not sum to 1; cross entropy takes
//     them with their sum. Label smoothing, Alpha: 0.1, keeps it 1.
//
// # Second derivatives
//
// [HessianVector] makes a graph that computes products of a cost's Hessian with vectors, for cross
// entropy, GCE, focal, poly-1 and the asymmetric losses of noisy labels, costs composed of Softmax,
// LogSoftmax, LogSumExp and Smooth, and most of Gorgonia's ops. Gorgonia's Grad of a Grad in one
// graph returns first derivatives and no error; where it meets an op of this package that it has
// differentiated before, it is an error.
//
// # What Gorgonia wants you to know
//
// Building:
//
//   - Name your inputs: two inputs of one name, type and shape are one node.
//   - Give a loss the logits, without SoftMax or Log; after Dropout, which divides by p where it
//     should by 1-p, gradients are wrong unless p is one half, and Dropout(0) has none.
//   - Call gorgonia.Grad once a graph, on the sum of the costs: of two costs on one trunk the
//     second gradient is the first's.
//   - The shapes of a graph are fixed: pad a smaller last batch and give the padding a sample
//     weight of 0.
//   - Reshape shares memory: the op after a Reshape of an input may overwrite the input.
//   - Build one graph at a time: two goroutines that build two graphs race inside Gorgonia.
//
// Running:
//
//   - Call Reset between two RunAll of a tape machine, or the second does nothing; use a new Lisp
//     machine for every run.
//   - Every input needs a value, whether a node uses it or not, and on the Lisp machine every input
//     needs a node that uses it.
//   - Read values through gorgonia.Read: a later op may overwrite the memory of Value(). In a clone
//     of the graph Read writes the same Go variable, so read only one of them, or build a graph for
//     each goroutine.
//   - Data() of package tensor finds a tensor's memory by its address, which does not keep it:
//     where nothing else refers to the tensor, write runtime.KeepAlive behind the call, or take
//     Float64s or Float32s.
//   - With BindDualValues and no solver, gradients of one run are added to those of the last. To
//     evaluate on the training machine is such a run: use a second graph on the same weights.
//   - Graphs that run at once must not share a tensor, which Mul transposes in place. To share
//     weights give each graph a tensor of its own over one backing.
//   - On the Lisp machine Concat along axis 1 has no gradient, and a graph with Reshape, which
//     Conv2d is made of, runs only once.
//   - After a failed run a Lisp machine's goroutine goes on for ever: do not retry with many of
//     them.
//
// The tests whose names begin with TestHazard hold Gorgonia v0.9.18 to these lines; what races, and
// Data(), no test can.
package graph
