package metric

import (
	"errors"
	"fmt"
	"math"

	"gorgonia.org/tensor"

	"softloss/internal/dense"
	"softloss/losses"
)

// ErrTemperature says that no temperature fits the logits; errors.Is finds it.
var ErrTemperature = errors.New("no temperature fits")

// FitTemperature returns the T > 0 by which logits are divided, before the softmax, so that the
// labels are likeliest: temperature scaling. It makes confidence what accuracy is, and leaves the
// predicted classes. A network trained long is too sure of itself: T > 1.
//
//	L(s) = -Σ_n w_n Σ_k t_nk log softmax(s z_n)_k,   s = 1/T
//	L'(s) = Σ_n w_n Σ_k (m_n p_nk - t_nk) z_nk,      m_n = Σ_k t_nk,   p_n = softmax(s z_n)
//
// L is convex in s, so that L'(s) = 0 has one solution, found by Newton's method within a bracket,
// down to the resolution of float64: the computed L' changes its sign at s. Labels may be soft; a
// row whose labels sum to m counts m times.
//
// Logits are those of validation data, not of what the model was trained on; target and weights:
// see the package. The probabilities are those of [losses.TeacherLabels] with T.
//
// Errors: see the package; [losses.ErrParam] for a logit that is not finite or beyond ±1e300;
// [ErrTemperature] where L has no minimum:
//
//	every label on a largest logit of its row    L falls for T → 0: no logits are too large
//	the logits are worse than equal ones         L falls even for T → ∞
//
// Source: Guo, Pleiss, Sun and Weinberger, ICML 2017, arXiv:1706.04599, section 4.2.
func FitTemperature(logits, target tensor.Tensor, weights []float64) (float64, error) {
	r, err := read("logits", logits, target, weights, losses.Criterion{})
	if err != nil {
		return 0, err
	}
	for at, z := range r.scores {
		if !(math.Abs(z) <= 1e300) {
			return 0, &losses.Error{Arg: "logits", Row: at / r.k, Col: at % r.k, Got: fmt.Sprint(z), Problem: "is out of range",
				Want: "a number from -1e300 to 1e300", Kind: losses.ErrParam}
		}
	}
	c := newCooling(r)
	s, err := c.minimum()
	if err != nil {
		return 0, err
	}
	// s is of logits that were divided by c.spread.
	temperature := c.spread / s
	if !(temperature > 0 && temperature <= math.MaxFloat64) {
		return 0, noTemperature(fmt.Sprintf("is within float64: it would be %v", temperature))
	}
	return temperature, nil
}

// cooling is L of FitTemperature on logits shifted by the row's largest and divided by the largest
// distance, in [-1, 0].
type cooling struct {
	k      int
	d, t   []float64 // [N, K]; the labels divided by the largest label
	spread float64
	passes int // over the data
}

func newCooling(r *rows) *cooling {
	c := &cooling{k: r.k, d: make([]float64, r.n*r.k), t: make([]float64, r.n*r.k)}
	largest := 0.0
	for i, w := range r.weights {
		z := r.score(i)
		top := z[dense.Argmax(z)]
		for j, t := range r.label(i) {
			at := i*r.k + j
			c.d[at], c.t[at] = z[j]-top, w*t
			c.spread, largest = max(c.spread, -c.d[at]), max(largest, c.t[at])
		}
	}
	for at := range c.d {
		c.d[at] /= max(c.spread, math.SmallestNonzeroFloat64)
		c.t[at] /= max(largest, math.SmallestNonzeroFloat64)
	}
	return c
}

// slope returns the first two derivatives of L, the second one Σ_n m_n Var_p(d) with 0 for its
// rounding below 0; s >= 0.
func (c *cooling) slope(s float64) (first, second float64) {
	c.passes++
	for at := 0; at < len(c.d); at += c.k {
		d, t := c.d[at:at+c.k], c.t[at:at+c.k]
		var mass, have, sum, mean, square float64
		for j, v := range d {
			e := math.Exp(s * v)
			sum += e
			mean += e * v
			square += e * v * v
			mass += t[j]
			have += t[j] * v
		}
		mean /= sum
		first += mass*mean - have
		second += mass * max(square/sum-mean*mean, 0)
	}
	return first, second
}

// minimum returns the s where L' changes its sign.
func (c *cooling) minimum() (float64, error) {
	missed, mass := 0.0, 0.0 // missed is -lim L'(s) for s → ∞
	for at, v := range c.d {
		missed += c.t[at] * v
		mass += c.t[at]
	}
	// As |d| <= 1, L'(0) is a sum of terms of the size of mass: what is below 1e-14 of it is
	// rounding.
	if start, _ := c.slope(0); !(start < -1e-14*mass) {
		return 0, noTemperature("fits them: they say no more about the labels than equal logits would")
	}
	if missed == 0 {
		return 0, noTemperature("fits them: every label is on the largest logit, so that the likelihood only grows as T " +
			"falls to 0; use more data")
	}
	lo, hi := 0.0, 1.0
	for {
		if g, _ := c.slope(hi); !(g < 0) {
			break
		}
		if lo, hi = hi, 2*hi; math.IsInf(hi, 0) {
			return 0, noTemperature("fits them: the likelihood grows down to the smallest T")
		}
	}
	// L'(lo) < 0 <= L'(hi). Newton's step from the last point, or the middle where it leaves the
	// bracket or is slow.
	s := hi
	for range 4000 {
		middle := lo + (hi-lo)/2
		if middle <= lo || middle >= hi {
			break
		}
		g, curve := c.slope(s)
		if g < 0 {
			lo = max(lo, s)
		} else {
			hi = min(hi, s)
		}
		next := s - g/curve
		if width := hi - lo; !(next > lo && next < hi) || math.Abs(next-s) > width/2 {
			next = middle
		} else if math.Abs(next-s) < 1e-15*s {
			// Converged from one side: look just beyond, so that the bracket closes from the other.
			next = min(max(s-math.Copysign(4e-16*s, g), math.Nextafter(lo, hi)), math.Nextafter(hi, lo))
		}
		s = next
	}
	return hi, nil
}

func noTemperature(problem string) error {
	return &losses.Error{Arg: "logits", Row: -1, Col: -1, Got: "no temperature", Problem: problem, Kind: ErrTemperature}
}
