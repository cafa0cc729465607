package graph

import (
	"math"
	"slices"
	"sync"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/internal/dense"
)

// together computes the gradients of an op by all its inputs at once, and hands each to the
// gradient op of the same run that asks for it. With ahead it computes them beside the result when
// they will be asked for. It never decides what a gradient is, only who computes it: a gradient is
// given to a caller with the same result, which every run makes anew, and the same upstream
// gradient. So machines that share the op cannot get each other's.
type together struct {
	// gradients returns the gradients by the inputs, nil for those that have none, and with result
	// the op's result too.
	gradients func(in []*tensor.Dense, upstream *tensor.Dense, result bool) (y *tensor.Dense, grads []*tensor.Dense,
		err error)
	ahead bool

	mu       sync.Mutex
	expected bool      // somebody will ask, as after the last run, and with this upstream gradient
	upstream float64   // of a scalar
	waiting  [2]shared // the last two, of machines at work at once
	next     int
}

// shared are gradients that wait, nil where there is none or it has been taken, and what they were
// computed with. That they hold on to the result keeps its address its own.
type shared struct {
	result   gorgonia.Value
	upstream *tensor.Dense
	grads    []*tensor.Dense
}

// want says that there is a backward pass.
func (t *together) want() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.expected, t.upstream = t.ahead, 1
}

// forward computes the result, a scalar when it is ahead, and the gradients where they are
// expected.
func (t *together) forward(in []*tensor.Dense, alone func([]*tensor.Dense) (gorgonia.Value, error)) (gorgonia.Value,
	error) {
	t.mu.Lock()
	expected, upstream := t.expected, t.upstream
	t.expected = false // until somebody has asked
	t.mu.Unlock()
	if !expected {
		return alone(in)
	}
	u := newScalar(in[0].Dtype(), upstream)
	y, grads, err := t.gradients(in, u, true)
	if err != nil {
		return nil, err
	}
	result := scalarOf(y)
	t.keep(shared{result, u, grads})
	return result, nil
}

// take returns the gradient by input i of the run that made the result.
func (t *together) take(i int, result gorgonia.Value, in []*tensor.Dense, upstream *tensor.Dense) (*tensor.Dense,
	error) {
	t.asked(upstream)
	if grad := t.find(i, result, upstream); grad != nil {
		return grad, nil
	}
	_, grads, err := t.gradients(in, upstream, false)
	if err != nil {
		return nil, err
	}
	grad := grads[i]
	grads[i] = nil
	t.keep(shared{result, upstream, grads})
	return grad, nil
}

// asked says that somebody asks for a gradient. It will be so again, and worth to compute ahead,
// when it was with the same upstream gradient as before.
func (t *together) asked(upstream *tensor.Dense) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ahead {
		u := dense.Rows(upstream, 0, new([]float64))[0]
		t.expected, t.upstream = sameBits(u, t.upstream), u
	}
}

// keep lets gradients wait for those who will ask.
func (t *together) keep(s shared) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.waiting[t.next] = s
	t.next = (t.next + 1) % len(t.waiting)
}

// find returns the gradient by input i if it waits, nil if it does not.
func (t *together) find(i int, result gorgonia.Value, upstream *tensor.Dense) *tensor.Dense {
	t.mu.Lock()
	defer t.mu.Unlock()
	for at := range t.waiting {
		w := &t.waiting[at]
		if w.result == nil || w.result != result || !sameUpstream(w.upstream, upstream) {
			continue
		}
		grad := w.grads[i]
		w.grads[i] = nil
		if !slices.ContainsFunc(w.grads, func(g *tensor.Dense) bool { return g != nil }) {
			*w = shared{}
		}
		return grad
	}
	return nil
}

// sameUpstream reports whether a and b are one tensor, or one number.
func sameUpstream(a, b *tensor.Dense) bool {
	scalars := a.Dims() == 0 && b.Dims() == 0
	return a == b || scalars && sameBits(dense.Rows(a, 0, new([]float64))[0], dense.Rows(b, 0, new([]float64))[0])
}

// sameBits tells 0 from -0, which give zeros of different signs.
func sameBits(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) }
