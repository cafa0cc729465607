package losses

import (
	"fmt"
	"math"

	"gorgonia.org/tensor"

	"softloss/internal/dense"
	"softloss/losses/internal/kernel"
)

// JensenShannon returns the Jensen-Shannon divergence of two or more predictions: how far
// they disagree. It is no loss against a target; AugMix adds it, times a factor, to a cross entropy, with the predictions for
// an image and for augmented versions of it.
//
//	L_n = 1/M Σ_i KL(p_i ‖ m),   p_i = softmax(logits_i),   m = 1/M Σ_i p_i
//	dL/dlogits_i = 1/M p_i∘(d - ⟨p_i,d⟩),   d = log p_i - log m
//
// It is 0 where all predictions agree and at most log M. Shapes: M tensors of logits [N, K] of one dtype; the result is a scalar,
// or [N] with None, or of other ranks as for [Softmax]. Mean and WeightedMean divide by N.
//
// Special cases are: a logit -Inf has p = 0 and costs nothing of itself; a NaN or +Inf logit, or all -Inf, makes the row NaN.
//
// Errors: [ErrParam] for fewer than two predictions, [ErrReduction], and those of [Softmax].
//
// Source: Hendrycks et al., ICLR 2020, arXiv:1912.02781, eq. (1) and section 3.
func JensenShannon(logits []tensor.Tensor, reduction Reduction) (*tensor.Dense, error) {
	loss, _, err := jensenShannon(logits, nil, reduction, false)
	return loss, err
}

// JensenShannonGrad returns the loss as [JensenShannon] does, and its gradients with respect to each of the
// logits, times upstream, the derivative of a cost with respect to the loss: a scalar, or [N] with None; nil
// means 1. Errors: also [ErrShape] and [ErrDtype] for upstream.
func JensenShannonGrad(logits []tensor.Tensor, upstream tensor.Tensor, reduction Reduction) (loss *tensor.Dense, grads []*tensor.Dense, err error) {
	return jensenShannon(logits, upstream, reduction, true)
}

// CheckJensenShannon returns the errors of [JensenShannon] that shapes and dtypes tell.
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
			return argError(ErrDtype, fmt.Sprintf("prediction %d", i), "dtype "+z.Dtype().String(), "is wrong", logits[0].Dtype().String())
		}
		if err := checkShape(fmt.Sprintf("prediction %d", i), z.Shape(), logits[0].Shape()...); err != nil {
			return err
		}
	}
	return nil
}

func jensenShannon(logits []tensor.Tensor, upstream tensor.Tensor, reduction Reduction, grad bool) (*tensor.Dense, []*tensor.Dense, error) {
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
	var err error
	if dt == tensor.Float32 {
		err = jensenShannonRows[float32](loss, grads, preds, up, reduction)
	} else {
		err = jensenShannonRows[float64](loss, grads, preds, up, reduction)
	}
	if err != nil {
		return nil, nil, err
	}
	return loss, grads, nil
}

func jensenShannonRows[T kernel.Float](loss *tensor.Dense, grads, logits []*tensor.Dense, upstream *tensor.Dense, reduction Reduction) error {
	n, k := extent(logits[0])
	m := len(logits)
	z := make([][]T, m)
	for i, d := range logits {
		z[i] = dense.Rows(d, len(d.Shape())-1, new([]T))
	}
	up := []T{1}
	if upstream != nil {
		up = dense.Rows(upstream, len(upstream.Shape())-1, new([]T))
	}
	div := reduction.divide(n, float64(n))
	rowLoss := make([]float64, n)
	work := make([]float64, (2*m+3)*k)
	mix, wide, d, l, p := work[:k], work[k:2*k], work[2*k:3*k], work[3*k:(3+m)*k], work[(3+m)*k:]
	for row := range n {
		for i := range m {
			for j, v := range z[i][row*k : (row+1)*k] {
				wide[j] = float64(v)
			}
			kernel.LogSoftmax(l[i*k:(i+1)*k], wide, k)
			kernel.Softmax(p[i*k:(i+1)*k], wide, k)
		}
		for j := range mix {
			mix[j] = logMean(l, j, k)
		}
		f := div * float64(up[0])
		if len(up) > 1 {
			f = div * float64(up[row])
		}
		for i := range m {
			var inner float64
			for j := range d {
				q := p[i*k+j]
				d[j] = 0
				if q != 0 {
					d[j] = l[i*k+j] - mix[j]
				}
				inner += q * d[j]
			}
			rowLoss[row] += inner / float64(m)
			if grads == nil {
				continue
			}
			g := dense.Memory[T](grads[i])[row*k : (row+1)*k]
			for j := range g {
				g[j] = T(f / float64(m) * p[i*k+j] * (d[j] - inner))
			}
		}
	}
	for i, x := range rowLoss {
		if x < 0 { // rounding: a divergence is not below 0
			rowLoss[i] = 0
		}
	}
	out := dense.Memory[T](loss)
	if reduction.scalar() {
		out[0] = T(reduction.sum(rowLoss) * div)
		return nil
	}
	for i, x := range rowLoss {
		out[i] = T(x)
	}
	return nil
}

// logMean returns log(1/M Σ_i exp(l_i)) of class j, l_i = l[i*k+j].
func logMean(l []float64, j, k int) float64 {
	top := math.Inf(-1)
	for i := j; i < len(l); i += k {
		if l[i] > top || math.IsNaN(l[i]) {
			top = l[i]
		}
	}
	if math.IsInf(top, -1) {
		return top
	}
	var sum float64
	m := 0
	for i := j; i < len(l); i += k {
		sum += math.Exp(l[i] - top)
		m++
	}
	return top + math.Log(sum/float64(m))
}
