package losses

import (
	"cmp"
	"math"

	"softloss/losses/internal/kernel"
)

// BiTempered is the bi-tempered logistic loss: with T1 < 1 it is bounded, with T2 > 1 its
// softmax has heavy tails; both together tolerate outliers and wrong labels.
//
//	log_t(x) = (x^(1-t) - 1)/(1-t),   exp_t(x) = max(1 + (1-t) x, 0)^(1/(1-t)),   t = 1: log, exp
//	ŷ_k = exp_T2(z_k - λ(z)),   λ such that Σ_k ŷ_k = 1
//	loss = Σ_k t_k (log_T1 t_k - log_T1 ŷ_k) - (t_k^(2-T1) - ŷ_k^(2-T1))/(2-T1)
//	dL/dz_j = v_j - (ŷ_j^T2 / Σ_k ŷ_k^T2) Σ_k v_k,   v_k = (ŷ_k - t_k) ŷ_k^(T2-T1)
//	dL/dt_k = log_T1 t_k - log_T1 ŷ_k
//
// T1 = T2 = 1 is the divergence [KL], for one-hot rows cross entropy. The normaliser λ is iterated
// to convergence, not a fixed number of steps. Labels must sum to 1 in every row for the loss to be
// a divergence; nothing checks it. It is not linear in its target. Predict with ŷ, not with a
// softmax: see [Criterion.Probs].
//
// Shapes: logits [N, K], target [N, K] or [N], loss [N], grad [N, K].
//
// Special cases are: a logit -Inf has ŷ = 0 and its term is finite for T1 < 1; a NaN or +Inf logit,
// or all -Inf, makes the row NaN.
//
// Errors: [ErrParam] unless 0 <= T1 <= 1 and 1 <= T2 is finite; [ErrParam] with
// Criterion.FromProbs, as it has a softmax of its own.
//
// Source: Amid et al., NeurIPS 2019, arXiv:1906.03361, eqs. (4) to (7).
type BiTempered struct {
	T1, T2 float64 // the paper uses 0.8 and 1.2 for noisy images
}

var rangeT1, rangeT2 = Range{Min: 0, Max: 1}, Range{Min: 1, Max: math.Inf(1)}

// Validate implements [Validator].
func (b BiTempered) Validate() error {
	return cmp.Or(rangeT1.check("BiTempered.T1", b.T1, "the paper uses 0.8"),
		rangeT2.check("BiTempered.T2", b.T2, "the paper uses 1.2"))
}

func (BiTempered) demands() demands { return demands{logits: true} }

// predictor and probs say what a model predicts with, ŷ: see [Criterion.Predictor].
func (b BiTempered) predictor() Loss {
	if b.T2 == 1 {
		return nil
	}
	return BiTempered{T1: 1, T2: b.T2}
}

func (b BiTempered) probs(dst, z, w []float64) {
	k := len(z)
	r := Row{LogP: w[:k], P: w[k : 2*k]}
	kernel.LogSoftmax(r.LogP, z, k)
	kernel.Softmax(r.P, z, k)
	s := tempered{logP: w[2*k : 3*k], p: dst, inverse: w[3*k : 4*k], gap: w[4*k : 5*k]}
	s.solve(b.T2-1, r)
}

// Row implements [Loss]. With c = T2-1 and x = ŷ^-c, ŷ^(T2-T1) is ŷ^(1-T1)/x, and ŷ^T2 is ŷ/x.
func (b BiTempered) Row(r Row) (loss float64) {
	k := len(r.LogP)
	w, m := r.lend(6 * k)
	defer m.free(6 * k)
	s := tempered{logP: w[:k], p: w[k : 2*k], inverse: w[2*k : 3*k], gap: w[3*k : 4*k]}
	s.solve(b.T2-1, r)
	pow, top := s.gap, s.top // ŷ^(1-T1)
	e := 1 - b.T1
	if e == 0 {
		for j := range pow {
			pow[j] = 1
		}
	} else {
		arg := w[4*k : 5*k]
		for j, l := range s.logP {
			arg[j] = e * l
		}
		expRow(pow, arg, top)
	}
	loss, mass := b.compare(r, s.logP, pow, w[4*k:])
	others := dot(s.p[:top], pow[:top]) + dot(s.p[top+1:], pow[top+1:])
	loss += (others + ((1 - mass) + math.Expm1((2-b.T1)*s.logP[top]))) / (2 - b.T1)
	if r.Grad != nil && s.inverse[top] != 0 { // 1/x, and the gradient with it, may be too small for a float64
		s.grad(r, pow)
	}
	return loss
}

// compare returns Σ_k t_k (log_T1 t_k - log_T1 ŷ_k) and Σ_k t_k^(2-T1), and stores the gradient of
// the labels. log is log ŷ, pow ŷ^(1-T1). It uses 2K elements of scratch.
func (b BiTempered) compare(r Row, log, pow, scratch []float64) (sum, mass float64) {
	k, e, top := len(log), 1-b.T1, 0
	lt, tpow := scratch[:k], scratch[k:2*k] // log t, t^(1-T1)
	some, least := 0, math.Inf(1)           // of the labels above 0
	for j, t := range r.Target {
		if t > 0 {
			some++
			least = min(least, t)
		}
		if t > r.Target[top] {
			top = j
		}
	}
	logsOfLabels(lt, r.Target, some > k/4 && least >= 0x1p-1022)
	quick := e != 0 && some > k/4
	if quick {
		for j, l := range lt {
			tpow[j] = e * l
		}
		expRow(tpow, tpow, top)
	}
	for j, t := range r.Target {
		if t == 0 && r.TargetGrad == nil {
			continue
		}
		if !quick {
			tpow[j] = math.Exp(e * lt[j])
		}
		d := (tpow[j] - pow[j]) / e
		if !(e*lt[j] < -0.5 && e*log[j] < -0.5) { // the powers cancel
			d = logPow(lt[j], tpow[j], e) - logPow(log[j], pow[j], e)
		}
		if t > 0 {
			sum += t * d
			mass += t * tpow[j]
		}
		if r.TargetGrad != nil {
			r.TargetGrad[j] = d
		}
	}
	return sum, mass
}

// logsOfLabels stores log t in dst, by vectors where the labels are many and no denormal numbers.
func logsOfLabels(dst, t []float64, many bool) {
	if many {
		kernel.MinusLogs(dst, t, 708) // 0, too
	}
	for j, t := range t {
		switch {
		case t == 0:
			dst[j] = math.Inf(-1)
		case many:
			dst[j] = -dst[j]
		case t == 1: // most often all there is
			dst[j] = 0
		default:
			dst[j] = kernel.Log(t)
		}
	}
}

// grad stores the gradient; pow is ŷ^(1-T1).
func (s *tempered) grad(r Row, pow []float64) {
	g, p, top := r.Grad, s.p[:len(r.Grad)], s.top
	target, inverse, escort := r.Target[:len(g)], s.inverse[:len(g)], s.logP[:len(g)]
	pow = pow[:len(g)]
	own := (1 - target[top]) + math.Expm1(s.logP[top]) // ŷ - t
	for j, y := range p {
		g[j] = (y - target[j]) * (pow[j] * inverse[j])
		escort[j] = y * inverse[j]
	}
	v, e := total(g[:top])+total(g[top+1:]), total(escort[:top])+total(escort[top+1:])
	own *= pow[top] * inverse[top]
	sum := e + escort[top]
	c := (v + own) / sum
	for j, x := range escort {
		g[j] -= x * c
	}
	if sum < 0x1p-500 { // the products below would underflow
		own, v = own/sum, v/sum
		sum = 1
	}
	g[top] = (own*e - escort[top]*v) / sum
}

// logPow is the tempered logarithm of x = exp(l) for e = 1-t and pow = x^e.
func logPow(l, pow, e float64) float64 {
	switch x := e * l; {
	case e == 0:
		return l
	case math.Abs(x) > 0.5:
		return (pow - 1) / e
	default:
		return math.Expm1(x) / e
	}
}
