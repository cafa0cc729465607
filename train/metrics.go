package train

import (
	"math"

	"gorgonia.org/tensor"
)

// Metrics are what a model is worth on a dataset. Where the dataset has Counts, row n weighs s_n = c_n / mean(c) in all three.
type Metrics struct {
	Loss     float64 // mean of the criterion over the rows, also when its Reduction is Sum
	Accuracy float64 // share of the rows where the largest probability is at the largest label; see Accuracy
	ECE      float64 // expected calibration error with 15 bins; see ECE
	Rows     int     // how many rows
}

// calibrationBins is the number of bins of Metrics.ECE, that of Guo et al.
const calibrationBins = 15

// Accuracy returns the share of the rows whose class is predicted.
//
//	1/N Σ_n [argmax_k probs_nk = argmax_k labels_nk],   ties to the lowest index
//
// Shapes: probs and labels [N, K], float32 or float64. Logits serve as well as probs. On a soft row the class is the one with most of its mass.
// Errors: [ErrEmpty], [ErrMismatch], [ErrDtype], [ErrValue] for a NaN and for a negative or infinite label.
func Accuracy(probs, labels *tensor.Dense) (float64, error) { return TopAccuracy(probs, labels, 1) }

// TopAccuracy returns the share of the rows whose class is among the k most probable; k = 1 is [Accuracy].
//
//	1/N Σ_n [#{j : probs_nj > probs_ny, or equal and j < y} < k],   y = argmax_k labels_nk
//
// Shapes and errors: those of [Accuracy]; also [ErrConfig] unless 1 <= k <= K.
func TopAccuracy(probs, labels *tensor.Dense, k int) (float64, error) {
	p, t, err := predictionTables(probs, labels, false)
	if err != nil {
		return 0, err
	}
	if k < 1 || k > p.k {
		return 0, fail(ErrConfig, "k: got %d, want a number in 1..%d, the number of classes", k, p.k)
	}
	return topAccuracy(p, t, k, nil), nil
}

// topAccuracy is TopAccuracy with row weights, nil for 1 each.
func topAccuracy(p, t table, k int, weights []float64) float64 {
	var hit, all float64
	for i := range p.n {
		y, ahead := t.argmax(i), 0
		for j := range p.k {
			if v, w := p.at(i, j), p.at(i, y); v > w || v == w && j < y {
				ahead++
			}
		}
		s := weight(weights, i)
		if ahead < k {
			hit += s
		}
		all += s
	}
	return hit / all
}

// ECE returns the expected calibration error: how far confidence and accuracy are apart.
//
//	Σ_b n_b/N |acc_b - conf_b|
//
// Row n falls into bin b, counted from 0, when its top probability lies in (b/bins, (b+1)/bins]; a 0 falls into bin 0. acc_b is the
// share of the bin's rows whose class is predicted (see [Accuracy]), conf_b the mean of their top probability; empty bins count nothing.
// A float32 probability counts as the number that it is: float32(0.2) lies above 1/5.
//
// Shapes: probs and labels [N, K], float32 or float64. Errors: those of [Accuracy], [ErrValue] also for a
// probability outside [0, 1], [ErrConfig] unless bins >= 1.
//
// Source: Naeini, Cooper and Hauskrecht, AAAI 2015; Guo et al., ICML 2017, arXiv:1706.04599, eq. (3).
func ECE(probs, labels *tensor.Dense, bins int) (float64, error) {
	p, t, err := predictionTables(probs, labels, true)
	if err != nil {
		return 0, err
	}
	if err := checkBins(bins); err != nil {
		return 0, err
	}
	return calibration(p, t, bins, nil), nil
}

// calibration is ECE with row weights, nil for 1 each.
func calibration(p, t table, bins int, weights []float64) float64 {
	var gap, all float64
	for _, b := range binned(p, t, bins, weights) {
		gap += math.Abs(b.right - b.confidence)
		all += b.mass
	}
	return gap / all
}

// weight returns the weight of row i.
func weight(weights []float64, i int) float64 {
	if weights == nil {
		return 1
	}
	return weights[i]
}

// Brier returns the mean squared distance between probabilities and labels.
//
//	1/N Σ_n Σ_k (probs_nk - labels_nk)²
//
// It is 0 for perfect predictions and at most 2. Shapes and errors: those of [ECE], without bins.
// Source: Brier, Monthly Weather Review 78 (1950).
func Brier(probs, labels *tensor.Dense) (float64, error) {
	p, t, err := predictionTables(probs, labels, true)
	if err != nil {
		return 0, err
	}
	var sum float64
	for i := range p.n {
		for j := range p.k {
			d := p.at(i, j) - t.at(i, j)
			sum += d * d
		}
	}
	return sum / float64(p.n), nil
}

// Confusion returns how often each class was taken for each: element [t][p] of the K×K table is the number of rows
// with the largest label at t and the largest probability at p, ties to the lowest index.
//
// Shapes and errors: those of [Accuracy].
func Confusion(probs, labels *tensor.Dense) ([][]int, error) {
	p, t, err := predictionTables(probs, labels, false)
	if err != nil {
		return nil, err
	}
	cells := make([]int, p.k*p.k)
	table := make([][]int, p.k)
	for j := range table {
		table[j] = cells[j*p.k : (j+1)*p.k]
	}
	for i := range p.n {
		table[t.argmax(i)][p.argmax(i)]++
	}
	return table, nil
}
