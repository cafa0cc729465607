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

	sum, squares float64 // of d and its squares
	x            float64 // of the top
	less         float64 // ŷ of a sure top less 1

	c, most float64 // the largest μ, for c
	whole   int     // of kernel.WholeExponent, 0 where results are not rounded to float32

	// What was computed last for whole: μ, and Σ ŷ, Σ ŷ/x and Σ ŷ/x² without the top.
	mu         float64
	s0, s1, s2 float64
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
	s.top = kernel.Position(s.d, 0)
	s.sum, s.squares = kernel.Moments(s.d, s.d, 0)
	return s.top < len(s.d) && s.sum == s.sum // NaN where one is
}

// solve finds μ and computes all, with the power e, to the digits of float32 or, unless narrow, of
// float64. The top it leaves out, with zeros in its place, and returns log ŷ of it.
//
// The sum Σ of the ŷ is at least 1 at μ = 0 and falls as μ grows. Σ^-c, K^-c times a power mean of
// the x, is concave in μ, and linear when all logits are the same, and Halley's method finds where
// it is 1. When a step is so small that its cube is nothing it is the last, and the ŷ follow by a
// series.
func (s *tempered) solve(c, e float64, narrow bool) (top float64) {
	if c == 0 {
		return s.softmax(e)
	}
	if e == c { // p^e is 1/x, as with the parameters of the paper
		s.Pow = s.Inverse
	}
	if s.c != c {
		s.c, s.most = c, math.Expm1(c*math.Log(float64(len(s.d))))/c
	}
	if !(s.most < 1e300) {
		return s.even(c, e)
	}
	s.setWhole(c, e, narrow)
	mu, tolerance := s.start(c, s.most), 0x1p-19
	s.d[s.top] = math.Inf(-1)
	near := narrow && mu > s.most/2 // the top has a small share: the start is a good one
	switch {
	case near:
		tolerance = 0x1p-6
	case narrow:
		tolerance = 0x1p-12
	}
	if s.single != nil && !near && s.whole == 0 {
		mu = s.firstSteps(c, mu)
	}
	var step, slope float64
	for range 100 {
		s0, s1, s2 := s.powers(c, mu, e)
		step, slope = s.halley(c, mu, s0, s1, s2)
		if !(math.Abs(step) > tolerance*reach(c, mu, step, near)) {
			break
		}
		mu = max(0, mu+step)
	}
	mu = s.shift(c, mu, step, e)
	if near {
		mu = s.settle(c, e, mu, slope)
	}
	s.Pow[s.top], s.x = 0, 1+c*mu
	return -math.Log1p(c*mu) / c
}

// setWhole finds whole.
func (s *tempered) setWhole(c, e float64, narrow bool) {
	s.whole = 0
	if narrow {
		s.whole = kernel.WholeExponent(c, e)
	}
}

// powers computes all for μ but the logarithms of whole, and returns the sums of the ŷ, ŷ/x and
// ŷ/x².
func (s *tempered) powers(c, mu, e float64) (s0, s1, s2 float64) {
	if s.whole == 0 {
		return kernel.TemperedPowers(s.Tempered, s.d, c, mu, e)
	}
	s.mu = mu
	s.s0, s.s1, s.s2 = kernel.TemperedWhole(s.Tempered, s.d, c, mu, s.whole)
	return s.s0, s.s1, s.s2
}

// shift takes all from μ a small step on, and returns where that is.
func (s *tempered) shift(c, mu, step, e float64) float64 {
	if s.whole == 0 {
		kernel.TemperedShift(s.Tempered, c, step, e)
	} else {
		s.powers(c, mu+step, e)
	}
	return mu + step
}

// others returns the sum of all ŷ but that of the top.
func (s *tempered) others() float64 {
	if s.whole == 0 {
		return kernel.Sum(s.P)
	}
	return s.s0
}

// temperedMoments returns Σ v, Σ ŷ^T2 and Σ ŷ^(2-T1) of all classes but the top, for labels t, of
// which y >= 0 says that they are those of class y.
func temperedMoments[T kernel.Float](s *tempered, t []T, y int) (v, escort, others float64) {
	if s.whole == 0 || y < 0 {
		return kernel.TemperedMoments(t, s.Tempered)
	}
	if v = s.s2; y != s.top {
		v -= s.Inverse[y] * s.Inverse[y]
	}
	return v, s.s1, s.s1
}

// lessPower returns 1 - ŷ^e of a class. With whole that is 1 - 1/x.
func (s *tempered) lessPower(e float64, j int) float64 {
	p := s.Pow[j]
	switch {
	case s.whole == 0:
		return kernel.PowerDifference(0, 1, e*s.Log[j], p)
	case p < 0.5: // also where d is -Inf
		return 1 - p
	case j == s.top: // where solve has no d
		return s.c * s.mu * p
	}
	return s.c * (s.mu - s.d[j]) * p
}

// setLogs computes the logarithms that powers has left out.
func (s *tempered) setLogs(e float64) {
	if s.whole != 0 {
		log := s.Log[s.top]
		kernel.TemperedPowers(s.Tempered, s.d, s.c, s.mu, e)
		s.putTop(e, log)
	}
}

// reach is what a last step is compared with: μ behind it, or where the start is near the least x
// divided by the factor of the logits, if that is above 1, so that the series holds.
func reach(c, mu, step float64, near bool) float64 {
	if near {
		return (1 + c*mu) / max(1, c)
	}
	return mu + step
}

// settle goes on from a μ that was reached by a large step, if more than a billionth of it is left,
// and returns it. slope is how fast the sum falls.
func (s *tempered) settle(c, e, mu, slope float64) float64 {
	for range 4 {
		left := (s.others() + s.topLess(c, mu)) / slope
		if !(math.Abs(left) > 0x1p-30*mu) {
			break
		}
		mu = s.shift(c, mu, left, e)
	}
	return mu
}

// start returns a first μ: where the mean of the x, less what their variance takes from the power
// mean, is K^c, or, which is never too large, where their mean is.
func (s *tempered) start(c, most float64) float64 {
	k := float64(len(s.d))
	mean := -s.sum / k
	mu := most - mean
	if top := 1 + c*most; top < 1e100 {
		if x := (top + math.Sqrt(top*top+2*(1+c)*c*(s.squares/k-mean*mean))) / 2; x < 1e100 {
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
		step, _ := s.halley(c, mu, s0, s1, s2)
		if !finite(step) {
			break
		}
		mu = max(0, mu+step)
		if math.Abs(step) < 0x1p-4*mu {
			break
		}
	}
	return mu
}

// halley returns the step from mu to the next, for the sums of the ŷ, ŷ/x and ŷ/x² of all classes
// but the top, and how fast Σ falls.
func (s *tempered) halley(c, mu, s0, s1, s2 float64) (step, slope float64) {
	x, less := 1+c*mu, s.topLess(c, mu)
	y := (1 + less) / x
	excess := s0 + less
	sum := 1 + excess
	slope = s1 + y
	a, b := slope/sum, (s2+y/x)/sum
	step = excess / a // times (Σ^c - 1)/(c (Σ - 1)), by a series
	if (1+c)*math.Abs(excess) < 0x1p-5 {
		step *= 1 + (c-1)/2*excess*(1+(c-2)/3*excess*(1+(c-3)/4*excess*(1+(c-4)/5*excess*(1+(c-5)/6*excess))))
	} else {
		step = math.Expm1(c*math.Log1p(excess)) / (c * a)
	}
	return step / max(0.5, 1-step*(1+c)*(b/a-a)/2), slope
}

// topLess returns ŷ of the top less 1.
func (s *tempered) topLess(c, mu float64) float64 {
	if s.whole == 0 {
		return math.Expm1(-math.Log1p(c*mu) / c)
	}
	y := c * mu // less 1, the powers of x
	for x, n := y, 1; n < s.whole; n++ {
		y += x * (1 + y)
	}
	return -1 / (1 + 1/y)
}

// softmax is the limit for c = 0.
func (s *tempered) softmax(e float64) (top float64) {
	s.x = 1
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
func (s *tempered) even(c, e float64) (top float64) {
	var k float64
	for _, d := range s.d {
		if d >= -math.MaxFloat64 {
			k++
		}
	}
	s.x = math.Pow(k, c)
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

// putTop stores what solve left out, given log ŷ.
func (s *tempered) putTop(e, log float64) {
	p := math.Exp(log)
	s.Log[s.top], s.P[s.top], s.Pow[s.top], s.Inverse[s.top] = log, p, math.Exp(e*log), 1/s.x
	if s.sure() {
		s.less = math.Expm1(log)
	}
}

// topAbove returns ŷ of the top less its label t.
func (s *tempered) topAbove(t float64) float64 {
	if s.sure() {
		return (1 - t) + s.less
	}
	return s.P[s.top] - t
}

// sure reports whether ŷ > 1/2 for the top: there what is left to 1 says more.
func (s *tempered) sure() bool { return s.P[s.top] > 0.5 }
