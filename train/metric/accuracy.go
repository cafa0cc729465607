package metric

import (
	"fmt"

	"gorgonia.org/tensor"

	"softloss/internal/dense"
	"softloss/losses"
)

// Accuracy returns the share of the rows whose class is predicted.
//
//	Σ_n w_n [argmax_k scores_nk = argmax_k labels_nk] / Σ_n w_n,   ties to the lowest class
//
// On a soft row the class is the one with the largest label. Scores, target, weights and errors:
// see the package; also [losses.ErrParam] for a score that is NaN.
func Accuracy(scores, target tensor.Tensor, weights []float64) (float64, error) {
	return TopAccuracy(scores, target, weights, 1)
}

// TopAccuracy returns the share of the rows whose class is among the k with the largest scores; k =
// 1 is [Accuracy].
//
//	Σ_n w_n [#{j : scores_nj > scores_ny, or equal and j < y} < k] / Σ_n w_n
//
// with y = argmax_k labels_nk.
//
// Errors: those of Accuracy; also [losses.ErrParam] unless 1 <= k <= K.
func TopAccuracy(scores, target tensor.Tensor, weights []float64, k int) (float64, error) {
	r, err := readClasses("scores", scores, target, weights, losses.Criterion{})
	if err != nil {
		return 0, err
	}
	if k < 1 || k > r.k {
		return 0, outOfRange("k", k, fmt.Sprintf("a number in 1..%d, the number of classes", r.k))
	}
	return r.mean(func(i int) float64 {
		s, y, ahead := r.score(i), dense.Argmax(r.label(i)), 0
		for j, v := range s {
			if v > s[y] || v == s[y] && j < y {
				ahead++
			}
		}
		if ahead < k {
			return 1
		}
		return 0
	}), nil
}

// Confusion returns how often each class was taken for each: element [t][p] of the K×K table is the
// weight of the rows of class t that are predicted to be p, without weights their number.
//
// Scores, target, weights and errors: those of [Accuracy].
func Confusion(scores, target tensor.Tensor, weights []float64) ([][]float64, error) {
	r, err := readClasses("scores", scores, target, weights, losses.Criterion{})
	if err != nil {
		return nil, err
	}
	cells := make([]float64, r.k*r.k)
	table := make([][]float64, r.k)
	for j := range table {
		table[j] = cells[j*r.k : (j+1)*r.k]
	}
	for i, w := range r.weights {
		table[dense.Argmax(r.label(i))][dense.Argmax(r.score(i))] += w
	}
	return table, nil
}

func outOfRange(arg string, got any, want string) error {
	return &losses.Error{Arg: arg, Row: -1, Col: -1, Got: fmt.Sprint(got), Problem: "is out of range", Want: want,
		Kind: losses.ErrParam}
}
