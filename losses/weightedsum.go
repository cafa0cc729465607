package losses

import (
	"fmt"
	"slices"
)

// WeightedSum is a sum of losses, such as an active and a passive one:
//
//	losses.WeightedSum{{10, losses.NCE{}}, {1, losses.MAE{}}}
//
// Loss and gradients are the sums of the terms', times their weights. It is linear in its target
// when all terms are.
//
// Errors: [ErrParam] for a sum without terms, a term without a loss, a weight outside [0,
// 1e30], and what the terms' Validate returns.
//
// Source: Ma et al., ICML 2020, arXiv:2006.13554, eq. (9): active passive loss.
type WeightedSum []Term

// Term is a loss with its weight in a [WeightedSum].
type Term struct {
	Weight float64
	Loss   Loss
}

// Validate implements [Validator].
func (s WeightedSum) Validate() error {
	if len(s) == 0 {
		return argError(ErrParam, "WeightedSum", "no term", "is too few", "at least one")
	}
	for i, t := range s {
		if t.Loss == nil {
			return argError(ErrParam, "WeightedSum", fmt.Sprintf("term %d", i), "has no loss", "a Loss")
		}
		if !strength.Contains(t.Weight) {
			return argError(ErrParam, "WeightedSum", fmt.Sprintf("term %d: weight %v", i, t.Weight),
				"is out of range", strength.String())
		}
		if err := checkLoss(t.Loss); err != nil {
			return within(fmt.Sprintf("term %d", i), err)
		}
	}
	return nil
}

// LinearInTarget implements [LinearLoss].
func (s WeightedSum) LinearInTarget() bool {
	for _, t := range s {
		if !isLinear(t.Loss) {
			return false
		}
	}
	return true
}

// Row implements [Loss].
func (s WeightedSum) Row(r Row) (loss float64) {
	n := len(r.Grad) + len(r.TargetGrad)
	w, m := r.lend(n)
	defer m.free(n)
	term, sum := r, r
	term.memory = m
	if r.Grad != nil {
		term.Grad, w = w[:len(r.Grad):len(r.Grad)], w[len(r.Grad):]
	}
	if r.TargetGrad != nil {
		term.TargetGrad = w
	}
	for _, t := range s {
		clear(term.Grad)
		clear(term.TargetGrad)
		loss += times(t.Weight, t.Loss.Row(term))
		for k, g := range term.Grad {
			sum.Grad[k] += times(t.Weight, g)
		}
		for k, g := range term.TargetGrad {
			sum.TargetGrad[k] += times(t.Weight, g)
		}
	}
	return loss
}

// clone returns a copy with terms of its own, those of sums in it too.
func (s WeightedSum) clone() WeightedSum {
	s = slices.Clone(s)
	for i, t := range s {
		s[i].Loss = cloneLoss(t.Loss)
	}
	return s
}

// demands are those of all terms.
func (s WeightedSum) demands() (all demands) {
	for _, t := range s {
		d := demandsOf(t.Loss)
		all.logits = all.logits || d.logits
		all.questions = all.questions || d.questions
		all.sumToOne = all.sumToOne || d.sumToOne
	}
	return all
}
