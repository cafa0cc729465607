package train

import (
	"gorgonia.org/gorgonia"

	"softloss/graph"
	"softloss/internal/dense"
	"softloss/losses"
)

// What depends on the link: of SigmoidLink every logit is a question of its own.

// probabilityNode returns what a predictor without a map of its own makes of logits: their softmax
// or, with SigmoidLink, their sigmoid, at its temperature.
func probabilityNode(of losses.Criterion, logits *gorgonia.Node) (*gorgonia.Node, error) {
	if of.Temperature != 0 {
		var err error
		if logits, err = gorgonia.Div(logits, gorgonia.NewConstant(float32(of.Temperature))); err != nil {
			return nil, err
		}
	}
	if of.Link == losses.SoftmaxLink {
		return graph.Softmax(logits)
	}
	return gorgonia.Sigmoid(logits)
}

// predictorName is the name of what a predictor makes probabilities with.
func predictorName(c losses.Criterion) string {
	if c.Loss == nil {
		return c.Link.String()
	}
	name, _ := losses.FormatLoss(c.Loss)
	return "the map of " + name
}

// questions returns how many losses a row has: with SigmoidLink one for each of k classes.
func questions(link losses.Link, k int) int {
	if link == losses.SigmoidLink {
		return k
	}
	return 1
}

// right returns how many of a row's questions have the answer of the labels: with SoftmaxLink the
// one whether the largest logit is at the largest label, ties to the lowest class, with SigmoidLink
// each where z >= 0 says yes and t >= 1/2 is one.
func right(link losses.Link, z, t []float32) (n int) {
	if link == losses.SoftmaxLink {
		z, t = z[dense.Argmax(z):], t[dense.Argmax(t):]
		if len(z) == len(t) {
			n = 1
		}
		return n
	}
	for j := range z {
		if (z[j] >= 0) == (t[j] >= 0.5) {
			n++
		}
	}
	return n
}
