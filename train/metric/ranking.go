package metric

import (
	"cmp"
	"math"
	"slices"

	"gorgonia.org/tensor"

	"softloss/losses"
)

// ROCAUC returns for every column of the scores the area under its ROC curve: how often a row that
// is of the class, or whose answer is yes, has a larger score than one that is not, ties counted
// half.
//
//	Σ_{n is, m is not} w_n w_m ([s_nk > s_mk] + ½ [s_nk = s_mk]) / (W_k (W - W_k))
//
// with W_k the weight of the rows that are: labels_nk >= 1/2. It is 1/2 for chance and 1 for a
// perfect order, and NaN where no row is, or every row.
//
// Shapes: scores and labels [N, K], or [N] for N rows of one question. Scores are logits,
// probabilities or any other finite numbers. The columns of two classes have the same area. Weights
// and errors: see the package.
//
// Source: Fawcett, Pattern Recognition Letters 27 (2006), section 7. Golden file: ranking.json, by
// scikit-learn's roc_auc_score.
func ROCAUC(scores, labels tensor.Tensor, weights []float64) ([]float64, error) {
	return ranked(scores, labels, weights, func(steps []step, is, not float64) float64 {
		var area, above float64
		for _, s := range steps {
			area += s.not * (above + s.is/2)
			above += s.is
		}
		return area / (is * not)
	})
}

// AveragePrecision returns for every column of the scores the area under its precision-recall
// curve, as a sum of steps: for rare classes it says more than [ROCAUC].
//
//	Σ_θ (R_θ - R_θ') P_θ
//
// over the different scores θ from the largest on, θ' the one before; of the rows with s_nk >= θ,
// P_θ is the share that is of the class, and R_θ their share of the rows that are. Chance has W_k /
// W. It is NaN where no row is, or every row.
//
// Arguments and errors: those of ROCAUC. Golden file: ranking.json, by scikit-learn's
// average_precision_score.
func AveragePrecision(scores, labels tensor.Tensor, weights []float64) ([]float64, error) {
	return ranked(scores, labels, weights, func(steps []step, is, _ float64) float64 {
		var sum, hit, predicted float64
		for _, s := range steps {
			hit, predicted = hit+s.is, predicted+s.is+s.not
			sum += s.is / is * share(hit, predicted)
		}
		return sum
	})
}

// ranked returns, for every column of the scores, what of makes of its steps and of all that are
// and are not; NaN where none is, or all are.
func ranked(scores, labels tensor.Tensor, weights []float64, of func(steps []step, is, not float64) float64) (
	[]float64, error) {
	r, err := read("scores", scores, labels, weights, losses.Criterion{Link: losses.SigmoidLink})
	if err != nil {
		return nil, err
	}
	out := make([]float64, r.k)
	for j := range out {
		steps, all := r.steps(j)
		if out[j] = math.NaN(); all.is > 0 && all.not > 0 {
			out[j] = of(steps, all.is, all.not)
		}
	}
	return out, nil
}

// step is the rows of one score: the weight of those that are of the class, and of the others.
type step struct{ score, is, not float64 }

// steps returns the rows by their score in column j, the largest first, and the weight of all.
func (r *rows) steps(j int) (steps []step, all step) {
	score := func(i int) float64 { return r.scores[i*r.k+j] }
	order := make([]int, r.n)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(score(b), score(a)) })
	for at, i := range order {
		if at == 0 || score(i) != score(order[at-1]) {
			steps = append(steps, step{score: score(i)})
		}
		if now := &steps[len(steps)-1]; r.label(i)[j] >= 0.5 {
			now.is, all.is = now.is+r.weights[i], all.is+r.weights[i]
		} else {
			now.not, all.not = now.not+r.weights[i], all.not+r.weights[i]
		}
	}
	return steps, all
}
