package metric

import (
	"fmt"
	"slices"

	"gorgonia.org/tensor"

	"softloss/losses"
)

// Answers is what [ReportQuestions] says of the answers to K yes-or-no questions a row. Its Classes
// are the questions: how well the yes of each is found. Its Accuracy is the share of the answers
// that are right, 1 less the Hamming loss, and Majority that of always giving each question its
// most frequent answer.
type Answers struct {
	Classification
	Micro ClassScore // of the answers to all questions put together
	Exact float64    // share of the rows all of whose answers are right
}

// ReportQuestions returns precision, recall and F1 of every question and of all together, as
// scikit-learn has them for multi-label indicators.
//
//	the answer to question k of row n is yes   probs_nk >= thresholds_k
//	the right one is yes                       labels_nk >= 1/2
//	Micro.F1 = 2 Σ_k right_k / Σ_k (predicted_k + Support_k)
//
// Shapes: probs and labels [N, K], or [N] for N rows of one question; of any shape that
// [losses.SigmoidLink] takes. Weights: see the package. Thresholds are K numbers; nil is 1/2 each.
//
// Errors: see the package; [losses.ErrParam] for thresholds that are not K numbers from 0 to 1.
func ReportQuestions(probs, labels tensor.Tensor, weights, thresholds []float64) (*Answers, error) {
	r, err := read("probs", probs, labels, weights, losses.Criterion{Link: losses.SigmoidLink, FromProbs: true})
	if err != nil {
		return nil, err
	}
	if thresholds == nil {
		thresholds = slices.Repeat([]float64{0.5}, r.k)
	}
	if len(thresholds) != r.k {
		return nil, outOfRange("thresholds", fmt.Sprintf("length %d", len(thresholds)), fmt.Sprintf("%d, one a question",
			r.k))
	}
	for _, v := range thresholds {
		if !(v >= 0 && v <= 1) {
			return nil, outOfRange("thresholds", v, "numbers from 0 to 1")
		}
	}
	return r.answers(thresholds), nil
}

// answers counts.
func (r *rows) answers(thresholds []float64) *Answers {
	hit, predicted, support := make([]float64, r.k), make([]float64, r.k), make([]float64, r.k)
	var right, exact float64
	for i, w := range r.weights {
		allRight := w
		for j, p := range r.score(i) {
			says, is := p >= thresholds[j], r.label(i)[j] >= 0.5
			if says {
				predicted[j] += w
			}
			if is {
				support[j] += w
			}
			if says && is {
				hit[j] += w
			}
			if says == is {
				right += w
			} else {
				allRight = 0
			}
		}
		exact += allRight
	}
	out := &Answers{Classification: scoresOf(hit, predicted, support), Exact: exact / r.mass}
	var allHit, allPredicted, majority float64
	for j := range hit {
		allHit, allPredicted = allHit+hit[j], allPredicted+predicted[j]
		majority += max(support[j], r.mass-support[j])
	}
	out.Micro = scoreOf(allHit, allPredicted, out.Macro.Support)
	all := r.mass * float64(r.k)
	out.Accuracy, out.Majority = right/all, majority/all
	return out
}

// Thresholds returns for every question the probability from which on a yes has the best F1, for
// [ReportQuestions]: with rows sorted by p_k, the middle between two of different probability
// that gives the largest
//
//	F1 = 2 right / (predicted + Support),   ties to the threshold nearest 1/2
//
// where everything is a yes, half of the smallest probability. A question without a yes in the
// labels keeps 1/2. Use rows of their own, such as validation rows: those of the training are
// predicted too well.
//
// Arguments, shapes and errors: those of ReportQuestions.
//
// Source: Lipton, Elkan and Narayanaswamy, ECML 2014, arXiv:1402.1892.
func Thresholds(probs, labels tensor.Tensor, weights []float64) ([]float64, error) {
	r, err := read("probs", probs, labels, weights, losses.Criterion{Link: losses.SigmoidLink, FromProbs: true})
	if err != nil {
		return nil, err
	}
	out := make([]float64, r.k)
	for j := range out {
		out[j] = r.threshold(j)
	}
	return out, nil
}

// threshold is that of question j.
func (r *rows) threshold(j int) float64 {
	steps, all := r.steps(j)
	best, f1 := 0.5, 0.0
	var hit, predicted float64
	for at, s := range steps {
		hit, predicted = hit+s.is, predicted+s.is+s.not
		next := 0.0
		if at+1 < len(steps) {
			next = steps[at+1].score
		}
		threshold := (s.score + next) / 2
		if threshold == next && next > 0 { // neighbours in float64
			threshold = s.score
		}
		score := share(2*hit, predicted+all.is)
		if score > f1 || score == f1 && f1 > 0 && distance(threshold) < distance(best) {
			best, f1 = threshold, score
		}
	}
	return best
}

// distance is how far a threshold is from the usual one.
func distance(threshold float64) float64 { return max(threshold-0.5, 0.5-threshold) }
