package losses

import (
	"math"

	"softloss/losses/internal/kernel"
)

// tempered is the tempered softmax of a row, ŷ_k = x_k^(-1/c), x_k = 1 + c (μ - d_k), c = T2 - 1,
// with log ŷ, ŷ, a power of ŷ and 1/x, which is ŷ^c.
type tempered struct {
	kernel.Tempered
	d      []float64 // the logit less the largest, but -Inf at the top while the others are summed up
	single []float32 // the same, for the first steps; nil for none
	top    int       // where the largest is
}

// temperedSize is how many numbers a class has in a tempered.
const temperedSize = 5

// newTempered returns one of k classes in memory for temperedSize numbers a class, and in single
// for one more.
func newTempered(k int, memory []float64, single []float32) (s tempered) {
	field := func(i int) []float64 { return memory[i*k : (i+1)*k : (i+1)*k] }
	s.Log, s.P, s.Pow, s.Inverse, s.d = field(0), field(1), field(2), field(3), field(4)
	if k > 16 { // for fewer float64 is as quick
		s.single = single
	}
	return s
}

// setLogits takes the logits of a row, or logarithms of their softmax. It returns false for a row
// that has no softmax.
func setLogits[T kernel.Float](s *tempered, z []T) (ok bool) {
	kernel.Divide(s.d, z, nil, 1)
	for s.top = 0; s.top < len(s.d) && s.d[s.top] != 0; s.top++ {
	}
	sum := kernel.Sum(s.d) // NaN where one is
	return s.top < len(s.d) && sum == sum
}

// solve finds μ and computes all, with the power e. When a step is not above tolerance of μ it is
// the last. The top it leaves out, with zeros in its place, and returns log ŷ of it.
//
// The sum Σ of the ŷ is at least 1 at μ = 0 and falls as μ grows. Σ^-c, K^-c times a power mean of
// the x, is concave in μ, and linear when all logits are the same, and Halley's method finds where
// it is 1. When a step is so small that its cube is nothing it is the last, and the ŷ follow by a
// series.
func (s *tempered) solve(c, e, tolerance float64) (top float64) {
	k := float64(len(s.d))
	most := math.Expm1(c*math.Log(k)) / c
	switch {
	case c == 0:
		return s.softmax(e)
	case !(most < 1e300):
		return s.even(e)
	}
	mu := s.start(c, most)
	s.d[s.top] = math.Inf(-1)
	if s.single != nil {
		mu = s.firstSteps(c, mu)
	}
	step := 0.0
	for range 100 {
		s0, s1, s2 := kernel.TemperedPowers(s.Tempered, s.d, c, mu, e)
		step = halley(c, mu, s0, s1, s2)
		if !(math.Abs(step) > tolerance*(mu+step)) {
			break
		}
		mu = max(0, mu+step)
	}
	kernel.TemperedShift(s.Tempered, c, step, e)
	s.Pow[s.top] = 0
	return -math.Log1p(c*(mu+step)) / c
}

// start returns a first μ: where the mean of the x, less what their variance takes from the power
// mean, is K^c, or, which is never too large, where their mean is.
func (s *tempered) start(c, most float64) float64 {
	k := float64(len(s.d))
	sum, squares := kernel.Moments(s.d, s.d, 0)
	mean := -sum / k
	mu := most - mean
	if top := 1 + c*most; top < 1e100 {
		if x := (top + math.Sqrt(top*top+2*(1+c)*c*(squares/k-mean*mean))) / 2; x < 1e100 {
			mu = min((x-1)/c-mean, most) // where the ŷ of the top is 1/K
		}
	}
	if mu > 0 {
		return mu
	}
	return 0 // also for infinite logits
}

// firstSteps goes from mu on in float32, as far as that is sure to help.
func (s *tempered) firstSteps(c, mu float64) float64 {
	kernel.Round(s.single, s.d)
	for range 8 {
		if !(c*mu < 1e30) {
			break
		}
		s0, s1, s2 := kernel.TemperedSums(s.single, c, mu)
		step := halley(c, mu, s0, s1, s2)
		if !finite(step) {
			break
		}
		mu = max(0, mu+step)
		if math.Abs(step) < 0x1p-6*mu {
			break
		}
	}
	return mu
}

// halley returns the step from mu to the next, for the sums of the ŷ, ŷ/x and ŷ/x² of all classes
// but the top.
func halley(c, mu, s0, s1, s2 float64) (step float64) {
	x := 1 + c*mu
	less := math.Expm1(-math.Log1p(c*mu) / c) // ŷ of the top less 1
	y := (1 + less) / x
	excess := s0 + less
	sum := 1 + excess
	a, b := (s1+y)/sum, (s2+y/x)/sum
	step = excess / a * (1 + (c-1)/2*excess*(1+(c-2)/3*excess)) // (Σ^c - 1)/(c a), by a series
	if !((1+c)*math.Abs(excess) < 0x1p-10) {
		step = math.Expm1(c*math.Log1p(excess)) / (c * a)
	}
	return step / max(0.5, 1-step*(1+c)*(b/a-a)/2)
}

// softmax is the limit for c = 0.
func (s *tempered) softmax(e float64) (top float64) {
	kernel.LogSoftmax(s.Log, s.d, len(s.d))
	kernel.Softmax(s.P, s.d, len(s.d))
	for j, l := range s.Log {
		s.Inverse[j], s.Pow[j] = 1, times(e, l)
	}
	kernel.Softmax(s.Pow, s.Pow, len(s.Pow))
	f := math.Exp(e*s.Log[s.top]) / s.Pow[s.top]
	for j := range s.Pow {
		s.Pow[j] *= f
	}
	return s.leaveOut()
}

// even is the limit of a large c: beside μ, of the size of K^c, the differences of the logits are
// nothing, and all classes but those of a logit -Inf have the same ŷ.
func (s *tempered) even(e float64) (top float64) {
	var k float64
	for _, d := range s.d {
		if d >= -math.MaxFloat64 {
			k++
		}
	}
	for j, d := range s.d {
		s.Log[j], s.P[j], s.Pow[j], s.Inverse[j] = -math.Log(k), 1/k, math.Pow(k, -e), 0
		if !(d >= -math.MaxFloat64) {
			s.Log[j], s.P[j], s.Pow[j] = math.Inf(-1), 0, 0
		}
	}
	return s.leaveOut()
}

// leaveOut puts zeros in the place of the top and returns log ŷ of it.
func (s *tempered) leaveOut() (top float64) {
	top = s.Log[s.top]
	s.P[s.top], s.Pow[s.top], s.Inverse[s.top] = 0, 0, 0
	return top
}

// putTop stores what solve left out.
func (s *tempered) putTop(c, e, log float64) {
	s.Log[s.top], s.P[s.top], s.Pow[s.top], s.Inverse[s.top] = log, math.Exp(log), math.Exp(e*log), math.Exp(c*log)
}
