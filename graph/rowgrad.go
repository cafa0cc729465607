package graph

import (
	"fmt"
	"hash"
	"io"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

var (
	_ gorgonia.SDOp = (*rowGradOp)(nil)
	_ gorgonia.SDOp = (*rowSecondOp)(nil)
)

// rowGradOp is the vector-Jacobian product of a rowOp: (x, y, upstream gradient) → gradient.
type rowGradOp struct{ rowFunc }

// Arity implements gorgonia.Op.
func (o *rowGradOp) Arity() int { return 3 }

// Type implements gorgonia.Op.
func (o *rowGradOp) Type() hm.Type {
	a := hm.TypeVariable('a')
	x := gorgonia.TensorType{Dims: 2, Of: a}
	y := gorgonia.TensorType{Dims: o.dims, Of: a}
	return hm.NewFnType(x, y, y, x)
}

// InferShape implements gorgonia.Op.
func (o *rowGradOp) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	return firstShape(o, in, 3, 2)
}

// Do implements gorgonia.Op.
func (o *rowGradOp) Do(in ...gorgonia.Value) (gorgonia.Value, error) {
	if err := wantInputs(o, len(in), 3); err != nil {
		return nil, err
	}
	x, err := denseValue("input", in[0])
	if err != nil {
		return nil, err
	}
	u, err := denseValue("upstream", in[2])
	if err != nil {
		return nil, err
	}
	d, err := o.grad(x, u)
	if err != nil {
		return nil, err
	}
	return d, nil
}

// ReturnsPtr implements gorgonia.Op.
func (o *rowGradOp) ReturnsPtr() bool { return true }

// CallsExtern implements gorgonia.Op.
func (o *rowGradOp) CallsExtern() bool { return false }

// OverwritesInput implements gorgonia.Op.
func (o *rowGradOp) OverwritesInput() int { return -1 }

// WriteHash implements gorgonia.Op.
func (o *rowGradOp) WriteHash(h hash.Hash) { io.WriteString(h, o.String()) }

// Hashcode implements gorgonia.Op.
func (o *rowGradOp) Hashcode() uint32 { return hashcode(o) }

// String implements fmt.Stringer.
func (o *rowGradOp) String() string { return "d softloss{" + o.key + "}" }

// constantIn implements constantInput: y is an input for the order of execution only, x where there is nothing to bend.
func (o *rowGradOp) constantIn(i int) bool { return i == 1 || i == 0 && o.gradGrad == nil }

// DiffWRT implements gorgonia.SDOp: by x and by the upstream gradient.
func (o *rowGradOp) DiffWRT(inputs int) []bool {
	d := make([]bool, inputs)
	if inputs == 3 {
		d[0], d[2] = o.gradGrad != nil, true
	}
	return d
}

// SymDiff implements gorgonia.SDOp. In the graph of the first derivatives it is an error, as lossGradOp's is.
func (o *rowGradOp) SymDiff(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	if err := wantInputs(o, len(in), 3); err != nil {
		return nil, err
	}
	if err := wantFresh(o, in[0]); err != nil {
		return nil, err
	}
	out := make(gorgonia.Nodes, 3)
	for i, want := range o.DiffWRT(3) {
		if !want {
			continue
		}
		d, err := gorgonia.ApplyOp(&rowSecondOp{o.rowFunc, i == 2}, in[0], in[2], grad)
		if err != nil {
			return nil, err
		}
		out[i] = d
	}
	return out, nil
}

// rowSecondOp is a derivative of a rowGradOp: (x, upstream gradient u, v) → the gradient of Σ v·grad(x, u) by x
// or by u.
type rowSecondOp struct {
	rowFunc
	upstream bool // by u
}

// Arity implements gorgonia.Op.
func (o *rowSecondOp) Arity() int { return 3 }

// Type implements gorgonia.Op.
func (o *rowSecondOp) Type() hm.Type {
	a := hm.TypeVariable('a')
	x := gorgonia.TensorType{Dims: 2, Of: a}
	y := gorgonia.TensorType{Dims: o.dims, Of: a}
	if o.upstream {
		return hm.NewFnType(x, y, x, y)
	}
	return hm.NewFnType(x, y, x, x)
}

// InferShape implements gorgonia.Op.
func (o *rowSecondOp) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	s, err := firstShape(o, in, 3, 2)
	if err == nil && o.upstream {
		s = s[:o.dims]
	}
	return s, err
}

// Do implements gorgonia.Op.
func (o *rowSecondOp) Do(in ...gorgonia.Value) (gorgonia.Value, error) {
	if err := wantInputs(o, len(in), 3); err != nil {
		return nil, err
	}
	var x [3]*tensor.Dense
	for i, arg := range [...]string{"input", "upstream", "direction"} {
		var err error
		if x[i], err = denseValue(arg, in[i]); err != nil {
			return nil, err
		}
	}
	var d *tensor.Dense
	var err error
	if o.upstream {
		d, err = o.along(x[0], x[2])
	} else {
		d, err = o.gradGrad(x[0], x[1], x[2])
	}
	if err != nil {
		return nil, err
	}
	return d, nil
}

// ReturnsPtr implements gorgonia.Op.
func (o *rowSecondOp) ReturnsPtr() bool { return true }

// CallsExtern implements gorgonia.Op.
func (o *rowSecondOp) CallsExtern() bool { return false }

// OverwritesInput implements gorgonia.Op.
func (o *rowSecondOp) OverwritesInput() int { return -1 }

// WriteHash implements gorgonia.Op.
func (o *rowSecondOp) WriteHash(h hash.Hash) { io.WriteString(h, o.String()) }

// Hashcode implements gorgonia.Op.
func (o *rowSecondOp) Hashcode() uint32 { return hashcode(o) }

// String implements fmt.Stringer.
func (o *rowSecondOp) String() string {
	if o.upstream {
		return "dd2 softloss{" + o.key + "}"
	}
	return "dd0 softloss{" + o.key + "}"
}

// DiffWRT implements gorgonia.SDOp: there are no third derivatives.
func (o *rowSecondOp) DiffWRT(inputs int) []bool { return make([]bool, inputs) }

// SymDiff implements gorgonia.SDOp.
func (o *rowSecondOp) SymDiff(gorgonia.Nodes, *gorgonia.Node, *gorgonia.Node) (gorgonia.Nodes, error) {
	return nil, fmt.Errorf("graph: %v is a second derivative and has no derivative: %w", o, ErrNode)
}
