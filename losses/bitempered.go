package losses

import (
	"cmp"
	"math"

	"softloss/internal/dense"
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
// Source: Amid et al., NeurIPS 2019, arXiv:1906.03361, eqs. (4) to (7). Golden file:
// testdata/peers_torch.json (40 digits).
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
	s := newTempered(len(z), w, nil)
	if !setLogits(&s, z) {
		for j := range dst {
			dst[j] = math.NaN()
		}
		return
	}
	c := b.T2 - 1
	s.putTop(1, s.solve(c, 1, false))
	copy(dst, s.P)
}

// Row implements [Loss].
func (b BiTempered) Row(r Row) (loss float64) {
	k := len(r.LogP)
	w, m := r.lend(temperedSize * k)
	defer m.free(temperedSize * k)
	s := newTempered(k, w, nil)
	if !setLogits(&s, r.LogP) {
		return math.NaN()
	}
	loss, _ = temperedRow(b, &s, r.Grad, r.TargetGrad, r.Target, -1, 1)
	return loss
}

// bitemperedRows is the kernel. It returns the first row with an invalid label, or -1.
func bitemperedRows[T kernel.Float](b *batch[T], l BiTempered) (bad int) {
	s := newTempered(b.k, dense.Grow(&b.wide, temperedSize*b.k), dense.Grow(&b.narrow, b.k))
	hot := dense.Grow(&b.tmp, b.k)
	clear(hot)
	row := func(i int) (valid bool) { return bitemperedAlone(b, l, &s, hot, i) }
	if kernel.TemperedInTiles[T](l.T1, l.T2, b.k) {
		return kernel.TemperedRows(l.T1, l.T2, b.loss, b.grad, b.byTarget, b.input, b.target, b.index, b.scale, b.k, row)
	}
	for i := range b.n {
		if !row(i) {
			return i
		}
	}
	return -1
}

// bitemperedAlone computes row i in s, and reports whether its labels are valid. hot are zeros.
func bitemperedAlone[T kernel.Float](b *batch[T], l BiTempered, s *tempered, hot []T, i int) (valid bool) {
	k := b.k
	t, g, byTarget, y := hot, part(b.grad, i, i+1, k), part(b.byTarget, i, i+1, k), -1
	if b.index != nil {
		y = b.index[i]
		t[y] = 1
		defer func() { t[y] = 0 }()
	} else {
		t = part(b.target, i, i+1, k)
	}
	if setLogits(s, part(b.input, i, i+1, k)) {
		b.loss[i], valid = temperedRow(l, s, g, byTarget, t, y, of(b.scale, i))
		return valid
	}
	b.loss[i] = math.NaN()
	clear(byTarget)
	for j := range g {
		g[j] = T(math.NaN())
	}
	return allLabels(t)
}

// temperedRow returns the loss of a row of labels t, of which y >= 0 says that they are those of
// class y, and stores f times its gradient and, unless byTarget is nil, the derivatives by the
// labels. ok is false when a label is invalid.
//
// With c = T2-1 and x = ŷ^-c, ŷ^(T2-T1) is ŷ^(1-T1)/x, and ŷ^T2 is ŷ/x.
func temperedRow[T kernel.Float](b BiTempered, s *tempered, grad, byTarget, t []T, y int, f float64) (
	loss float64, ok bool) {
	c, e := b.T2-1, 1-b.T1
	log := s.solve(c, e, single[T]())
	v, escort, others := temperedMoments(s, t, y)
	s.putTop(e, log)
	loss, mass, ok := compare(s, e, byTarget, t, y)
	if !ok {
		return 0, false
	}
	less := s.P[s.top]*s.Pow[s.top] - 1
	if s.sure() {
		less = math.Expm1((2 - b.T1) * log)
	}
	loss += (others + ((1 - mass) + less)) / (2 - b.T1)
	top, inverse := s.top, s.Inverse[s.top]
	switch {
	case grad == nil:
		return loss, true
	case inverse == 0: // 1/x, and the gradient with it, may be too small for a float64
		clear(grad)
		return loss, true
	}
	own := s.topAbove(float64(t[top])) * s.Pow[top] * inverse // v of the top
	ownEscort := s.P[top] * inverse
	sum := escort + ownEscort
	kernel.TemperedGrad(grad, t, s.Tempered, (v+own)/sum, f)
	if sum < 0x1p-500 { // the products below would underflow
		own, v = own/sum, v/sum
		sum = 1
	}
	grad[top] = T(f * ((own*escort - ownEscort*v) / sum))
	return loss, true
}

// compare returns Σ_k t_k (log_T1 t_k - log_T1 ŷ_k) and Σ_k t_k^(2-T1), for e = 1 - T1. Unless
// byTarget is nil it stores log_T1 t - log_T1 ŷ there.
func compare[T kernel.Float](s *tempered, e float64, byTarget, t []T, y int) (sum, mass float64, ok bool) {
	switch {
	case y >= 0 && e == 0:
		return -s.Log[y], 1, true
	case y >= 0:
		return s.lessPower(e, y) / e, 1, true
	case e == 0:
		for j := range byTarget {
			byTarget[j] = T(kernel.Log(float64(t[j])) - s.Log[j])
		}
		for j, v := range t {
			if t := float64(v); t != 0 {
				sum += t * (kernel.Log(t) - s.Log[j])
			}
		}
		return sum, kernel.Sum(t), allLabels(t)
	}
	if byTarget == nil && !s.sure() {
		if sum, mass, ok = kernel.TemperedApart(t, s.Tempered, e); ok {
			return sum / e, mass, true
		}
	}
	s.setLogs(e)
	sum, mass, bad := kernel.TemperedLoss(byTarget, t, s.Tempered, e)
	return sum / e, mass, bad < 0
}

// allLabels reports whether all of t are labels.
func allLabels[T kernel.Float](t []T) bool {
	for _, v := range t {
		if !valid(v) {
			return false
		}
	}
	return true
}
