package losses

import (
	"math"

	"softloss/losses/internal/kernel"
)

// tempered is the tempered softmax of a row, ŷ_k = x_k^(-1/c), x_k = 1 + c (λ - z_k), c = T2 - 1.
type tempered struct {
	logP    []float64 // log ŷ
	p       []float64 // ŷ
	inverse []float64 // 1/x, which is ŷ^c
	gap     []float64 // the largest logit less the logit
	top     int       // where that is
}

// solve finds λ and computes all. With m the largest logit and μ = λ - m the sum Σ of the ŷ is at
// least 1 at μ = 0 and falls as μ grows. Σ^-c, K^-c times a power mean of the x, is concave in μ,
// and linear when all logits are the same: it is at most that of their arithmetic mean, which gives
// a μ to start from, and Halley's method finds where it is 1. When a step is so small that its cube
// is nothing it is the last, and the ŷ follow by a series.
func (s *tempered) solve(c float64, r Row) {
	for j, l := range r.LogP {
		if l > r.LogP[s.top] {
			s.top = j
		}
	}
	if c == 0 {
		copy(s.logP, r.LogP)
		copy(s.p, r.P)
		for j := range s.inverse {
			s.inverse[j] = 1
		}
		return
	}
	m := r.LogP[s.top]
	for j, l := range r.LogP {
		s.gap[j] = m - l
	}
	k, step := float64(len(s.gap)), 0.0
	most := math.Expm1(c*math.Log(k)) / c
	if !(most < 1e300) {
		s.even()
		return
	}
	mu := max(0, most-total(s.gap)/k)
	for range 100 {
		step = s.at(c, mu)
		if !(math.Abs(step) > 0x1p-19*(mu+step)) {
			break
		}
		mu = max(0, mu+step)
	}
	for j, x := range s.inverse {
		w := c * step * x
		s.logP[j] -= step * x * (1 - w*(0.5-w*(1./3)))
		s.inverse[j] = x * (1 - w*(1-w))
	}
	expRow(s.p, s.logP, s.top)
}

// even is the limit of a large c: beside μ, of the size of K^c, the differences of the logits are
// nothing, and all classes but those of a logit -Inf have the same ŷ.
func (s *tempered) even() {
	var k float64
	for _, g := range s.gap {
		if g <= math.MaxFloat64 {
			k++
		}
	}
	for j, g := range s.gap {
		s.logP[j], s.p[j], s.inverse[j] = -math.Log(k), 1/k, 0
		if !(g <= math.MaxFloat64) {
			s.logP[j], s.p[j] = math.Inf(-1), 0
		}
	}
}

// at computes everything for a μ; p is then ŷ up to a factor. It returns the step to the next μ.
func (s *tempered) at(c, mu float64) (step float64) {
	kernel.TemperedLogs(s.logP, s.inverse, s.gap, c, mu)
	kernel.Softmax(s.p, s.logP, len(s.p))
	top := s.top
	a, b := s.means()
	others := total(s.p[:top]) + total(s.p[top+1:])
	log := s.logP[top] + math.Log1p(others/s.p[top]) // log Σ
	step = math.Expm1(c*log) / (c * a)
	return step / max(0.5, 1-step*(1+c)*(b/a-a)/2)
}

// means returns the means of 1/x and 1/x².
func (s *tempered) means() (a, b float64) {
	var a0, a1, b0, b1 float64 // sums that do not wait for each other
	p, inverse := s.p, s.inverse[:len(s.p)]
	j := 0
	for ; j+2 <= len(p); j += 2 {
		y, x := p[j:j+2:j+2], inverse[j:j+2:j+2]
		f, g := y[0]*x[0], y[1]*x[1]
		a0, a1 = a0+f, a1+g
		b0, b1 = b0+f*x[0], b1+g*x[1]
	}
	if j < len(p) {
		f := p[j] * inverse[j]
		a0, b0 = a0+f, b0+f*inverse[j]
	}
	return a0 + a1, b0 + b1
}

// expRow stores exp(x) in dst, which may be x; x[top] is the largest.
func expRow(dst, x []float64, top int) {
	largest := math.Exp(x[top])
	kernel.Softmax(dst, x, len(x))
	f := largest / dst[top]
	for j := range dst {
		dst[j] *= f
	}
}
