package losses

import (
	"fmt"
	"math"

	"gorgonia.org/tensor"

	"softloss/internal/dense"
	"softloss/losses/internal/kernel"
)

// JensenShannon returns the Jensen-Shannon divergence of two or more predictions: how far they
// disagree. It is no loss against a target; AugMix adds it, times a factor, to a cross entropy,
// with the predictions for an image and for augmented versions of it.
//
//	L_n = 1/M Σ_i KL(p_i ‖ m),   p_i = softmax(logits_i),   m = 1/M Σ_i p_i
//	dL/dlogits_i = 1/M p_i∘(d - ⟨p_i,d⟩),   d = log p_i - log m
//
// It is 0 where all predictions agree and at most log M. Shapes: M tensors of logits [N, K] of one
// dtype; the result is a scalar, or [N] with None, or of other ranks as for [Softmax]. Mean and
// WeightedMean divide by N.
//
// Special cases are: a logit -Inf has p = 0 and adds nothing; a NaN or +Inf logit, or all -Inf,
// makes the row NaN.
//
// Errors: [ErrParam] for fewer than two predictions, [ErrReduction], and those of [Softmax].
//
// Source: Hendrycks et al., ICLR 2020, arXiv:1912.02781, eq. (1) and section 3.
func JensenShannon(logits []tensor.Tensor, reduction Reduction) (*tensor.Dense, error) {
	loss, _, err := jensenShannon(logits, nil, reduction, false)
	return loss, err
}

// JensenShannonGrad returns the loss as [JensenShannon] does, and its gradients with respect to
// each of the logits, times upstream, the derivative of a cost with respect to the loss: a scalar,
// or [N] with None; nil means 1. Errors: also [ErrShape] and [ErrDtype] for upstream.
func JensenShannonGrad(logits []tensor.Tensor, upstream tensor.Tensor, reduction Reduction) (loss *tensor.Dense,
	grads []*tensor.Dense, err error) {
	return jensenShannon(logits, upstream, reduction, true)
}

// CheckJensenShannon returns the error that [JensenShannon] would, as far as shapes and dtypes
// tell.
func CheckJensenShannon[O Operand](logits []O, reduction Reduction) error {
	if err := reduction.Validate(); err != nil {
		return err
	}
	if len(logits) < 2 {
		return argError(ErrParam, "logits", fmt.Sprintf("%d predictions", len(logits)), "are too few", "at least two")
	}
	for i, z := range logits {
		if err := checkRows(fmt.Sprintf("prediction %d", i), z); err != nil {
			return err
		}
		if z.Dtype() != logits[0].Dtype() {
			return argError(ErrDtype, fmt.Sprintf("prediction %d", i), "dtype "+z.Dtype().String(), "is wrong",
				logits[0].Dtype().String())
		}
		if err := checkShape(fmt.Sprintf("prediction %d", i), z.Shape(), logits[0].Shape()...); err != nil {
			return err
		}
	}
	return nil
}

func jensenShannon(logits []tensor.Tensor, upstream tensor.Tensor, reduction Reduction, grad bool) (*tensor.Dense,
	[]*tensor.Dense, error) {
	preds := make([]*tensor.Dense, len(logits))
	for i, z := range logits {
		d, err := denseOf(fmt.Sprintf("prediction %d", i), z)
		if err != nil {
			return nil, nil, err
		}
		preds[i] = d
	}
	if err := CheckJensenShannon(preds, reduction); err != nil {
		return nil, nil, err
	}
	dt, shape := preds[0].Dtype(), preds[0].Shape()
	loss := dense.New(dt)
	if !reduction.scalar() {
		loss = dense.New(dt, shape[:len(shape)-1]...)
	}
	var up *tensor.Dense
	if upstream != nil {
		var err error
		if up, err = likeOf("upstream", upstream, dt, loss.Shape()...); err != nil {
			return nil, nil, err
		}
	}
	var grads []*tensor.Dense
	if grad {
		for range preds {
			grads = append(grads, tensor.New(tensor.Of(dt), tensor.WithShape(shape...)))
		}
	}
	if dt == tensor.Float32 {
		jensenShannonRows[float32](loss, grads, preds, up, reduction)
	} else {
		jensenShannonRows[float64](loss, grads, preds, up, reduction)
	}
	return loss, grads, nil
}

func jensenShannonRows[T kernel.Float](loss *tensor.Dense, grads, logits []*tensor.Dense, upstream *tensor.Dense,
	reduction Reduction) {
	n, k := extent(logits[0])
	m := len(logits)
	z := make([][]T, m)
	for i, d := range logits {
		z[i] = dense.Rows(d, dense.Last, new([]T))
	}
	up := []T{1}
	if upstream != nil {
		up = dense.Rows(upstream, dense.Last, new([]T))
	}
	all := totals{kept: n, mass: float64(n)}
	div := reduction.divide(all)
	rowLoss := make([]float64, n)
	predictions := make([]prediction, m)
	for i := range predictions {
		predictions[i] = prediction{make([]float64, k), Row{LogP: make([]float64, k), P: make([]float64, k),
			Rest: make([]float64, k), Grad: make([]float64, k)}}
	}
	for row := range n {
		for i, p := range predictions {
			kernel.Widen(p.z, part(z[i], row, row+1, k))
			softmaxRow(p.Row, p.z)
		}
		rowLoss[row] = divergence(predictions)
		for i, g := range grads {
			p, d := predictions[i].P, predictions[i].Grad
			center(d, p, d)
			f := div * of(up, row) / float64(m)
			for j, x := range d {
				dense.Memory[T](g)[row*k+j] = T(f * p[j] * x)
			}
		}
	}
	out := dense.Memory[T](loss)
	if reduction.scalar() {
		all.addLosses(rowLoss)
		out[0] = T(all.total() * div)
		return
	}
	for i, x := range rowLoss {
		out[i] = T(x)
	}
}

// prediction is a row of logits z with its softmax.
type prediction struct {
	z []float64
	Row
}

// divergence returns that of a row's predictions and stores log p_i - log m in the Grad of each.
// With u = p_i/m - 1 it is
//
//	1/M Σ_i Σ_k m ψ(u),   ψ(u) = (1+u) log(1+u) - u
//
// because the Σ_k m u are 0: a sum of what is not below 0, which loses nothing where predictions
// agree. There u comes from the logits: with v the mean of the p_j/p_i - 1 it is -v/(1+v).
func divergence(predictions []prediction) (sum float64) {
	n := float64(len(predictions))
	a := 0 // the most likely class
	for k := range predictions[0].P {
		if meanOf(predictions, k) > meanOf(predictions, a) {
			a = k
		}
	}
	for _, r := range predictions {
		for k := range r.Grad {
			r.Grad[k] = 0
		}
		for _, other := range predictions {
			own := r.ratio(other, a)
			for k := range r.Grad {
				r.Grad[k] += math.Expm1(r.logRatio(other, k, a, own)) / n
			}
		}
	}
	for _, r := range predictions {
		for k, v := range r.Grad {
			mean := meanOf(predictions, k)
			switch {
			case mean == 0:
				r.Grad[k] = 0
			case r.P[k] == 0:
				r.Grad[k] = 0
				sum += mean
			case math.Abs(v) < 0.25:
				r.Grad[k] = -math.Log1p(v)
				sum += mean * psi(-v/(1+v))
			default:
				if r.Grad[k] = math.Log(r.P[k] / mean); r.P[k] < 0x1p-1022 {
					r.Grad[k] = r.LogP[k] - math.Log(mean) // p has lost its digits
				}
				sum += r.P[k]*r.Grad[k] - (r.P[k] - mean)
			}
		}
	}
	return sum / n
}

// meanOf returns m of class k.
func meanOf(predictions []prediction, k int) (mean float64) {
	for _, r := range predictions {
		mean += r.P[k]
	}
	return mean / float64(len(predictions))
}

// ratio returns log of q's probability of class a over that of r. With the odds R = 1/p_a - 1 it is
// that of (1 + R_r)/(1 + R_q); where they are nearly equal their difference is summed up from the
// differences of the logits.
func (r prediction) ratio(q prediction, a int) float64 {
	odds, other := r.Rest[a]/r.P[a], q.Rest[a]/q.P[a]
	more := odds - other
	if math.Abs(more) < 0x1p-10*odds {
		more = 0
		for k := range r.z {
			if k == a {
				continue
			}
			p := q.P[k] / q.P[a]
			if d := q.lead(r, k, a); math.Abs(d) < 1 {
				more += p * math.Expm1(d)
			} else {
				more += r.P[k]/r.P[a] - p
			}
		}
	}
	if more < 0 {
		return -math.Log1p(-more / (1 + odds))
	}
	return math.Log1p(more / (1 + other))
}

// logRatio returns log of q's probability of class k over that of r; own is that of class a.
func (r prediction) logRatio(q prediction, k, a int, own float64) float64 {
	if x := r.lead(q, k, a) + own; finite(x) {
		return x
	}
	return q.LogP[k] - r.LogP[k]
}

// lead returns how much more class k leads class a in the logits of q than in those of r, with the
// digits that its parts lose where both classes are far apart.
func (r prediction) lead(q prediction, k, a int) float64 {
	var sum precise
	for _, x := range [...]float64{q.z[k], -q.z[a], r.z[a], -r.z[k]} {
		sum.add(x)
	}
	return sum.value()
}

// psi returns (1+u) log(1+u) - u = Σ_{i>1} (-u)^i/(i(i-1)) for a small u.
func psi(u float64) (sum float64) {
	power := u * u
	for i := 2.; ; i++ {
		term := power / (i * (i - 1))
		if sum += term; !(math.Abs(term) > 0x1p-54*sum) {
			return sum
		}
		power *= -u
	}
}
