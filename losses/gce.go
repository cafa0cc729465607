package losses

import "softloss/losses/internal/kernel"

// GCE is generalised cross entropy, the bridge from cross entropy (Q → 0) to
// the mean absolute error (Q = 1, half of [MAE]), robust to noisy labels.
//
//	loss = Σ_k t_k (1 - p_k^Q)/Q,   p = softmax(logits)
//	φ(l) = -expm1(Q l)/Q,   φ'(l) = -exp(Q l)
//	dL/dlogits_j = Σ_k t_k φ'(l_k) ([k=j] - p_j),   dL/dt_k = φ(l_k)
//
// Shapes: logits [N, K], target [N, K] or [N], loss [N], grad [N, K].
//
// Special cases are:
//
//	logit -Inf where t = 0    its term is 0
//	logit -Inf where t > 0    its term is t/Q, gradient 0
//	a NaN or +Inf logit,
//	or all logits -Inf        loss and gradient of that row are NaN
//
// Errors: [ErrParam] unless 0 < Q <= 1.
//
// Source: Zhang and Sabuncu, NeurIPS 2018, arXiv:1805.07836, eq. (6). Golden file:
// testdata/peers_torch.json, peers_keras.json.
type GCE struct {
	Q float64 // exponent in (0, 1]; the paper uses 0.7
}

var rangeQ = Range{Min: 0, OpenMin: true, Max: 1}

// Validate implements [Validator].
func (g GCE) Validate() error { return rangeQ.check("GCE.Q", g.Q, "the paper uses 0.7") }

// Row implements [Loss].
func (g GCE) Row(r Row) float64 { return separableRow(g, r) }

// LinearInTarget implements [LinearLoss].
func (GCE) LinearInTarget() bool { return true }

func (g GCE) family() (kernel.Family, float64) { return kernel.GCE, g.Q }
