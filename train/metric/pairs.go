package metric

import (
	"gorgonia.org/tensor"

	"softloss/internal/dense"
	"softloss/losses"
)

// Pairs returns yes-or-no questions as rows of two classes, yes and no, for the other functions of
// this package: a sigmoid is the softmax of two classes. Of probabilities or labels x it makes (x,
// 1-x).
//
//	p, t, w := metric.Pairs(probs), metric.Pairs(labels), metric.PairWeights(weights, k)
//	acc, err := metric.Accuracy(p, t, w) // the share of the answers that are right
//
// Shapes: [N, K] float32 → [N·K, 2], the questions of a row one after another. What is no tensor of
// numbers comes back as it is, for those functions to refuse.
func Pairs(x *tensor.Dense) *tensor.Dense {
	return pairs(x, func(v float32) float32 { return 1 - v })
}

// PairLogits is [Pairs] of logits z: (z, 0).
func PairLogits(z *tensor.Dense) *tensor.Dense {
	return pairs(z, func(float32) float32 { return 0 })
}

func pairs(x *tensor.Dense, no func(float32) float32) *tensor.Dense {
	if _, err := dense.Of(x); err != nil {
		return x
	}
	data := dense.Rows(x, len(x.Shape())-1, new([]float32))
	out := dense.New(tensor.Float32, len(data), 2)
	for i, v := range data {
		out.Float32s()[2*i], out.Float32s()[2*i+1] = v, no(v)
	}
	return out
}

// PairWeights returns the weight of each row k times, for its k questions; nil for nil.
func PairWeights(weights []float64, k int) []float64 {
	if weights == nil {
		return nil
	}
	out := make([]float64, 0, max(k, 0)*len(weights))
	for _, w := range weights {
		for range k {
			out = append(out, w)
		}
	}
	return out
}

// AsClasses returns probabilities, labels and weights of rows under a link as the functions of this
// package take them: with SoftmaxLink as they are, with SigmoidLink as pairs.
func AsClasses(link losses.Link, probs, labels *tensor.Dense, weights []float64) (p, t *tensor.Dense, w []float64) {
	if link == losses.SoftmaxLink {
		return probs, labels, weights
	}
	p, t = Pairs(probs), Pairs(labels)
	if labels == nil || len(labels.Shape()) == 0 {
		return p, t, weights
	}
	return p, t, PairWeights(weights, labels.Shape()[len(labels.Shape())-1])
}
