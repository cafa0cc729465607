package graph_test

import (
	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/internal/baseop"
)

// The ops of a benchmark that shows what Gorgonia itself takes.

// matrixType is the type of a matrix of any dtype, a new one each time.
func matrixType() hm.Type { return G.TensorType{Dims: 2, Of: hm.TypeVariable('a')} }

// throughOp hands a matrix on, and its gradient back. What comes out of it is no input of the
// graph, as the logits of a network are none, and costs nothing.
type throughOp struct{ baseop.Base }

func through(x *G.Node) (*G.Node, error) {
	return G.ApplyOp(&throughOp{baseop.Base{Inputs: 1, Text: "through"}}, x)
}

func (*throughOp) Type() hm.Type { return hm.NewFnType(matrixType(), matrixType()) }

func (*throughOp) InferShape(in ...G.DimSizer) (tensor.Shape, error) {
	return in[0].(tensor.Shape), nil
}

func (*throughOp) Do(in ...G.Value) (G.Value, error) { return in[0], nil }

func (*throughOp) DiffWRT(int) []bool { return []bool{true} }

func (*throughOp) SymDiff(_ G.Nodes, _, grad *G.Node) (G.Nodes, error) {
	d, err := through(grad)
	return G.Nodes{d}, err
}

// idleOp stands for a loss, logits [N, K] → scalar, that computes nothing: a machine takes for it
// what it takes for any op.
type idleOp struct {
	baseop.Base
	gradient func(logits *tensor.Dense) *tensor.Dense
}

// fresh makes the loss whose gradient is new memory in each run, which nobody writes to.
func fresh(logits, _ *G.Node) (*G.Node, error) {
	return idle(logits, func(z *tensor.Dense) *tensor.Dense {
		return tensor.New(tensor.Of(z.Dtype()), tensor.WithShape(z.Shape()...))
	})
}

// nothing makes the loss whose gradient is there already.
func nothing(logits, _ *G.Node) (*G.Node, error) {
	memory := tensor.New(tensor.Of(logits.Dtype()), tensor.WithShape(logits.Shape()...))
	return idle(logits, func(*tensor.Dense) *tensor.Dense { return memory })
}

func idle(logits *G.Node, gradient func(*tensor.Dense) *tensor.Dense) (*G.Node, error) {
	return G.ApplyOp(&idleOp{baseop.Base{Inputs: 1, Text: "idle"}, gradient}, logits)
}

func (*idleOp) Type() hm.Type { return hm.NewFnType(matrixType(), hm.TypeVariable('a')) }

func (*idleOp) InferShape(...G.DimSizer) (tensor.Shape, error) { return tensor.ScalarShape(), nil }

func (*idleOp) Do(...G.Value) (G.Value, error) { return G.NewF32(0), nil }

func (*idleOp) DiffWRT(int) []bool { return []bool{true} }

func (o *idleOp) SymDiff(in G.Nodes, output, grad *G.Node) (G.Nodes, error) {
	d, err := G.ApplyOp(&idleGradOp{baseop.Base{Inputs: 3, Text: "idle gradient"}, o.gradient}, in[0], output, grad)
	return G.Nodes{d}, err
}

// idleGradOp is the gradient of an idleOp: (logits, loss, upstream gradient) → gradient.
type idleGradOp idleOp

func (*idleGradOp) Type() hm.Type {
	a := hm.TypeVariable('a')
	return hm.NewFnType(matrixType(), a, a, matrixType())
}

func (*idleGradOp) InferShape(in ...G.DimSizer) (tensor.Shape, error) {
	return in[0].(tensor.Shape), nil
}

func (o *idleGradOp) Do(in ...G.Value) (G.Value, error) {
	return o.gradient(in[0].(*tensor.Dense)), nil
}
