package losses

import "gorgonia.org/tensor"

// Entmax15 is the loss of [Entmax15Probs], between cross entropy and [Sparsemax]: classes that are
// far behind have probability 0, without a kink where they get there.
//
//	loss = Ω*(z) + Ω(t) - ⟨z,t⟩,   Ω(p) = (Σ_k p_k^1.5 - 1)/0.75,   p = Entmax15Probs(z)
//	     = Σ_{p_k>0} 2/3 (√t_k - √p_k)² (2√t_k + √p_k) + Σ_{p_k=0} t_k (4/3 √t_k + 2τ - z_k)
//	dL/dz = p - t
//	dL/dt_k = 2√t_k + 2τ - z_k
//	second derivatives along v: √p_k (v_k - Σ_j √p_j v_j / Σ_j √p_j)
//
// τ is the threshold of the map. Predict with the map, not with a softmax: see
// [Criterion.Probs]. It is not linear in its target, the rows of which sum to 1.
//
// Shapes: logits [N, K], target [N, K] or [N], loss [N], grad [N, K].
//
// Special cases are:
//
//	the true class leads by 2 or more  loss and gradient are 0
//	logit -Inf where t = 0             its term is 0
//	logit -Inf where t > 0             loss +Inf, gradient finite
//	a NaN or +Inf logit,
//	or all logits -Inf                 loss and gradient of that row are NaN
//
// Errors: [ErrLabel] for a target, smoothed if it is, whose row does not sum to 1 within 1e-6 K;
// [ErrParam] with Criterion.FromProbs, as it has a map of its own.
//
// Source: Peters, Niculae and Martins, ACL 2019, arXiv:1905.05702, section 3, with α = 1.5.
// Golden file: testdata/peers_classifiers.json (entmax).
type Entmax15 struct{}

// Row implements [Loss].
func (Entmax15) Row(r Row) float64 { return entmax15.row(r) }

func (Entmax15) demands() demands { return demands{logits: true, sumToOne: true} }

// predictor and probs say what a model predicts with: see [Criterion.Predictor].
func (Entmax15) predictor() Loss { return Entmax15{} }

func (Entmax15) probs(dst, z, memory []float64) { entmax15.probs(dst, z, memory) }

// Entmax15Probs returns the entmax with α = 1.5 of every row of the logits:
//
//	p_k = max(z_k/2 - τ, 0)²,   τ such that Σ_k p_k = 1
//
// Shapes: logits [N, K] → [N, K], float32 or float64, a new tensor; other ranks as for [Softmax].
//
// Special cases are:
//
//	a logit 2 or more below the largest  p = 0
//	equal logits                         equal p
//	a NaN or +Inf logit, or all -Inf     that row is NaN, no other
//
// Errors are those of Softmax. Source: Peters, Niculae and Martins, ACL 2019, arXiv:1905.05702,
// section 3. Golden file: testdata/peers_classifiers.json (entmax).
func Entmax15Probs(logits tensor.Tensor) (*tensor.Dense, error) {
	return entmax15.asMap().Apply(logits)
}

// Entmax15Map returns [Entmax15Probs] with its derivatives.
func Entmax15Map() RowMap { return entmax15.asMap() }
