package losses

import (
	"fmt"

	"gorgonia.org/tensor"

	"softloss/internal/dense"
	"softloss/internal/phrase"
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
// Source: Hendrycks et al., ICLR 2020, arXiv:1912.02781, eq. (1) and section 3. Golden file:
// testdata/peers_timm.json.
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
		return argError(ErrParam, "logits", phrase.Plural(len(logits), "prediction"), "given", "at least two")
	}
	first := logits[0]
	for i, z := range logits {
		arg := fmt.Sprintf("prediction %d", i)
		if err := checkRows(arg, z); err != nil {
			return err
		}
		if z.Dtype() != first.Dtype() {
			return argError(ErrDtype, arg, "dtype "+z.Dtype().String(), "is wrong", first.Dtype().String())
		}
		if err := checkShape(arg, z.Shape(), first.Shape()...); err != nil {
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
			grads = append(grads, dense.Unset(dt, shape...))
		}
	}
	if dt == tensor.Float32 {
		diverge[float32](loss, grads, preds, up, reduction)
	} else {
		diverge[float64](loss, grads, preds, up, reduction)
	}
	return loss, grads, nil
}
