package graph

import (
	"fmt"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/internal/baseop"
	"softloss/losses"
)

// reshapeOp is a Reshape whose result has memory of its own. Gorgonia's shares that of its input,
// which the tape machine does not know when it lets the next op overwrite the result: what still
// needs the input, such as a weight, then reads other numbers. It is for graphs that are not
// differentiated any more, and takes any input of as many elements: the shapes that Gorgonia infers
// are not always those that its ops return.
type reshapeOp struct {
	baseop.Base
	to tensor.Shape
}

var _ gorgonia.Op = (*reshapeOp)(nil)

// unshared returns the op of a node, for Gorgonia's Reshape one that copies.
func unshared(n *gorgonia.Node) gorgonia.Op {
	if typeName(n.Op()) == "gorgonia.reshapeOp" {
		return &reshapeOp{baseop.Base{Inputs: 1, Text: fmt.Sprintf("softloss{reshape %v}", n.Shape())}, n.Shape()}
	}
	return n.Op()
}

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
	x, ok := in[0].(*tensor.Dense)
	if !ok {
		x = scalarTensor(in[0])
	}
	if x == nil {
		return nil, argError(losses.ErrDtype, o.String(), fmt.Sprintf("a %T", in[0]), "is of the wrong type",
			"a *tensor.Dense")
	}
	y, ok := x.Clone().(*tensor.Dense)
	if !ok || y.Reshape(o.to.Clone()...) != nil {
		return nil, argError(losses.ErrShape, o.String(), fmt.Sprintf("shape %v", x.Shape()), "cannot be reshaped",
			"as many elements")
	}
	if o.to.Dims() == 0 {
		return scalarOf(y), nil
	}
	return y, nil
}
