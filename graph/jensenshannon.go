package graph

import (
	"fmt"
	"hash"
	"io"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/losses"
)

// JensenShannon returns [losses.JensenShannon] as a node: how far two or more predictions, logits [N, K] each,
// disagree; a scalar, or [N] with None. It is differentiable with respect to all of them.
//
// Errors: those of [losses.CheckJensenShannon], and [ErrNode] for nodes that are nil, twice there or of two graphs.
func JensenShannon(logits gorgonia.Nodes, reduction losses.Reduction) (*gorgonia.Node, error) {
	for i, n := range logits {
		if n == nil {
			return nil, fmt.Errorf("graph: prediction %d: nil is no node, want logits [N, K]: %w", i, ErrNode)
		}
		if err := wantTyped(fmt.Sprintf("prediction %d", i), n); err != nil {
			return nil, err
		}
		for j, m := range logits[:i] {
			if m == n {
				return nil, fmt.Errorf("graph: predictions %d and %d are one node, %q: %w", j, i, n.Name(), ErrNode)
			}
		}
		if err := sameGraph(logits[0], n, fmt.Sprintf("prediction %d", i)); err != nil {
			return nil, err
		}
	}
	if err := losses.CheckJensenShannon(logits, reduction); err != nil {
		return nil, err
	}
	return gorgonia.ApplyOp(&divergenceOp{len(logits), reduction}, logits...)
}

// divergenceOp is the Jensen-Shannon divergence of n predictions. It has no state.
type divergenceOp struct {
	n         int
	reduction losses.Reduction
}

var (
	_ gorgonia.SDOp = (*divergenceOp)(nil)
	_ gorgonia.ADOp = (*divergenceOp)(nil)
	_ gorgonia.SDOp = (*divergenceGradOp)(nil)
)

// Arity implements gorgonia.Op.
func (o *divergenceOp) Arity() int { return o.n }

func (o *divergenceOp) inTypes() (in []hm.Type) {
	for range o.n {
		in = append(in, gorgonia.TensorType{Dims: 2, Of: hm.TypeVariable('a')})
	}
	return in
}

func (o *divergenceOp) outType() hm.Type {
	if o.reduction == losses.None {
		return gorgonia.TensorType{Dims: 1, Of: hm.TypeVariable('a')}
	}
	return hm.TypeVariable('a')
}

// Type implements gorgonia.Op.
func (o *divergenceOp) Type() hm.Type { return hm.NewFnType(append(o.inTypes(), o.outType())...) }

// InferShape implements gorgonia.Op.
func (o *divergenceOp) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	s, err := firstShape(o, in, o.n, 2)
	if err != nil {
		return nil, err
	}
	if o.reduction == losses.None {
		return s[:1], nil
	}
	return tensor.ScalarShape(), nil
}

// tensors returns the op's inputs.
func (o *divergenceOp) tensors(in []gorgonia.Value) ([]tensor.Tensor, error) {
	out := make([]tensor.Tensor, len(in))
	for i, v := range in {
		d, err := denseValue(fmt.Sprintf("prediction %d", i), v)
		if err != nil {
			return nil, err
		}
		out[i] = d
	}
	return out, nil
}

// Do implements gorgonia.Op.
func (o *divergenceOp) Do(in ...gorgonia.Value) (gorgonia.Value, error) {
	if err := wantInputs(o, len(in), o.n); err != nil {
		return nil, err
	}
	logits, err := o.tensors(in)
	if err != nil {
		return nil, err
	}
	loss, err := losses.JensenShannon(logits, o.reduction)
	if err != nil {
		return nil, err
	}
	if o.reduction == losses.None {
		return loss, nil
	}
	return scalarValue(loss), nil
}

// ReturnsPtr implements gorgonia.Op.
func (o *divergenceOp) ReturnsPtr() bool { return true }

// CallsExtern implements gorgonia.Op.
func (o *divergenceOp) CallsExtern() bool { return false }

// OverwritesInput implements gorgonia.Op.
func (o *divergenceOp) OverwritesInput() int { return -1 }

// WriteHash implements gorgonia.Op.
func (o *divergenceOp) WriteHash(h hash.Hash) { io.WriteString(h, o.String()) }

// Hashcode implements gorgonia.Op.
func (o *divergenceOp) Hashcode() uint32 { return hashcode(o) }

// String implements fmt.Stringer.
func (o *divergenceOp) String() string {
	return fmt.Sprintf("softloss{jensenshannon n=%d reduction=%v}", o.n, o.reduction)
}

// DiffWRT implements gorgonia.SDOp.
func (o *divergenceOp) DiffWRT(inputs int) []bool {
	d := make([]bool, inputs)
	for i := range d {
		d[i] = true
	}
	return d
}

// SymDiff implements gorgonia.SDOp.
func (o *divergenceOp) SymDiff(in gorgonia.Nodes, output, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	if err := wantInputs(o, len(in), o.n); err != nil {
		return nil, err
	}
	out := make(gorgonia.Nodes, len(in))
	for i := range in {
		d, err := gorgonia.ApplyOp(&divergenceGradOp{o, i}, append(append(gorgonia.Nodes{}, in...), output, grad)...)
		if err != nil {
			return nil, err
		}
		out[i] = d
	}
	return out, nil
}

// DoDiff implements gorgonia.ADOp, for the Lisp machine.
func (o *divergenceOp) DoDiff(_ gorgonia.ExecutionContext, in gorgonia.Nodes, output *gorgonia.Node) error {
	if err := wantInputs(o, len(in), o.n); err != nil {
		return err
	}
	up, err := output.Grad()
	if err != nil {
		return err
	}
	var values []gorgonia.Value
	for _, n := range in {
		values = append(values, n.Value())
	}
	values = append(values, output.Value(), up)
	for i, n := range in {
		d, err := (&divergenceGradOp{o, i}).Do(values...)
		if err != nil {
			return err
		}
		if err := addToGrad(n, d); err != nil {
			return err
		}
	}
	return nil
}

// divergenceGradOp is the gradient of a divergenceOp with respect to prediction wrt: (predictions, output, upstream) → gradient.
type divergenceGradOp struct {
	*divergenceOp
	wrt int
}

// Arity implements gorgonia.Op.
func (o *divergenceGradOp) Arity() int { return o.n + 2 }

// Type implements gorgonia.Op.
func (o *divergenceGradOp) Type() hm.Type {
	in := o.inTypes()
	return hm.NewFnType(append(in, o.outType(), o.outType(), o.inTypes()[0])...)
}

// InferShape implements gorgonia.Op.
func (o *divergenceGradOp) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	return firstShape(o, in, o.Arity(), 2)
}

// Do implements gorgonia.Op.
func (o *divergenceGradOp) Do(in ...gorgonia.Value) (gorgonia.Value, error) {
	if err := wantInputs(o, len(in), o.Arity()); err != nil {
		return nil, err
	}
	logits, err := o.tensors(in[:o.n])
	if err != nil {
		return nil, err
	}
	up, err := upstreamValue(in[o.n+1])
	if err != nil {
		return nil, err
	}
	_, grads, err := losses.JensenShannonGrad(logits, up, o.reduction)
	if err != nil {
		return nil, err
	}
	return grads[o.wrt], nil
}

// WriteHash implements gorgonia.Op.
func (o *divergenceGradOp) WriteHash(h hash.Hash) { io.WriteString(h, o.String()) }

// Hashcode implements gorgonia.Op.
func (o *divergenceGradOp) Hashcode() uint32 { return hashcode(o) }

// String implements fmt.Stringer.
func (o *divergenceGradOp) String() string { return fmt.Sprintf("d%d %v", o.wrt, o.divergenceOp) }

// DiffWRT implements gorgonia.SDOp: a gradient is an end.
func (o *divergenceGradOp) DiffWRT(inputs int) []bool { return make([]bool, inputs) }

// SymDiff implements gorgonia.SDOp.
func (o *divergenceGradOp) SymDiff(gorgonia.Nodes, *gorgonia.Node, *gorgonia.Node) (gorgonia.Nodes, error) {
	return nil, fmt.Errorf("graph: %v has no derivative: %w", o, ErrNode)
}

// DoDiff hides the embedded op's: the Lisp machine is not to differentiate a gradient.
func (o *divergenceGradOp) DoDiff(gorgonia.ExecutionContext, gorgonia.Nodes, *gorgonia.Node) error {
	return fmt.Errorf("graph: %v has no derivative: %w", o, ErrNode)
}
