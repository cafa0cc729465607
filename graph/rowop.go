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

// rowFunc is a differentiable function of package losses from [N, K] to [N, K] or [N].
type rowFunc struct {
	key   string // its name and parameters
	dims  int    // of the result: 2 or 1
	check func(x losses.Operand) error
	apply func(x tensor.Tensor) (*tensor.Dense, error)
	grad  func(x, upstream tensor.Tensor) (*tensor.Dense, error) // vector-Jacobian product
	along func(x, v tensor.Tensor) (*tensor.Dense, error)        // Jacobian-vector product
	// gradGrad is the gradient of Σ v·grad(x, upstream) with respect to x; nil where it is 0.
	gradGrad func(x, upstream, v tensor.Tensor) (*tensor.Dense, error)
}

// node returns the function of x as a node.
func (f rowFunc) node(x *gorgonia.Node) (*gorgonia.Node, error) {
	if x == nil {
		return nil, fmt.Errorf("graph: %s: nil is no node, want a node [N, K]: %w", f.key, losses.ErrNil)
	}
	if err := wantTyped("input", x); err != nil {
		return nil, err
	}
	if err := f.check(x); err != nil {
		return nil, err
	}
	return gorgonia.ApplyOp(&rowOp{f}, x)
}

// rowOp is a rowFunc: x → y. It has no state.
type rowOp struct{ rowFunc }

var (
	_ gorgonia.Op   = (*rowOp)(nil)
	_ gorgonia.SDOp = (*rowOp)(nil)
	_ gorgonia.ADOp = (*rowOp)(nil)
)

// Arity implements gorgonia.Op.
func (o *rowOp) Arity() int { return 1 }

// Type implements gorgonia.Op.
func (o *rowOp) Type() hm.Type {
	a := hm.TypeVariable('a')
	return hm.NewFnType(gorgonia.TensorType{Dims: 2, Of: a}, gorgonia.TensorType{Dims: o.dims, Of: a})
}

// InferShape implements gorgonia.Op.
func (o *rowOp) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	s, err := firstShape(o, in, 1, 2)
	if err != nil {
		return nil, err
	}
	return s[:o.dims], nil
}

// Do implements gorgonia.Op.
func (o *rowOp) Do(in ...gorgonia.Value) (gorgonia.Value, error) {
	if err := wantInputs(o, len(in), 1); err != nil {
		return nil, err
	}
	x, err := denseValue("input", in[0])
	if err != nil {
		return nil, err
	}
	y, err := o.apply(x)
	if err != nil {
		return nil, err
	}
	return y, nil
}

// ReturnsPtr implements gorgonia.Op.
func (o *rowOp) ReturnsPtr() bool { return true }

// CallsExtern implements gorgonia.Op.
func (o *rowOp) CallsExtern() bool { return false }

// OverwritesInput implements gorgonia.Op.
func (o *rowOp) OverwritesInput() int { return -1 }

// WriteHash implements gorgonia.Op.
func (o *rowOp) WriteHash(h hash.Hash) { io.WriteString(h, o.String()) }

// Hashcode implements gorgonia.Op.
func (o *rowOp) Hashcode() uint32 { return hashcode(o) }

// String implements fmt.Stringer.
func (o *rowOp) String() string { return "softloss{" + o.key + "}" }

// DiffWRT implements gorgonia.SDOp.
func (o *rowOp) DiffWRT(int) []bool { return []bool{true} }

// SymDiff implements gorgonia.SDOp.
func (o *rowOp) SymDiff(in gorgonia.Nodes, output, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	if err := wantInputs(o, len(in), 1); err != nil {
		return nil, err
	}
	d, err := gorgonia.ApplyOp(&rowGradOp{o.rowFunc}, in[0], output, grad)
	if err != nil {
		return nil, err
	}
	return gorgonia.Nodes{d}, nil
}

// DoDiff implements gorgonia.ADOp, for the Lisp machine.
func (o *rowOp) DoDiff(_ gorgonia.ExecutionContext, in gorgonia.Nodes, output *gorgonia.Node) error {
	if err := wantInputs(o, len(in), 1); err != nil {
		return err
	}
	up, err := output.Grad()
	if err != nil {
		return err
	}
	d, err := (&rowGradOp{o.rowFunc}).Do(in[0].Value(), output.Value(), up)
	if err != nil {
		return err
	}
	return addToGrad(in[0], d)
}
