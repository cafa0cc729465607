package losses

import "math"

// ReverseCrossEntropy is cross entropy with prediction and target exchanged.
//
//	loss = -Σ_k p_k log t_k,   log t_k at least A
//	dL/dl_k = -p_k log t_k,   dL/dt_k = -p_k/t_k where log t_k > A, 0 elsewhere
//
// For an index, and one-hot rows, it is -A (1 - p_y): with A = -2 the mean absolute error. It is not linear in the target.
// Shapes: logits [N, K], target [N, K] or [N], loss [N], grad [N, K].
//
// Special cases are: a logit -Inf costs nothing; a NaN or +Inf logit, or all -Inf, makes the row NaN.
//
// Errors: [ErrParam] unless A is finite and < 0.
//
// Source: Wang et al., ICCV 2019, arXiv:1908.06112, eq. (6) and section 4.2.
type ReverseCrossEntropy struct {
	A float64 // what stands for log 0, below 0; the paper uses -6 and -4
}

// Validate implements [Validator].
func (c ReverseCrossEntropy) Validate() error {
	if !(c.A < 0) || math.IsInf(c.A, -1) {
		return paramError("ReverseCrossEntropy.A", c.A, "a finite number < 0; the paper uses -6 and -4")
	}
	return nil
}

// Row implements [Loss].
func (c ReverseCrossEntropy) Row(r Row) (loss float64) {
	for k, t := range r.Target {
		l := c.A
		free := false
		if t > 0 {
			if x := math.Log(t); x > c.A {
				l, free = x, true
			}
		}
		loss -= r.P[k] * l
		if r.Grad != nil {
			r.Grad[k] = -r.P[k] * l
		}
		if r.TargetGrad != nil && free {
			r.TargetGrad[k] = -r.P[k] / t
		}
	}
	return loss
}

// SymmetricCrossEntropy is Alpha times cross entropy plus Beta times [ReverseCrossEntropy]: the
// second learns little from wrong labels, the first keeps it learning.
//
//	loss = -Alpha Σ_k t_k l_k - Beta Σ_k p_k log t_k,   log t_k at least A
//
// Gradients, special cases and shapes are those of the two. Errors: [ErrParam] unless Alpha and Beta are finite and >= 0
// and A is finite and < 0.
//
// Source: Wang et al., ICCV 2019, arXiv:1908.06112, eq. (8).
type SymmetricCrossEntropy struct {
	Alpha, Beta float64 // the paper uses 0.1 and 1 for CIFAR-10
	A           float64 // what stands for log 0; the paper uses -6 for CIFAR-10
}

// Validate implements [Validator].
func (s SymmetricCrossEntropy) Validate() error {
	if !(s.Alpha >= 0) || math.IsInf(s.Alpha, 1) {
		return paramError("SymmetricCrossEntropy.Alpha", s.Alpha, "a finite number >= 0")
	}
	if !(s.Beta >= 0) || math.IsInf(s.Beta, 1) {
		return paramError("SymmetricCrossEntropy.Beta", s.Beta, "a finite number >= 0")
	}
	return ReverseCrossEntropy{s.A}.Validate()
}

// Row implements [Loss].
func (s SymmetricCrossEntropy) Row(r Row) float64 {
	return WeightedSum{{s.Alpha, CrossEntropy{}}, {s.Beta, ReverseCrossEntropy{s.A}}}.Row(r)
}
