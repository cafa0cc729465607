package train

import (
	"math"
	"slices"

	"gorgonia.org/tensor"

	"softloss/losses"
	"softloss/train/dataset"
	"softloss/train/metric"
)

// Metrics say how good a model is on a dataset. Where the dataset has Counts, row n weighs s_n =
// c_n / mean(c) in all three. With SigmoidLink all three are over the questions of the rows, each a
// row of the two classes yes and no: see [metric.AsClasses].
type Metrics struct {
	Loss     float64 // mean of the criterion over the rows, also when its Reduction is Sum
	Accuracy float64 // share of the rows whose class is predicted; see [metric.Accuracy]
	ECE      float64 // expected calibration error with 15 bins; see [metric.ECE]
	Rows     int     // how many rows
}

// calibrationBins is the number of bins of Metrics.ECE, that of Guo et al.
const calibrationBins = 15

// Evaluate returns loss, accuracy and calibration error of the model on a set, computed on tensors
// without a graph.
//
// The loss is the criterion's mean over the rows, also when its Reduction is Sum or None; the
// calibration error is that of the probabilities of [Model.Predict], whatever the criterion. Counts
// weigh the rows: see [Metrics].
//
// Errors: [ErrEmpty]; [ErrMismatch] when the set has other numbers of features or classes than the
// model, or the criterion another link, or FromProbs where the model predicts with neither softmax
// nor sigmoid; [ErrValue] for features so large that a row has no probabilities; those of
// [dataset.Dataset.Validate] and [losses.Criterion.Eval].
func (m *Model) Evaluate(set *dataset.Dataset, c losses.Criterion) (Metrics, error) {
	if err := m.accepts(set, c); err != nil {
		return Metrics{}, err
	}
	return m.evaluate(set, c)
}

// evaluate is Evaluate on a set that the model accepts.
func (m *Model) evaluate(set *dataset.Dataset, c losses.Criterion) (Metrics, error) {
	z, err := m.Logits(set.Features)
	if err != nil {
		return Metrics{}, err
	}
	probs, err := m.criterion.Probs(z)
	if err != nil {
		return Metrics{}, err
	}
	if at := slices.IndexFunc(probs.Float32s(), func(p float32) bool { return p != p }); at >= 0 {
		return Metrics{}, fail(ErrValue, "row %d: got features that are too large for the model, want those for which its "+
			"logits are float32", at/set.NumClasses())
	}
	in := losses.Inputs{Logits: z, Target: set.Labels}
	if c.FromProbs {
		in.Logits = probs
	}
	weights := rowWeights(set.Counts)
	if weights != nil {
		in.SampleWeights = tensor.New(tensor.WithShape(len(weights)), tensor.WithBacking(weights))
	}
	loss := tensor.New(tensor.FromScalar(float32(0)))
	if err := meanOf(c).EvalInto(losses.Outputs{Loss: loss}, in); err != nil {
		return Metrics{}, wrap(err, "criterion")
	}
	out := Metrics{Loss: float64(loss.Float32s()[0]), Rows: set.Len()}
	p, t, counts := metric.AsClasses(c.Link, probs, set.Labels, set.Counts)
	if out.Accuracy, err = metric.Accuracy(p, t, counts); err != nil {
		return Metrics{}, wrap(err, "accuracy")
	}
	if out.ECE, err = metric.ECE(p, t, counts, calibrationBins); err != nil {
		return Metrics{}, wrap(err, "calibration error")
	}
	return out, nil
}

// EvaluateGraph returns the loss of [Model.Evaluate] computed by a Gorgonia graph of the whole set:
// the same definition, computed in another way.
//
// Errors: those of Evaluate.
func (m *Model) EvaluateGraph(set *dataset.Dataset, c losses.Criterion) (float64, error) {
	if err := m.accepts(set, c); err != nil {
		return 0, err
	}
	n, err := newNetwork(m, meanOf(c), set.Len(), purpose{})
	if err != nil {
		return 0, err
	}
	defer n.vm.Close()
	rows := make([]int, set.Len())
	for i := range rows {
		rows[i] = i
	}
	if err := n.load(set, rows, rowWeights(set.Counts)); err != nil {
		return 0, err
	}
	loss, err := n.run()
	if err != nil {
		return 0, wrap(err, "criterion")
	}
	return loss, nil
}

// accepts returns an error unless the set is valid and of the model's sizes, and the criterion one
// of its link.
func (m *Model) accepts(set *dataset.Dataset, c losses.Criterion) error {
	sizes := m.Sizes()
	if sizes == nil {
		return fail(ErrEmpty, "model: has no layers, want one made by Fit or NewModel")
	}
	if err := checkSet("set", set, c.Link); err != nil {
		return err
	}
	if err := sameLink("model", m.criterion.Link, c.Link); err != nil {
		return err
	}
	if c.FromProbs && m.criterion.Loss != nil {
		return fail(ErrMismatch, "criterion: got FromProbs for a model that predicts with %s, want a loss of its logits",
			predictorName(m.criterion))
	}
	return sameSizes("set", set, sizes[0], sizes[len(sizes)-1], "the model")
}

// meanOf returns the criterion with a reduction that is a mean over the rows.
func meanOf(c losses.Criterion) losses.Criterion {
	if c.Reduction == losses.Sum || c.Reduction == losses.None {
		c.Reduction = losses.Mean
	}
	return c
}

// RowWeights returns what each row of the set counts in training and metrics: counts /
// mean(counts), of mean 1, or nil, 1 each, for a set without Counts. It does not check them: see
// [dataset.Dataset.Validate].
func RowWeights(set *dataset.Dataset) []float64 {
	if set == nil || set.Counts == nil {
		return nil
	}
	out := make([]float64, len(set.Counts))
	for i, w := range rowWeights(set.Counts) {
		out[i] = float64(w)
	}
	return out
}

// rowWeights returns counts / mean(counts), nil for nil. The counts are positive; a weight that
// float32 would round to 0, which removes a row, becomes the smallest number above it.
func rowWeights(counts []float64) []float32 {
	if counts == nil {
		return nil
	}
	var top, mean float64
	for _, c := range counts {
		top = max(top, c)
	}
	for _, c := range counts {
		mean += c / top / float64(len(counts)) // at most 1: the sum of the counts may overflow
	}
	out := make([]float32, len(counts))
	for i, c := range counts {
		out[i] = max(float32(c/top/mean), math.SmallestNonzeroFloat32)
	}
	return out
}
