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

// reshapeOp is a Reshape whose result has memory of its own. Gorgonia's shares that of its input, which the tape machine does
// not know when it lets the next op overwrite the result: what still needs the input, be it a weight, then
// reads other numbers. It is for graphs that are not differentiated any more, and takes any input of as many elements: the
// shapes that Gorgonia infers are not always those that its ops return.
type reshapeOp struct{ to tensor.Shape }

var _ gorgonia.Op = (*reshapeOp)(nil)

// unshared returns the op of a node, for Gorgonia's Reshape one that copies.
func unshared(n *gorgonia.Node) gorgonia.Op {
	if typeName(n.Op()) == "gorgonia.reshapeOp" {
		return &reshapeOp{n.Shape()}
	}
	return n.Op()
}

// Arity implements gorgonia.Op.
func (o *reshapeOp) Arity() int { return 1 }

// Type implements gorgonia.Op.
func (o *reshapeOp) Type() hm.Type {
	var out hm.Type = hm.TypeVariable('a')
	if o.to.Dims() > 0 {
		out = gorgonia.TensorType{Dims: o.to.Dims(), Of: out}
	}
	return hm.NewFnType(hm.TypeVariable('b'), out)
}

// InferShape implements gorgonia.Op.
func (o *reshapeOp) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	if err := wantInputs(o, len(in), 1); err != nil {
		return nil, err
	}
	return o.to.Clone(), nil
}

// Do implements gorgonia.Op.
func (o *reshapeOp) Do(in ...gorgonia.Value) (gorgonia.Value, error) {
	if err := wantInputs(o, len(in), 1); err != nil {
		return nil, err
	}
	x, err := upstreamValue(in[0])
	if err != nil {
		return nil, err
	}
	if x.Shape().TotalSize() != o.to.TotalSize() {
		return nil, fmt.Errorf("graph: %v: shape %v is wrong, want that of %v: %w", o, x.Shape(), o.to, losses.ErrShape)
	}
	y, ok := x.Clone().(*tensor.Dense)
	if !ok {
		return nil, fmt.Errorf("graph: %v: the copy is no *tensor.Dense: %w", o, losses.ErrDtype)
	}
	if err := y.Reshape(o.to.Clone()...); err != nil {
		return nil, fmt.Errorf("graph: %v: %w: %w", o, err, losses.ErrShape)
	}
	if o.to.Dims() == 0 {
		return scalarValue(y), nil
	}
	return y, nil
}

// ReturnsPtr implements gorgonia.Op.
func (o *reshapeOp) ReturnsPtr() bool { return true }

// CallsExtern implements gorgonia.Op.
func (o *reshapeOp) CallsExtern() bool { return false }

// OverwritesInput implements gorgonia.Op.
func (o *reshapeOp) OverwritesInput() int { return -1 }

// WriteHash implements gorgonia.Op.
func (o *reshapeOp) WriteHash(h hash.Hash) { io.WriteString(h, o.String()) }

// Hashcode implements gorgonia.Op.
func (o *reshapeOp) Hashcode() uint32 { return hashcode(o) }

// String implements fmt.Stringer.
func (o *reshapeOp) String() string { return fmt.Sprintf("softloss{reshape %v}", o.to) }
