package graph_test

import (
	"math"
	"testing"

	"github.com/chewxy/hm"
	"github.com/stretchr/testify/require"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/graph"
	"softloss/internal/baseop"
	"softloss/losses"
)

// elementOp is a user's op on vectors of float64, with the derivatives that he writes.
type elementOp struct {
	baseop.Base
	f    func(x ...float64) float64
	diff func(in G.Nodes, grad *G.Node) (G.Nodes, error)
}

func newElementOp(name string, n int, f func(x ...float64) float64,
	diff func(in G.Nodes, grad *G.Node) (G.Nodes, error)) *elementOp {
	return &elementOp{Base: baseop.Base{Inputs: n, Text: name}, f: f, diff: diff}
}

func (o *elementOp) Type() hm.Type {
	types := make([]hm.Type, o.Inputs+1)
	for i := range types {
		types[i] = G.TensorType{Dims: 1, Of: tensor.Float64}
	}
	return hm.NewFnType(types...)
}

func (o *elementOp) InferShape(in ...G.DimSizer) (tensor.Shape, error) {
	return in[0].(tensor.Shape), nil
}

func (o *elementOp) Do(in ...G.Value) (G.Value, error) {
	out := make([]float64, in[0].Shape()[0])
	for i := range out {
		x := make([]float64, len(in))
		for j, v := range in {
			x[j] = v.Data().([]float64)[i]
		}
		out[i] = o.f(x...)
	}
	return f64(out, len(out)), nil
}

func (o *elementOp) DiffWRT(n int) []bool {
	wrt := make([]bool, n)
	for i := range wrt {
		wrt[i] = true
	}
	return wrt
}

func (o *elementOp) SymDiff(in G.Nodes, _, grad *G.Node) (G.Nodes, error) { return o.diff(in, grad) }

// power returns Σ x³ with the gradient c₁x²u and, of that, the derivatives c₂xuv and c₁x²v: right
// for c₁ = 3, c₂ = 6.
func power(c1, c2 float64) func(x *G.Node) (*G.Node, error) {
	second := func(in G.Nodes, v *G.Node) (G.Nodes, error) {
		byX, err := G.ApplyOp(newElementOp("d2x", 3, func(x ...float64) float64 { return c2 * x[0] * x[1] * x[2] },
			nil), in[0], in[1], v)
		if err != nil {
			return nil, err
		}
		byU, err := G.ApplyOp(newElementOp("d2u", 2, func(x ...float64) float64 { return c1 * x[0] * x[0] * x[1] },
			nil), in[0], v)
		return G.Nodes{byX, byU}, err
	}
	first := func(in G.Nodes, u *G.Node) (G.Nodes, error) {
		d, err := G.ApplyOp(newElementOp("d", 2, func(x ...float64) float64 { return c1 * x[0] * x[0] * x[1] },
			second), in[0], u)
		return G.Nodes{d}, err
	}
	return func(x *G.Node) (*G.Node, error) {
		y, err := G.ApplyOp(newElementOp("cube", 1, func(x ...float64) float64 { return x[0] * x[0] * x[0] }, first), x)
		if err != nil {
			return nil, err
		}
		return G.Sum(y)
	}
}

// TestCheckFinds holds what Check says of an op's second derivative that is right, a little wrong,
// and wrong.
func TestCheckFinds(t *testing.T) {
	for _, c := range []struct{ c2, atLeast, atMost float64 }{
		{6, 0, 1e-9},
		{6.06, 0.009, 0.011},
		{3, 0.49, 0.51},
		{12, 0.49, 0.51},
		{0, 0.99, 1.01},
		{-6, 1.9, 2.1},
		{math.NaN(), math.NaN(), math.NaN()},
		{math.Inf(1), math.NaN(), math.NaN()},
	} {
		x := input(G.NewGraph(), "x", f64([]float64{1, 2, -0.5}, 3))
		h, err := graph.HessianVector(must(t)(power(3, c.c2)(x)), G.Nodes{x},
			[]*tensor.Dense{f64([]float64{1, -1, 2}, 3)})
		require.NoError(t, err)
		worst, err := h.Check()
		require.NoError(t, err)
		if math.IsNaN(c.atLeast) {
			require.True(t, math.IsNaN(worst), "factor %v: %v", c.c2, worst)
			continue
		}
		require.GreaterOrEqual(t, worst, c.atLeast, "factor %v", c.c2)
		require.LessOrEqual(t, worst, c.atMost, "factor %v", c.c2)
		require.Equal(t, []float64{1, 2, -0.5}, x.Value().Data(), "the weights are as they were")
	}
}

// TestCheckErrors wants an error where there is nothing to compare or the graph does not run.
func TestCheckErrors(t *testing.T) {
	hessian := func(z, y *G.Node, v []float64) *graph.Hessian {
		h, err := graph.HessianVector(must(t)(graph.Apply(losses.Criterion{}, z, y)), G.Nodes{z},
			[]*tensor.Dense{f64(v, 4, 3)})
		require.NoError(t, err)
		return h
	}
	b := newBatch(tensor.Float64, 4, 3)
	z, y := b.nodes(G.NewGraph())
	worst, err := hessian(z, y, make([]float64, 12)).Check()
	require.ErrorIs(t, err, graph.ErrNode)
	require.ErrorContains(t, err, "nothing to compare")
	require.Zero(t, worst)

	g := G.NewGraph()
	empty := G.NewMatrix(g, tensor.Float64, G.WithShape(4, 3), G.WithName("z"))
	_, err = hessian(empty, input(g, "y", b.labels), normals(newRand(1), 12)).Check()
	require.ErrorIs(t, err, graph.ErrNode)
	require.ErrorContains(t, err, "has no value")

	g = G.NewGraph()
	_, err = hessian(input(g, "z", b.logits),
		input(g, "y", f64([]float64{-1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 4, 3)), normals(newRand(1), 12)).Check()
	require.ErrorIs(t, graph.Cause(err), losses.ErrLabel)
}
