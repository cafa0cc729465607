package losses

import "math"

// BiTempered is the bi-tempered logistic loss: with T1 < 1 it is bounded, with T2 > 1 its
// softmax has heavy tails; both together bear outliers and wrong labels.
//
//	log_t(x) = (x^(1-t) - 1)/(1-t),   exp_t(x) = max(1 + (1-t) x, 0)^(1/(1-t)),   t = 1: log, exp
//	ŷ_k = exp_T2(z_k - λ(z)),   λ such that Σ_k ŷ_k = 1
//	loss = Σ_k t_k (log_T1 t_k - log_T1 ŷ_k) - (t_k^(2-T1) - ŷ_k^(2-T1))/(2-T1)
//	dL/dz_j = v_j - (ŷ_j^T2 / Σ_k ŷ_k^T2) Σ_k v_k,   v_k = (ŷ_k - t_k) ŷ_k^(T2-T1)
//	dL/dt_k = log_T1 t_k - log_T1 ŷ_k
//
// T1 = T2 = 1 is the divergence [KL], for one-hot rows cross entropy. The normaliser λ is iterated to
// convergence, not a fixed number of steps. Labels must sum to 1 in every row for the loss to be a divergence;
// nothing checks it. It is not linear in its target.
//
// Shapes: logits [N, K], target [N, K] or [N], loss [N], grad [N, K].
//
// Special cases are: a logit -Inf has ŷ = 0 and its term is finite for T1 < 1; a NaN or +Inf logit, or all -Inf, makes the row NaN.
//
// Errors: [ErrParam] unless 0 <= T1 <= 1 and 1 <= T2 is finite; [ErrParam] with Criterion.FromProbs, as it has a softmax of its own.
//
// Source: Amid et al., NeurIPS 2019, arXiv:1906.03361, eqs. (4) to (7).
type BiTempered struct {
	T1, T2 float64 // the paper uses 0.8 and 1.2 for noisy images
}

// Validate implements [Validator].
func (b BiTempered) Validate() error {
	if !(b.T1 >= 0 && b.T1 <= 1) {
		return paramError("BiTempered.T1", b.T1, "a number in [0, 1]; the paper uses 0.8")
	}
	if !(b.T2 >= 1) || math.IsInf(b.T2, 1) {
		return paramError("BiTempered.T2", b.T2, "a finite number >= 1; the paper uses 1.2")
	}
	return nil
}

// Row implements [Loss].
func (b BiTempered) Row(r Row) (loss float64) {
	y := make([]float64, len(r.LogP)) // log ŷ
	b.logSoftmax(y, r)
	for k, t := range r.Target {
		if t > 0 {
			loss += t * (logT(math.Log(t), b.T1) - logT(y[k], b.T1))
		}
		loss -= (math.Pow(t, 2-b.T1) - math.Exp((2-b.T1)*y[k])) / (2 - b.T1)
		if r.TargetGrad != nil {
			r.TargetGrad[k] = logT(math.Log(t), b.T1) - logT(y[k], b.T1)
		}
	}
	if r.Grad == nil {
		return loss
	}
	var v, escort float64
	for k, t := range r.Target {
		// (ŷ - t) ŷ^(T2-T1), with 0^0 = 1
		x := math.Exp(y[k]) - t
		if b.T1 != b.T2 {
			x *= math.Exp((b.T2 - b.T1) * y[k])
		}
		r.Grad[k] = x
		v += x
		escort += math.Exp(b.T2 * y[k])
	}
	for k := range r.Grad {
		r.Grad[k] -= math.Exp(b.T2*y[k]) / escort * v
	}
	return loss
}

// needsLogits says that the loss has a softmax of its own.
func (BiTempered) needsLogits() bool { return true }

// logSoftmax stores the logarithm of the tempered softmax of the row in y.
func (b BiTempered) logSoftmax(y []float64, r Row) {
	if b.T2 == 1 {
		copy(y, r.LogP)
		return
	}
	// With m the largest logit and c = T2-1, ŷ_k = (1 + c (λ - z_k))^(-1/c). The sum falls as λ grows, is at least 1 at λ = m
	// and at most 1 at λ = m + (K^c - 1)/c: Newton's method from the left, where the sum is convex, climbs to the root.
	c := b.T2 - 1
	lambda := math.Inf(-1)
	for _, l := range r.LogP {
		lambda = math.Max(lambda, l)
	}
	for range 200 {
		var sum, slope float64
		for k, l := range r.LogP {
			x := c * (lambda - l)
			y[k] = -math.Log1p(x) / c
			p := math.Exp(y[k])
			sum += p
			slope += p / (1 + x)
		}
		step := (sum - 1) / slope
		if !(step > 0x1p-52*math.Max(1, math.Abs(lambda))) {
			break
		}
		lambda += step
	}
}

// logT is the tempered logarithm of x = exp(l).
func logT(l, t float64) float64 {
	if t == 1 {
		return l
	}
	return math.Expm1((1-t)*l) / (1 - t)
}
