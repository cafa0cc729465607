package graph

import (
	"fmt"
	"slices"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

var (
	_ gorgonia.SDOp = (*forwardOp)(nil)
	_ gorgonia.ADOp = (*forwardOp)(nil)
	_ gorgonia.SDOp = (*gradientOp)(nil)
	_ gorgonia.SDOp = (*secondOp)(nil)
	_ ownOp         = (*forwardOp)(nil)
	_ ownOp         = (*gradientOp)(nil)
	_ ownOp         = (*secondOp)(nil)
)

// constantInput is implemented by ops that do not depend on an input, or not in a way that is
// differentiated.
type constantInput interface{ constantIn(i int) bool }

// forwardOp is a differentiable function: what Apply, Softmax and the functions beside them make
// nodes of.
type forwardOp struct {
	function
	probs string // what made probabilities of its result, such as softmax; "" when they are none
	wrt   []bool // by which of its inputs it is differentiated; the others are constants by the caller's choice
	// gradient computes the gradient by input i from the inputs and the upstream gradient; nil
	// where carry has all of them.
	gradient func(i int, in []*tensor.Dense, upstream *tensor.Dense) (*tensor.Dense, error)
	// second computes from the inputs, the upstream gradient u and a vector v like the first input
	// the gradient of Σ v·gradient by input i, or, when i is the number of inputs, by u.
	second func(i int, in []*tensor.Dense, u, v *tensor.Dense) (*tensor.Dense, error)
	// linear says that second is 0 by the inputs, so that only u is left.
	linear bool
	// noSecond says why the gradient by input i has no derivative, nil where second is it. Without
	// this function second is it everywhere.
	noSecond func(i int) error
	// changed reports whether the op computes what its text does not say any more; nil for an op
	// that always does what it says.
	changed func() bool
	// carry hands gradients on: that by the first input, or where gradient is nil all of them. It
	// is nil when every gradient is computed where it is asked for.
	carry *carry
}

// Do implements gorgonia.Op.
func (o *forwardOp) Do(in ...gorgonia.Value) (gorgonia.Value, error) {
	if o.carry == nil {
		return o.function.Do(in...)
	}
	x, err := o.tensors(in)
	if err != nil {
		return nil, err
	}
	return o.carry.forward(x, o.value)
}

// DiffWRT implements gorgonia.SDOp.
func (o *forwardOp) DiffWRT(int) []bool { return slices.Clone(o.wrt) }

// constantIn implements constantInput.
func (o *forwardOp) constantIn(i int) bool { return !o.wrt[i] }

// SymDiff implements gorgonia.SDOp. The result is an input of its gradient so that it is always
// computed first.
func (o *forwardOp) SymDiff(in gorgonia.Nodes, output, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	if err := wantInputs(o, len(in), len(o.in)); err != nil {
		return nil, err
	}
	if o.carry != nil {
		o.carry.want()
	}
	out := make(gorgonia.Nodes, len(in))
	for i, want := range o.wrt {
		if !want {
			continue
		}
		d, err := apply(newGradientOp(o, i), slices.Concat(in, gorgonia.Nodes{output, grad})...)
		if err != nil {
			return nil, err
		}
		out[i] = d
	}
	return out, nil
}

// DoDiff implements gorgonia.ADOp, for the Lisp machine.
func (o *forwardOp) DoDiff(_ gorgonia.ExecutionContext, in gorgonia.Nodes, output *gorgonia.Node) error {
	if err := wantInputs(o, len(in), len(o.in)); err != nil {
		return err
	}
	up, err := output.Grad()
	if err != nil {
		return err
	}
	upstream, err := tensorOf(kind{arg: "upstream", dims: o.out.dims}, up)
	if err != nil {
		return err
	}
	x := make([]*tensor.Dense, len(in))
	for i, n := range in {
		if x[i], err = tensorOf(o.in[i], n.Value()); err != nil {
			return err
		}
	}
	grads := make([]*tensor.Dense, len(in))
	if o.gradient == nil {
		if _, grads, err = o.carry.gradients(x, upstream, false); err != nil {
			return err
		}
	}
	for i, want := range o.wrt {
		if !want {
			continue
		}
		if o.gradient != nil {
			if grads[i], err = o.gradient(i, x, upstream); err != nil {
				return err
			}
		}
		if err := addToGrad(in[i], grads[i]); err != nil {
			return err
		}
	}
	return nil
}

// gradientOp is the gradient of a forwardOp by input i: (its inputs, its result, upstream gradient)
// → gradient.
type gradientOp struct {
	function
	forward *forwardOp
	i       int
}

func newGradientOp(o *forwardOp, i int) *gradientOp {
	n, result, up := len(o.in), o.out, o.out
	result.unread, up.arg = true, "upstream"
	d := &gradientOp{function: newFunction(fmt.Sprintf("d%d %v", i, o), slices.Concat(o.in, []kind{result, up}),
		o.in[i]), forward: o, i: i}
	d.shape = func(in []tensor.Shape) tensor.Shape { return in[i] }
	d.run = func(in []*tensor.Dense) (*tensor.Dense, error) { return o.gradient(i, in[:n], in[n+1]) }
	return d
}

// Do implements gorgonia.Op.
func (o *gradientOp) Do(in ...gorgonia.Value) (gorgonia.Value, error) {
	if o.forward.carry == nil || o.i > 0 && o.forward.gradient != nil {
		return o.function.Do(in...)
	}
	x, err := o.tensors(in)
	if err != nil {
		return nil, err
	}
	n := len(o.forward.in)
	grad, err := o.forward.carry.take(o.i, in[n], x[:n], x[n+1])
	if err != nil {
		return nil, err
	}
	return grad, nil
}

// noDerivative says why the gradient has no derivative, nil when it has one.
func (o *gradientOp) noDerivative() error {
	if o.forward.noSecond == nil {
		return nil
	}
	return o.forward.noSecond(o.i)
}

// constantIn implements constantInput: the result is an input for the order of execution only.
func (o *gradientOp) constantIn(i int) bool {
	n := len(o.forward.in)
	return i == n || i < n && (o.forward.constantIn(i) || o.forward.linear)
}

// DiffWRT implements gorgonia.SDOp. It has to be there for every gradient: without this method
// gorgonia.Grad could not pass it on its way through the graph.
func (o *gradientOp) DiffWRT(inputs int) []bool {
	d := make([]bool, inputs)
	if o.noDerivative() == nil {
		for i := range d {
			d[i] = !o.constantIn(i)
		}
	}
	return d
}

// SymDiff implements gorgonia.SDOp. In the graph of the first derivatives it is an error: Gorgonia
// would not go on through nodes that it has differentiated once, and the result would be the first
// order's.
func (o *gradientOp) SymDiff(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	if err := wantInputs(o, len(in), len(o.in)); err != nil {
		return nil, err
	}
	if err := o.noDerivative(); err != nil {
		return nil, err
	}
	if in[0].Deriv() != nil {
		return nil, argError(ErrNode, o.String(), describe(in[0]),
			"has been differentiated in this graph, a second time would give the first derivatives", "HessianVector")
	}
	n := len(o.forward.in)
	children := slices.Concat(in[:n], gorgonia.Nodes{in[n+1], grad})
	out := make(gorgonia.Nodes, len(in))
	for i, want := range o.DiffWRT(len(in)) {
		if !want {
			continue
		}
		d, err := apply(newSecondOp(o.forward, min(i, n)), children...)
		if err != nil {
			return nil, err
		}
		out[i] = d
	}
	return out, nil
}

// secondOp is a derivative of the gradient of a forwardOp by its first input: (its inputs, upstream
// gradient u, vector v) → the gradient of Σ v·gradient by input i, or by u. By the first input it
// is the Hessian times v.
type secondOp struct{ function }

func newSecondOp(o *forwardOp, i int) *secondOp {
	n, u, v := len(o.in), o.out, o.in[0]
	u.arg, v.arg = "upstream", "direction"
	in := slices.Concat(o.in, []kind{u, v})
	d := &secondOp{newFunction(fmt.Sprintf("d0d%d %v", i, o), in, in[i])}
	d.shape = func(in []tensor.Shape) tensor.Shape { return in[i] }
	d.run = func(in []*tensor.Dense) (*tensor.Dense, error) { return o.second(i, in[:n], in[n], in[n+1]) }
	return d
}

// DiffWRT implements gorgonia.SDOp: there are no third derivatives.
func (o *secondOp) DiffWRT(inputs int) []bool { return make([]bool, inputs) }

// SymDiff implements gorgonia.SDOp.
func (o *secondOp) SymDiff(gorgonia.Nodes, *gorgonia.Node, *gorgonia.Node) (gorgonia.Nodes, error) {
	return nil, argError(ErrNode, o.String(), "a second derivative", "has no derivative", "")
}
