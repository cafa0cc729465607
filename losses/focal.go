package losses

import "softloss/losses/internal/kernel"

// Focal is the focal loss: cross entropy that gives little weight to what is already right.
//
//	loss = -Σ_k t_k (1 - p_k)^Gamma l_k,   l = log p,  p = softmax(logits)
//	φ'(l) = -(1-p)^Gamma + Gamma (1-p)^(Gamma-1) p l
//	dL/dlogits_j = Σ_k t_k φ'(l_k) ([k=j] - p_j),   dL/dt_k = φ(l_k)
//
// The gradient flows through the factor (1-p)^Gamma. Gamma = 0 is cross entropy.
//
// Shapes: logits [N, K], target [N, K] or [N], loss [N], grad [N, K].
//
// Special cases are:
//
//	logit -Inf where t = 0    its term is 0
//	logit -Inf where t > 0    the loss is +Inf, the gradient finite
//	p = 1                     its term is 0, and so is its gradient for Gamma > 0
//	a NaN or +Inf logit,
//	or all logits -Inf        loss and gradient of that row are NaN
//
// Errors: [ErrParam] unless Gamma is finite and >= 0.
//
// Source: Lin et al., ICCV 2017, arXiv:1708.02002, eq. (4), for classes instead of a binary label.
// Golden file: testdata/peers_keras.json.
type Focal struct {
	Gamma float64 // how fast the weight falls; the paper uses 2
}

// Validate implements [Validator].
func (f Focal) Validate() error { return nonNegative.check("Focal.Gamma", f.Gamma, "the paper uses 2") }

// Row implements [Loss].
func (f Focal) Row(r Row) float64 { return separableRow(f, r) }

// LinearInTarget implements [LinearLoss].
func (Focal) LinearInTarget() bool { return true }

func (f Focal) family() (kernel.Family, float64) { return kernel.Focal, f.Gamma }
