package losses

import "math"

// NCE is normalised cross entropy, a loss in [0, 1] that is robust to symmetric label noise.
//
//	loss = Σ_k t_k l_k / Σ_j l_j,   l = log softmax(logits)
//	dL/dl_k = (t_k - loss) / Σ_j l_j,   dL/dt_k = l_k / Σ_j l_j
//
// For an index it is l_y / Σ_j l_j. It is linear in the target. Shapes: logits [N, K], target [N, K]
// or [N], loss [N], grad [N, K].
//
// Special cases are:
//
//	K = 1                    loss 0, gradient 0
//	logit -Inf               in the limit: a class of p = 0 takes the whole sum, its term is t_k,
//	                         and shared by several such classes alike; gradient 0
//	a NaN or +Inf logit,
//	or all logits -Inf       loss and gradient of that row are NaN
//
// Source: Ma et al., ICML 2020, arXiv:2006.13554, eq. (5).
type NCE struct{}

// Row implements [Loss].
func (NCE) Row(r Row) (loss float64) {
	if len(r.LogP) == 1 {
		return 0
	}
	var sum float64
	excluded := 0
	for _, l := range r.LogP {
		if math.IsInf(l, -1) {
			excluded++
		}
		sum += l
	}
	for k, t := range r.Target {
		share := r.LogP[k] / sum
		if excluded > 0 {
			share = 0
			if math.IsInf(r.LogP[k], -1) {
				share = 1 / float64(excluded)
			}
		}
		loss += t * share
		if r.TargetGrad != nil {
			r.TargetGrad[k] = share
		}
	}
	if r.Grad != nil && excluded == 0 {
		for k, t := range r.Target {
			r.Grad[k] = (t - loss) / sum
		}
	}
	return loss
}

// LinearInTarget implements [LinearLoss].
func (NCE) LinearInTarget() bool { return true }
