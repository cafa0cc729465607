package losses

import (
	"cmp"

	"softloss/losses/internal/kernel"
)

// AGCE is the asymmetric generalised cross entropy, robust to noisy labels of any kind as long as
// most of a class are right.
//
//	loss = Σ_k t_k ((A+1)^Q - (A+p_k)^Q)/Q,   p = softmax(logits)
//	φ'(l) = -p (A+p)^(Q-1),   φ″(l) = φ'(l) (A + Q p)/(A+p),   l = log p
//	dL/dlogits_j = Σ_k t_k φ'(l_k) ([k=j] - p_j),   dL/dt_k = φ(l_k)
//
// Shapes: logits [N, K], target [N, K] or [N], loss [N], grad [N, K].
//
// Special cases are: a logit -Inf where t > 0 costs ((A+1)^Q - A^Q)/Q with gradient 0; a NaN or
// +Inf logit, or all -Inf, makes the row NaN.
//
// Errors: [ErrParam] unless 0 < A <= 100 and 0 < Q <= 16: beyond, a power of A may leave float32.
//
// Source: Zhou et al., ICML 2021, arXiv:2106.03110, section 4. Golden file:
// testdata/peers_classifiers.json.
type AGCE struct {
	A, Q float64 // the paper tries A from 0.1 to 5 and Q from 0.1 to 5
}

var (
	rangeAGCE  = Range{Min: 0, OpenMin: true, Max: 100}
	rangePower = Range{Min: 0, OpenMin: true, Max: 16}
)

// Validate implements [Validator].
func (l AGCE) Validate() error {
	return cmp.Or(rangeAGCE.check("AGCE.A", l.A, ""), rangePower.check("AGCE.Q", l.Q, ""))
}

// Row implements [Loss].
func (l AGCE) Row(r Row) float64 { return separableRow(l, r) }

func (l AGCE) family() (kernel.Family, float64) { return kernel.AGCE(l.A), l.Q }

// LinearInTarget implements [LinearLoss].
func (AGCE) LinearInTarget() bool { return true }

// AUL is the asymmetric unhinged loss.
//
//	loss = Σ_k t_k ((A-p_k)^Q - (A-1)^Q)/Q,   p = softmax(logits)
//	φ'(l) = -p (A-p)^(Q-1),   φ″(l) = φ'(l) (A - Q p)/(A-p),   l = log p
//
// Gradients, shapes and special cases are as those of [AGCE]; the most that a unit of label costs
// is (A^Q - (A-1)^Q)/Q.
//
// Errors: [ErrParam] unless 1 < A <= 100 and 0 < Q <= 16, as for [AGCE].
//
// Source: Zhou et al., ICML 2021, arXiv:2106.03110, section 4. Golden file:
// testdata/peers_classifiers.json.
type AUL struct {
	A, Q float64
}

var rangeAUL = Range{Min: 1, OpenMin: true, Max: 100}

// Validate implements [Validator].
func (l AUL) Validate() error {
	return cmp.Or(rangeAUL.check("AUL.A", l.A, ""), rangePower.check("AUL.Q", l.Q, ""))
}

// Row implements [Loss].
func (l AUL) Row(r Row) float64 { return separableRow(l, r) }

func (l AUL) family() (kernel.Family, float64) { return kernel.AUL(l.A), l.Q }

// LinearInTarget implements [LinearLoss].
func (AUL) LinearInTarget() bool { return true }

// AEL is the asymmetric exponential loss.
//
//	loss = Σ_k t_k exp(-p_k/A),   p = softmax(logits)
//	φ'(l) = -(p/A) exp(-p/A),   φ″(l) = φ'(l) (1 - p/A),   l = log p
//
// Gradients, shapes and special cases are as those of [AGCE]. It is never 0: a sure and right row
// costs exp(-1/A).
//
// Errors: [ErrParam] unless A is finite and > 0.
//
// Source: Zhou et al., ICML 2021, arXiv:2106.03110, section 4. Golden file:
// testdata/peers_classifiers.json.
type AEL struct {
	A float64
}

// Validate implements [Validator].
func (l AEL) Validate() error { return positive.check("AEL.A", l.A, "") }

// Row implements [Loss].
func (l AEL) Row(r Row) float64 { return separableRow(l, r) }

func (l AEL) family() (kernel.Family, float64) { return kernel.AEL, l.A }

// LinearInTarget implements [LinearLoss].
func (AEL) LinearInTarget() bool { return true }
