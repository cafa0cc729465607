package losses

import (
	"math"

	"softloss/losses/internal/kernel"
)

// Poly1 is cross entropy with its first polynomial coefficient moved.
//
//	loss = Σ_k t_k (-l_k + Epsilon (1 - p_k)),   l = log p,  p = softmax(logits)
//	φ'(l) = -1 - Epsilon p
//	dL/dlogits_j = Σ_k t_k φ'(l_k) ([k=j] - p_j),   dL/dt_k = φ(l_k)
//
// Shapes: logits [N, K], target [N, K] or [N], loss [N], grad [N, K]. Special cases are those of
// [CrossEntropy]; Epsilon = 0 is cross entropy.
//
// Errors: [ErrParam] unless Epsilon is finite and >= -1.
//
// Source: Leng et al., ICLR 2022, arXiv:2204.12511, eq. (2). Golden file:
// testdata/peers_optax.json.
type Poly1 struct {
	Epsilon float64 // at least -1; the paper uses 1 or 2 for images
}

var rangeEpsilon = Range{Min: -1, Max: math.Inf(1)}

// Validate implements [Validator].
func (p Poly1) Validate() error {
	return rangeEpsilon.check("Poly1.Epsilon", p.Epsilon, "the paper uses 1 or 2")
}

// Row implements [Loss].
func (p Poly1) Row(r Row) float64 { return separableRow(p, r) }

// LinearInTarget implements [LinearLoss].
func (Poly1) LinearInTarget() bool { return true }

func (p Poly1) family() (kernel.Family, float64) { return kernel.Poly1, p.Epsilon }
