package metric

import (
	"fmt"
	"math"

	"gorgonia.org/tensor"

	"softloss/internal/dense"
	"softloss/losses"
)

// NLL returns the negative log likelihood of the labels, the mean cross entropy.
//
//	-Σ_n w_n Σ_k labels_nk log max(probs_nk, tiny) / Σ_n w_n
//
// tiny is the smallest normal number of the dtype; the rows' losses are those of
// [losses.CrossEntropy] from probabilities. Probs, target, weights and errors: see the package.
func NLL(probs, target tensor.Tensor, weights []float64) (float64, error) {
	r, err := readClasses("probs", probs, target, weights, losses.Criterion{FromProbs: true})
	if err != nil {
		return 0, err
	}
	return r.mean(func(i int) float64 { return r.nll[i] }), nil
}

// Brier returns the mean squared distance between probabilities and labels.
//
//	Σ_n w_n Σ_k (probs_nk - labels_nk)² / Σ_n w_n
//
// It is 0 for perfect predictions and at most 2. Probs, target, weights and errors: see the
// package. Source: Brier, Monthly Weather Review 78 (1950).
func Brier(probs, target tensor.Tensor, weights []float64) (float64, error) {
	r, err := readClasses("probs", probs, target, weights, losses.Criterion{FromProbs: true})
	if err != nil {
		return 0, err
	}
	return r.mean(func(i int) float64 {
		var sum float64
		for j, p := range r.score(i) {
			d := p - r.label(i)[j]
			sum += d * d
		}
		return sum
	}), nil
}

// Bin is one bar of a reliability diagram: the rows whose top probability lies in (Low, High], in
// the first bin in [0, High].
type Bin struct {
	Low, High  float64
	Count      int     // rows in it
	Weight     float64 // sum of their weights
	Confidence float64 // mean of their top probabilities; 0 for an empty bin
	Accuracy   float64 // share of them whose class is predicted, see [Accuracy]; 0 for an empty bin
}

// Reliability returns the bins of a reliability diagram, of equal width on [0, 1], the empty ones
// too: those of [ECE].
//
// Probs, target, weights and errors: those of ECE.
// Source: Guo et al., ICML 2017, arXiv:1706.04599, section 2.
func Reliability(probs, target tensor.Tensor, weights []float64, bins int) ([]Bin, error) {
	sums, err := binned(probs, target, weights, bins)
	if err != nil {
		return nil, err
	}
	out := make([]Bin, bins)
	for i, b := range sums {
		out[i] = Bin{
			Low: float64(i) / float64(bins), High: float64(i+1) / float64(bins), Count: b.rows, Weight: b.mass,
			Confidence: share(b.confidence, b.mass), Accuracy: share(b.right, b.mass),
		}
	}
	return out, nil
}

// ECE returns the expected calibration error: how far confidence and accuracy are apart.
//
//	Σ_b W_b/W |acc_b - conf_b|,   W_b the weight of the rows in bin b, W that of all
//
// Row n falls into bin b, counted from 0, when its top probability lies in (b/bins, (b+1)/bins]; a
// 0 falls into bin 0. acc_b is the share of the bin's rows whose class is predicted (see
// [Accuracy]), conf_b the mean of their top probability; empty bins count nothing. A float32
// probability counts as the number that it is: float32(0.2) lies above 1/5.
//
// Probs, target, weights and errors: see the package; also [losses.ErrParam] unless 1 <= bins <=
// 2^20.
//
// Source: Naeini, Cooper and Hauskrecht, AAAI 2015; Guo et al., ICML 2017, arXiv:1706.04599, eq.
// (3).
func ECE(probs, target tensor.Tensor, weights []float64, bins int) (float64, error) {
	sums, err := binned(probs, target, weights, bins)
	if err != nil {
		return 0, err
	}
	var gap, mass float64
	for _, b := range sums {
		gap += math.Abs(b.right - b.confidence)
		mass += b.mass
	}
	return gap / mass, nil
}

// binSums are sums over the rows of a bin.
type binSums struct {
	rows int
	mass float64 // of the weights
	// of the weights times the top probability, and of those of the rows whose class is predicted
	confidence, right float64
}

// binned deals rows out to bins.
func binned(probs, target tensor.Tensor, weights []float64, bins int) ([]binSums, error) {
	const most = 1 << 20
	if bins < 1 || bins > most {
		return nil, outOfRange("bins", bins, fmt.Sprintf("a number in 1..%d", most))
	}
	r, err := read("probs", probs, target, weights, losses.Criterion{FromProbs: true})
	if err != nil {
		return nil, err
	}
	sums := make([]binSums, bins)
	for i, w := range r.weights {
		p := r.score(i)
		top := dense.Argmax(p)
		b := &sums[place(p[top], bins)]
		b.rows++
		b.mass += w
		b.confidence += w * p[top]
		if top == dense.Argmax(r.label(i)) {
			b.right += w
		}
	}
	return sums, nil
}

// place returns the bin, of bins of equal width on [0, 1], that a number in it falls into, counted
// from 0: bin b is (b/bins, (b+1)/bins], and the first one has the 0 too. Edges are the float64
// that Bin has, next to which the product may be rounded to the wrong side.
func place(x float64, bins int) int {
	at := int(math.Ceil(x*float64(bins))) - 1
	if x <= float64(at)/float64(bins) {
		at--
	} else if x > float64(at+1)/float64(bins) {
		at++
	}
	return min(max(at, 0), bins-1)
}
