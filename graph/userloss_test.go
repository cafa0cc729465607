package graph_test

import (
	"errors"
	"runtime"

	"softloss/losses"
)

// brier is a loss as a user writes one: without kernels, from its row alone.
//
//	loss = Scale·Σ_k (p_k - t_k)²
type brier struct{ Scale float64 }

func (b brier) Row(r losses.Row) (loss float64) {
	for k, t := range r.Target {
		d := r.P[k] - t
		loss += b.Scale * d * d
		if r.Grad != nil {
			r.Grad[k] = 2 * b.Scale * d * r.P[k]
		}
		if r.TargetGrad != nil {
			r.TargetGrad[k] = -2 * b.Scale * d
		}
	}
	return loss
}

// panicky is a loss with a mistake.
type panicky struct{ When string }

func (p panicky) Row(r losses.Row) float64 {
	if p.When == "exit" {
		runtime.Goexit()
	}
	if p.When == "always" || p.When == "gradient" && r.Grad != nil {
		return r.P[len(r.P)]
	}
	return r.P[0]
}

// refused is a loss with a parameter that is out of range.
type refused struct{}

var errRefused = errors.New("refused")

func (refused) Row(losses.Row) float64 { return 0 }
func (refused) Validate() error        { return errRefused }
