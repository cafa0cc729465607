package graph

import (
	"slices"
	"strings"
	"sync"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/internal/dense"
)

// carry hands the gradient by the logits that a loss op computes beside its value to the gradient
// op of the same run: Options.ReuseGrad. It never decides what a gradient is, only whether it has
// to be computed. A gradient is given away once, to a caller with the same value of the loss, the
// same tensors and the same upstream gradient that it was computed with, and it is, bit for bit,
// what that caller would compute. So machines that share the op, as those of a graph and its clones
// do, cannot get each other's.
type carry struct {
	// both computes loss and gradient for an upstream gradient; the gradient is stored in grad.
	both func(in []*tensor.Dense, upstream float64, grad *tensor.Dense) (loss *tensor.Dense, err error)

	mu       sync.Mutex
	steady   bool    // somebody will ask, and the last two did so with one upstream gradient:
	upstream float64 // the last one
	kept     [2]carried
}

// carried is a gradient that waits and what it was computed with. That it holds on to the loss
// keeps the loss's address its own.
type carried struct {
	loss     gorgonia.Value // nil: nothing waits here
	in       []*tensor.Dense
	upstream float64
	grad     *tensor.Dense // nil when its memory is another one's by now
}

// want says that there is a backward pass. Until then no gradient is computed ahead.
func (c *carry) want() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.steady, c.upstream = true, 1
}

// forward computes the loss, and the gradient too when somebody will ask for it, in the memory that
// is the last input.
func (c *carry) forward(in []*tensor.Dense, alone func([]*tensor.Dense) (*tensor.Dense, error)) (gorgonia.Value,
	error) {
	memory := in[len(in)-1]
	upstream, ok := c.expects(memory)
	if !ok {
		loss, err := alone(in)
		if err != nil {
			return nil, err
		}
		return scalarOf(loss), nil
	}
	// A tensor of its own over the memory: Gorgonia changes tensors in place, and takes those of
	// unbound nodes apart.
	grad := tensor.New(tensor.WithShape(memory.Shape()...), tensor.WithBacking(memory.Data()))
	loss, err := c.both(in, upstream, grad)
	if err != nil {
		return nil, err
	}
	value := scalarOf(loss)
	c.mu.Lock()
	defer c.mu.Unlock()
	if at := c.free(); at >= 0 {
		c.kept[at] = carried{loss: value, in: in, upstream: upstream, grad: grad}
	}
	return value, nil
}

// expects returns the upstream gradient that will be asked with, and whether to compute a gradient
// ahead. When nobody comes for them, as in a machine that runs the loss alone, none are.
func (c *carry) expects(memory *tensor.Dense) (upstream float64, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.steady || c.free() < 0 {
		return 0, false
	}
	for i, k := range c.kept {
		if k.loss != nil && k.in[len(k.in)-1] == memory {
			c.kept[i].grad = nil // but its place tells that nobody came
		}
	}
	return c.upstream, true
}

// free returns an empty place, or -1.
func (c *carry) free() int {
	return slices.IndexFunc(c.kept[:], func(k carried) bool { return k.loss == nil })
}

// take returns the gradient that was computed beside this loss, or nil.
func (c *carry) take(loss gorgonia.Value, in []*tensor.Dense, upstream float64) *tensor.Dense {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.steady, c.upstream = sameBits(c.upstream, upstream), upstream
	at := slices.IndexFunc(c.kept[:], func(k carried) bool { return k.loss != nil && k.loss == loss })
	if at < 0 {
		if c.free() < 0 { // what waits was left behind
			c.kept = [len(c.kept)]carried{}
		}
		return nil
	}
	k := c.kept[at]
	c.kept[at] = carried{}
	if !sameBits(k.upstream, upstream) || !slices.Equal(k.in, in) {
		return nil
	}
	return k.grad
}

// memoryName begins the names of inputs that are memory for gradients.
const memoryName = "gradient memory"

// memoryOf returns an input of the logits' shape for their gradient. As an input, and no field of
// the op, each clone of the graph has its own: Gorgonia clones the values of nodes, and shares ops.
func memoryOf(logits *gorgonia.Node) *gorgonia.Node {
	d := dense.New(logits.Dtype(), logits.Shape()...)
	return inputOf(logits.Graph(), memoryName, logits.Type(), logits.Shape(), d)
}

// ownMemory returns the value for a copy of an input: the input's own, except for memory, which
// graphs do not share.
func ownMemory(n *gorgonia.Node) gorgonia.Value {
	if d, ok := n.Value().(*tensor.Dense); ok && strings.HasPrefix(n.Name(), memoryName+"@") {
		return dense.New(d.Dtype(), d.Shape()...)
	}
	return n.Value()
}
