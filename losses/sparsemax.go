package losses

import "gorgonia.org/tensor"

// Sparsemax is the loss of [SparsemaxProbs], which takes the place of the softmax: classes that are
// far behind have probability 0, and a true class that leads far enough costs nothing.
//
//	loss = Ω*(z) + Ω(t) - ⟨z,t⟩,   Ω(p) = (|p|² - 1)/2,   p = SparsemaxProbs(z)
//	     = Σ_{p_k>0} (p_k - t_k)²/2 + Σ_{p_k=0} t_k (t_k/2 + τ - z_k)
//	dL/dz = p - t
//	dL/dt_k = t_k + τ - z_k
//	second derivatives along v: v_k - mean of v where p_k > 0, 0 elsewhere
//
// τ is the threshold of the map. Predict with the map, not with a softmax: see
// [Criterion.Probs]. It is not linear in its target, the rows of which sum to 1.
//
// Shapes: logits [N, K], target [N, K] or [N], loss [N], grad [N, K].
//
// Special cases are:
//
//	the true class leads by 1 or more  loss and gradient are 0
//	logit -Inf where t = 0             its term is 0
//	logit -Inf where t > 0             loss +Inf, gradient finite
//	a NaN or +Inf logit,
//	or all logits -Inf                 loss and gradient of that row are NaN
//
// With [SigmoidLink] p is (z+1)/2 cut to [0, 1].
//
// Errors: [ErrLabel] for a target, smoothed if it is, whose row does not sum to 1 within 1e-6 K;
// [ErrParam] with Criterion.FromProbs, as it has a map of its own.
//
// Source: Martins and Astudillo, ICML 2016, arXiv:1602.02068, section 3.2; Blondel, Martins and
// Niculae, JMLR 21 (2020), arXiv:1901.02324, for soft labels. Golden file:
// testdata/peers_classifiers.json (entmax, optax).
type Sparsemax struct{}

// Row implements [Loss].
func (Sparsemax) Row(r Row) float64 { return sparsemax.row(r) }

func (Sparsemax) demands() demands { return demands{logits: true, sumToOne: true} }

// predictor and probs say what a model predicts with: see [Criterion.Predictor].
func (Sparsemax) predictor() Loss { return Sparsemax{} }

func (Sparsemax) probs(dst, z, memory []float64) { sparsemax.probs(dst, z, memory) }

// SparsemaxProbs returns the sparsemax of every row of the logits, the nearest distribution:
//
//	p_k = max(z_k - τ, 0),   τ such that Σ_k p_k = 1
//
// Shapes: logits [N, K] → [N, K], float32 or float64, a new tensor; other ranks as for [Softmax].
//
// Special cases are:
//
//	a logit 1 or more below the largest  p = 0
//	equal logits                         equal p
//	a NaN or +Inf logit, or all -Inf     that row is NaN, no other
//
// Errors are those of Softmax. Source: Martins and Astudillo, ICML 2016, arXiv:1602.02068, eq. (2).
// Golden file: testdata/peers_classifiers.json (entmax).
func SparsemaxProbs(logits tensor.Tensor) (*tensor.Dense, error) {
	return sparsemax.asMap().Apply(logits)
}

// SparsemaxMap returns [SparsemaxProbs] with its derivatives. At a kink they are those without the
// classes whose p is 0; the second derivatives are 0.
func SparsemaxMap() RowMap { return sparsemax.asMap() }
