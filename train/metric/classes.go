package metric

import (
	"gorgonia.org/tensor"

	"softloss/internal/dense"
	"softloss/losses"
)

// AsClasses returns probabilities, labels and weights of rows under a link as the functions of this
// package take them: with SoftmaxLink as they are, with SigmoidLink every question as a row of two
// classes, yes and no, of which a sigmoid is the softmax.
//
//	p, t, w := metric.AsClasses(losses.SigmoidLink, probs, labels, weights)
//	acc, err := metric.Accuracy(p, t, w) // the share of the answers that are right
//
// Shapes: [N, K] float32, or [N] for N rows of one question → [N·K, 2] of (x, 1-x), the questions
// of a row one after another, each with the weight of its row. What is no tensor of numbers comes
// back as it is, for those functions to refuse.
func AsClasses(link losses.Link, probs, labels *tensor.Dense, weights []float64) (p, t *tensor.Dense, w []float64) {
	return asClasses(link, probs, func(v float32) float32 { return 1 - v }, labels, weights)
}

// LogitsAsClasses is [AsClasses] of logits z in the place of probabilities: (z, 0).
func LogitsAsClasses(link losses.Link, logits, labels *tensor.Dense, weights []float64) (
	z, t *tensor.Dense, w []float64) {
	return asClasses(link, logits, func(float32) float32 { return 0 }, labels, weights)
}

// asClasses is both; no is the score of no beside that of yes.
func asClasses(link losses.Link, scores *tensor.Dense, no func(yes float32) float32, labels *tensor.Dense,
	weights []float64) (s, t *tensor.Dense, w []float64) {
	if link == losses.SoftmaxLink {
		return scores, labels, weights
	}
	s, t = pairs(scores, no), pairs(labels, func(yes float32) float32 { return 1 - yes })
	if weights == nil || labels == nil {
		return s, t, weights
	}
	k := 1
	if shape := labels.Shape(); len(shape) > 1 {
		k = shape[len(shape)-1]
	}
	w = make([]float64, len(weights)*k)
	for i := range w {
		w[i] = weights[i/k]
	}
	return s, t, w
}

// pairs are the numbers of yes and of no beside them.
func pairs(x *tensor.Dense, no func(yes float32) float32) *tensor.Dense {
	if _, err := dense.Of(x); err != nil {
		return x
	}
	data := dense.Rows(x, dense.Last, new([]float32))
	out := dense.New(tensor.Float32, len(data), 2)
	for i, v := range data {
		out.Float32s()[2*i], out.Float32s()[2*i+1] = v, no(v)
	}
	return out
}
