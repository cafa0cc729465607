package graph

import (
	"slices"
	"sync"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// together computes the gradients of an op by all its inputs at once, and hands each to the gradient
// op of the same run that asks for it. It never decides what a gradient is, only who computes it: a
// gradient is given to a caller with the same values of inputs, result and upstream gradient, of
// which a result is made anew by every run. So machines that share the op cannot get each other's.
type together struct {
	gradients func(in []*tensor.Dense, upstream *tensor.Dense) ([]*tensor.Dense, error)

	mu      sync.Mutex
	waiting [2]shared // the last two, of machines at work at once
	next    int
}

// shared are gradients that wait, nil where there is none or it has been taken, and what they were
// computed with. That they hold on to the result keeps its address its own.
type shared struct {
	in    []gorgonia.Value
	grads []*tensor.Dense
}

// take returns the gradient by input i. in are the values that the gradient op got, x and upstream
// the tensors among them that are read.
func (t *together) take(i int, in []gorgonia.Value, x []*tensor.Dense, upstream *tensor.Dense) (*tensor.Dense, error) {
	if grad := t.find(i, in); grad != nil {
		return grad, nil
	}
	grads, err := t.gradients(x, upstream)
	if err != nil {
		return nil, err
	}
	grad := grads[i]
	grads[i] = nil
	t.mu.Lock()
	defer t.mu.Unlock()
	t.waiting[t.next] = shared{slices.Clone(in), grads}
	t.next = (t.next + 1) % len(t.waiting)
	return grad, nil
}

// find returns the gradient by input i if it waits, nil if it does not.
func (t *together) find(i int, in []gorgonia.Value) *tensor.Dense {
	t.mu.Lock()
	defer t.mu.Unlock()
	for at := range t.waiting {
		w := &t.waiting[at]
		if !slices.Equal(w.in, in) {
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
