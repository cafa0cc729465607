package graph

import (
	"math"
	"slices"
	"strings"
	"sync"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/internal/dense"
)

// carry hands gradients to the gradient ops of the same run: all of them when the first is asked
// for, of an op that computes them at once, or those that were computed beside the result, as with
// Options.ReuseGrad. It never decides what a gradient is, only who computes it. A gradient is given
// away once, to a caller with the same result, which every run makes anew, the same inputs and the
// same upstream gradient that it was computed with. So machines that share the op, as those of a
// graph and its clones do, cannot get each other's.
type carry struct {
	// gradients returns the gradients by the inputs, nil for those that are computed elsewhere, and
	// when beside is true the op's result, a scalar.
	gradients func(in []*tensor.Dense, upstream *tensor.Dense, beside bool) (result *tensor.Dense,
		grads []*tensor.Dense, err error)
	ahead  bool // compute gradients beside the result when somebody will ask for them,
	memory bool // one of them in the memory that is the last input

	mu       sync.Mutex
	steady   bool    // somebody will ask, and the last two times did so with the same upstream gradient
	upstream float64 // that, of a scalar
	kept     [2]carried
}

// carried are gradients that wait, and what they were computed with. That they hold on to the
// result keeps its address its own.
type carried struct {
	result   gorgonia.Value // nil: nothing waits here
	in       []*tensor.Dense
	upstream *tensor.Dense
	grads    []*tensor.Dense // those that nobody has taken; nil when their memory is another one's by now
}

// want says that there is a backward pass. Until then no gradient is computed ahead.
func (c *carry) want() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.steady, c.upstream = c.ahead, 1
}

// forward computes the result, and the gradients too when somebody will ask for them.
func (c *carry) forward(in []*tensor.Dense, alone func([]*tensor.Dense) (gorgonia.Value, error)) (gorgonia.Value,
	error) {
	u, ok := c.expects(in)
	if !ok {
		return alone(in)
	}
	upstream := newTensor(in[0].Dtype(), nil, u)
	y, grads, err := c.gradients(in, upstream, true)
	if err != nil {
		return nil, err
	}
	result := scalarOf(y)
	c.keep(carried{result, in, upstream, grads})
	return result, nil
}

// expects returns the upstream gradient that will be asked with, and whether to compute gradients
// ahead. When nobody comes for them, as in a machine that runs the loss alone, none are.
func (c *carry) expects(in []*tensor.Dense) (upstream float64, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.steady || c.free() < 0 {
		return 0, false
	}
	for i, k := range c.kept {
		if c.memory && k.result != nil && k.in[len(k.in)-1] == in[len(in)-1] {
			c.kept[i].grads = nil // but its place tells that nobody came
		}
	}
	return c.upstream, true
}

// free returns an empty place, or -1.
func (c *carry) free() int {
	return slices.IndexFunc(c.kept[:], func(k carried) bool { return k.result == nil })
}

// keep lets gradients wait for those who will ask.
func (c *carry) keep(k carried) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kept[max(0, c.free())] = k
}

// take returns the gradient by input i of the run that made the result.
func (c *carry) take(i int, result gorgonia.Value, in []*tensor.Dense, upstream *tensor.Dense) (*tensor.Dense, error) {
	if grad := c.find(i, result, in, upstream); grad != nil {
		return grad, nil
	}
	_, grads, err := c.gradients(in, upstream, false)
	if err != nil {
		return nil, err
	}
	grad := grads[i]
	if grads[i] = nil; some(grads) {
		c.keep(carried{result, in, upstream, grads})
	}
	return grad, nil
}

// find returns the gradient by input i if it waits, nil if it does not.
func (c *carry) find(i int, result gorgonia.Value, in []*tensor.Dense, upstream *tensor.Dense) (grad *tensor.Dense) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ahead {
		u := number(upstream)
		c.steady, c.upstream = sameBits(c.upstream, u), u
	}
	at := slices.IndexFunc(c.kept[:], func(k carried) bool { return k.result != nil && k.result == result })
	if at < 0 {
		if c.free() < 0 { // what waits was left behind
			c.kept = [len(c.kept)]carried{}
		}
		return nil
	}
	k := &c.kept[at]
	if k.grads != nil && same(k.upstream, upstream) && slices.EqualFunc(k.in, in, same) {
		grad, k.grads[i] = k.grads[i], nil
	}
	if grad == nil || !some(k.grads) {
		*k = carried{}
	}
	return grad
}

// some reports whether there is a gradient.
func some(grads []*tensor.Dense) bool {
	return slices.ContainsFunc(grads, func(g *tensor.Dense) bool { return g != nil })
}

// same reports whether a and b are one tensor, or one number.
func same(a, b *tensor.Dense) bool {
	return a == b || a.Dims() == 0 && b.Dims() == 0 && sameBits(number(a), number(b))
}

// sameBits tells 0 from -0, which give zeros of different signs.
func sameBits(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) }

// memoryName begins the names of inputs that are memory for gradients.
const memoryName = "gradient memory"

// memoryOf returns an input of the logits' shape for their gradient. As an input, and no field of
// the op, each clone of the graph has its own: Gorgonia clones the values of nodes, and shares ops.
func memoryOf(logits *gorgonia.Node) *gorgonia.Node {
	d := dense.New(logits.Dtype(), logits.Shape()...)
	return inputOf(logits.Graph(), memoryName, logits.Type(), logits.Shape(), d)
}

// over returns a new tensor in the memory of another: Gorgonia changes tensors in place, and clears
// those of unbound nodes.
func over(memory *tensor.Dense) *tensor.Dense { return memory.ShallowClone() }

// ownMemory returns the value for a copy of an input: the input's own, except for memory, which
// graphs do not share.
func ownMemory(n *gorgonia.Node) gorgonia.Value {
	if d, ok := n.Value().(*tensor.Dense); ok && strings.HasPrefix(n.Name(), memoryName+"@") {
		return dense.New(d.Dtype(), d.Shape()...)
	}
	return n.Value()
}
