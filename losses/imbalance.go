package losses

import (
	"math"
	"slices"
)

// rowCounts are numbers of rows, one for each class.
var rowCounts = numberPerClass{"counts", ErrParam, positive}

// LogitAdjustment returns tau log(counts_k / Σ counts), what [Criterion].LogitShift adds to the
// logits while training on classes of uneven frequency: the trained logits, without the shift, are
// then those for even classes.
//
// Errors: [ErrParam] unless tau is finite, every count finite and > 0, and their sum and
// every result finite.
//
// Source: Menon et al., ICLR 2021, arXiv:2007.07314, eq. (10), tau = 1 there. Golden file:
// testdata/peers_torch.json.
func LogitAdjustment(counts []float64, tau float64) ([]float64, error) {
	if !finite(tau) {
		return nil, argError(ErrParam, "tau", tau, "is out of range", "a finite number; the paper uses 1")
	}
	if err := rowCounts.validate(counts); err != nil {
		return nil, err
	}
	sum := total(counts)
	if !finite(sum) {
		return nil, argError(ErrParam, "counts", "the sum", "overflows", "counts whose sum is finite")
	}
	shift := make([]float64, len(counts))
	for k, c := range counts {
		if shift[k] = tau * math.Log(c/sum); !finite(shift[k]) {
			return nil, argError(ErrParam, "tau", tau, "takes the shift of a count beyond all numbers",
				"a smaller one, or counts closer to each other")
		}
	}
	return shift, nil
}

// EffectiveNumberWeights returns class weights from the numbers of rows of each class,
//
//	w_k ∝ (1-beta)/(1-beta^counts_k),   Σ_k w_k = K
//
// inverse to the effective number of rows: all 1 for beta = 0, inverse to the counts as beta tends
// to 1. They are for [Criterion].ClassWeights.
//
// Errors: [ErrParam] unless 0 <= beta < 1 and every count is finite and > 0.
//
// Source: Cui et al., CVPR 2019, arXiv:1901.05555, eq. (6), and its code for the scale. Golden
// file: testdata/peers_classifiers.json.
func EffectiveNumberWeights(counts []float64, beta float64) ([]float64, error) {
	if !(beta >= 0 && beta < 1) {
		return nil, argError(ErrParam, "beta", beta, "is out of range", "a number in [0, 1); the paper uses 0.999")
	}
	if err := rowCounts.validate(counts); err != nil {
		return nil, err
	}
	w := make([]float64, len(counts))
	for k, n := range counts {
		w[k] = -1 / math.Expm1(n*math.Log(beta))
	}
	sum := total(w)
	if !finite(sum) {
		return nil, argError(ErrParam, "counts", counts, "have no weights", "counts that are not so small")
	}
	for k := range w {
		w[k] *= float64(len(w)) / sum
	}
	return w, nil
}

// LDAMMargins returns margins from the numbers of rows of each class, m_k = C counts_k^(-1/4) with
// the largest of them equal to largest: the rarer a class, the larger the lead it must have. They
// are for [Criterion].Margins, with a Temperature of 1/30.
//
// Errors: [ErrParam] unless largest is finite and > 0 and every count is finite and > 0.
//
// Source: Cao et al., NeurIPS 2019, arXiv:1906.07413, eqs. (12) and (13); largest is 0.5 in its
// code. Golden file: testdata/peers_classifiers.json.
func LDAMMargins(counts []float64, largest float64) ([]float64, error) {
	if err := positive.check("largest", largest, "the paper uses 0.5"); err != nil {
		return nil, err
	}
	if err := rowCounts.validate(counts); err != nil {
		return nil, err
	}
	margins := make([]float64, len(counts))
	for k, n := range counts {
		margins[k] = largest * math.Pow(slices.Min(counts)/n, 0.25)
	}
	return margins, nil
}
