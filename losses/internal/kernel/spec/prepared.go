package spec

import "math"

// Prepared says which logits the softmax is of where it is not that of those in memory:
//
//	y_k = Factor z_k + Hi_k + Low_k
//
// Nil slices stand for 0. A kernel that prepares them while it reads keeps all digits that the
// exponential of y needs.
type Prepared[T Float] struct {
	Factor  float64
	Hi, Low []T
}

// mostShift bounds what is added: Hi, a multiple of 2^-9, then has no more than 24 digits.
const mostShift = 1 << 13

// Set makes s what is added to the logit of class k. It reports whether that is in range.
func (p *Prepared[T]) Set(k int, s float64) (ok bool) {
	hi := math.RoundToEven(s*(1<<9)) / (1 << 9)
	p.Hi[k], p.Low[k] = T(hi), T(s-hi)
	return math.Abs(s) <= mostShift
}

// Added returns what is added to the logit of class k.
func (p *Prepared[T]) Added(k int) float64 {
	if p.Hi == nil {
		return 0
	}
	return float64(p.Hi[k]) + float64(p.Low[k])
}

// Off reports whether y is z.
func (p *Prepared[T]) Off() bool { return p.Factor == 1 && p.Hi == nil }
