package graph

import (
	"fmt"
	"hash"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/losses"
)

var (
	_ gorgonia.SDOp = (*lossGradOp)(nil)
	_ gorgonia.SDOp = (*directionOp)(nil)
)

// lossGradOp is the gradient of a lossOp with respect to its input wrt: (its inputs, its output,
// upstream gradient) → gradient.
type lossGradOp struct {
	loss *lossOp
	wrt  int // 0 logits, 1 target, 2 sample weights
}

// Arity implements gorgonia.Op.
func (o *lossGradOp) Arity() int { return o.loss.Arity() + 2 }

// Type implements gorgonia.Op.
func (o *lossGradOp) Type() hm.Type {
	out := o.loss.inTypes()[o.wrt]
	return hm.NewFnType(append(o.loss.inTypes(), o.loss.outType(), o.loss.outType(), out)...)
}

// InferShape implements gorgonia.Op.
func (o *lossGradOp) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	s, err := firstShape(o, in, o.Arity(), o.loss.dims)
	if err == nil && o.wrt == 2 {
		s = o.loss.criterion.RowShape(s)
	}
	return s, err
}

// Do implements gorgonia.Op.
func (o *lossGradOp) Do(in ...gorgonia.Value) (gorgonia.Value, error) {
	if err := wantInputs(o, len(in), o.Arity()); err != nil {
		return nil, err
	}
	inputs, err := o.loss.inputs(in[:o.loss.Arity()])
	if err != nil {
		return nil, err
	}
	if inputs.Upstream, err = upstreamValue(in[len(in)-1]); err != nil {
		return nil, err
	}
	shape := inputs.Logits.Shape()
	if o.wrt == 2 {
		shape = o.loss.criterion.RowShape(shape)
	}
	out := tensor.New(tensor.Of(inputs.Logits.Dtype()), tensor.WithShape(shape...))
	dst := [...]losses.Outputs{{Grad: out}, {TargetGrad: out}, {WeightGrad: out}}[o.wrt]
	if err := o.loss.criterion.EvalInto(dst, inputs); err != nil {
		return nil, err
	}
	return out, nil
}

// ReturnsPtr implements gorgonia.Op.
func (o *lossGradOp) ReturnsPtr() bool { return true }

// CallsExtern implements gorgonia.Op.
func (o *lossGradOp) CallsExtern() bool { return false }

// OverwritesInput implements gorgonia.Op.
func (o *lossGradOp) OverwritesInput() int { return -1 }

// WriteHash implements gorgonia.Op.
func (o *lossGradOp) WriteHash(h hash.Hash) { fmt.Fprintf(h, "d%d %s", o.wrt, o.loss.key) }

// Hashcode implements gorgonia.Op.
func (o *lossGradOp) Hashcode() uint32 { return hashcode(o) }

// String implements fmt.Stringer.
func (o *lossGradOp) String() string { return fmt.Sprintf("d%d %v", o.wrt, o.loss) }

// twice reports whether the gradient has derivatives of its own: that by the logits, of a loss that has second
// derivatives. The gradients by labels and by sample weights have none here.
func (o *lossGradOp) twice() bool { return o.wrt == 0 && o.loss.criterion.TwiceDifferentiable() }

// noDerivative says why the gradient has no derivative.
func (o *lossGradOp) noDerivative() error {
	switch {
	case o.wrt != 0:
		arg := [...]string{1: "labels", 2: "sample weights"}[o.wrt]
		return fmt.Errorf("graph: the gradient of a loss with respect to its %s has no derivative here, want a nil vector for them: %w", arg, ErrNode)
	case o.loss.criterion.FromProbs:
		return fmt.Errorf("graph: %v has no second derivatives, want logits instead of probabilities: %w", o.loss, losses.ErrLoss)
	}
	return fmt.Errorf("graph: %v has no second derivatives, want one that is TwiceDifferentiable: %w", o.loss, losses.ErrLoss)
}

// constantIn implements constantInput: the loss is an input for the order of execution only.
func (o *lossGradOp) constantIn(i int) bool { return i == o.loss.Arity() || o.loss.stops(i) }

// DiffWRT implements gorgonia.SDOp: by what the loss is differentiable by, and the upstream gradient. It has to be there for
// every gradient: without this method gorgonia.Grad could not pass it on its way through the graph.
func (o *lossGradOp) DiffWRT(inputs int) []bool {
	d := make([]bool, inputs)
	if o.twice() && inputs == o.Arity() {
		copy(d, o.loss.DiffWRT(o.loss.Arity()))
		d[inputs-1] = true
	}
	return d
}

// SymDiff implements gorgonia.SDOp. In the graph of the first derivatives it is an error: Gorgonia would not go
// on through nodes that it has differentiated once, and the result would be the first order's.
func (o *lossGradOp) SymDiff(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	if err := wantInputs(o, len(in), o.Arity()); err != nil {
		return nil, err
	}
	if !o.twice() {
		return nil, o.noDerivative()
	}
	if err := wantFresh(o, in[0]); err != nil {
		return nil, err
	}
	last := len(in) - 1
	children := append(append(gorgonia.Nodes{}, in[:last-1]...), in[last], grad)
	out := make(gorgonia.Nodes, len(in))
	for i, want := range o.DiffWRT(len(in)) {
		if !want {
			continue
		}
		wrt := i
		if i == last {
			wrt = wrtUpstream
		}
		d, err := gorgonia.ApplyOp(&directionOp{loss: o.loss, wrt: wrt}, children...)
		if err != nil {
			return nil, err
		}
		out[i] = d
	}
	return out, nil
}

// directionOp is a derivative of a lossGradOp by the logits along a direction v: (the loss's inputs, upstream gradient, v) →
// the gradient of v·dL/dlogits with respect to the input wrt. By the logits it is the Hessian-vector product.
type directionOp struct {
	loss *lossOp
	wrt  int // 0 logits, 1 target, 2 sample weights, wrtUpstream
}

const wrtUpstream = 3

// Arity implements gorgonia.Op.
func (o *directionOp) Arity() int { return o.loss.Arity() + 2 }

// Type implements gorgonia.Op.
func (o *directionOp) Type() hm.Type {
	in := append(o.loss.inTypes(), o.loss.outType(), o.loss.inTypes()[0])
	out := o.loss.outType()
	if o.wrt != wrtUpstream {
		out = o.loss.inTypes()[o.wrt]
	}
	return hm.NewFnType(append(in, out)...)
}

// InferShape implements gorgonia.Op.
func (o *directionOp) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	s, err := firstShape(o, in, o.Arity(), o.loss.dims)
	if err != nil {
		return nil, err
	}
	return o.shape(s), nil
}

// shape returns the shape of the result for logits of shape s.
func (o *directionOp) shape(s tensor.Shape) tensor.Shape {
	switch {
	case o.wrt == wrtUpstream && o.loss.criterion.Reduction != losses.None:
		return tensor.ScalarShape()
	case o.wrt == wrtUpstream || o.wrt == 2:
		return o.loss.criterion.RowShape(s)
	}
	return s
}

// Do implements gorgonia.Op.
func (o *directionOp) Do(in ...gorgonia.Value) (gorgonia.Value, error) {
	if err := wantInputs(o, len(in), o.Arity()); err != nil {
		return nil, err
	}
	n := o.loss.Arity()
	inputs, err := o.loss.inputs(in[:n])
	if err != nil {
		return nil, err
	}
	if inputs.Upstream, err = upstreamValue(in[n]); err != nil {
		return nil, err
	}
	if inputs.Direction, err = denseValue("direction", in[n+1]); err != nil {
		return nil, err
	}
	dt, shape := inputs.Logits.Dtype(), o.shape(inputs.Logits.Shape())
	out := newScalar(dt, 0)
	if shape.Dims() > 0 {
		out = tensor.New(tensor.Of(dt), tensor.WithShape(shape...))
	}
	dst := [...]losses.Outputs{{Grad: out}, {TargetGrad: out}, {WeightGrad: out}, {Loss: out}}[o.wrt]
	if err := o.loss.criterion.EvalInto(dst, inputs); err != nil {
		return nil, err
	}
	if shape.Dims() == 0 {
		return scalarValue(out), nil
	}
	return out, nil
}

// ReturnsPtr implements gorgonia.Op.
func (o *directionOp) ReturnsPtr() bool { return true }

// CallsExtern implements gorgonia.Op.
func (o *directionOp) CallsExtern() bool { return false }

// OverwritesInput implements gorgonia.Op.
func (o *directionOp) OverwritesInput() int { return -1 }

// WriteHash implements gorgonia.Op.
func (o *directionOp) WriteHash(h hash.Hash) { fmt.Fprintf(h, "d0d%d %s", o.wrt, o.loss.key) }

// Hashcode implements gorgonia.Op.
func (o *directionOp) Hashcode() uint32 { return hashcode(o) }

// String implements fmt.Stringer.
func (o *directionOp) String() string { return fmt.Sprintf("d0d%d %v", o.wrt, o.loss) }

// DiffWRT implements gorgonia.SDOp: there are no third derivatives.
func (o *directionOp) DiffWRT(inputs int) []bool { return make([]bool, inputs) }

// SymDiff implements gorgonia.SDOp.
func (o *directionOp) SymDiff(gorgonia.Nodes, *gorgonia.Node, *gorgonia.Node) (gorgonia.Nodes, error) {
	return nil, fmt.Errorf("graph: %v is a second derivative and has no derivative: %w", o, ErrNode)
}

// constantInput is implemented by ops that do not depend on an input, or not in a way that is differentiated.
type constantInput interface{ constantIn(i int) bool }

// wantFresh wants a node that Gorgonia has not differentiated yet.
func wantFresh(op gorgonia.Op, in *gorgonia.Node) error {
	if in.Deriv() != nil {
		return fmt.Errorf("graph: %v: %q has been differentiated in this graph, a second time would give the first derivatives, want HessianVector: %w",
			op, in.Name(), ErrNode)
	}
	return nil
}
