package graph_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/graph"
)

// positive returns n numbers between 1 and 2.
func positive(seed uint64, n int) []float64 {
	x := probRows(newRand(seed), 1, n)
	for i := range x {
		x[i]++
	}
	return x
}

// unary makes a cost Σ f(w)³ of a matrix w of positive numbers.
func unary(t *testing.T, f func(w *G.Node) (*G.Node, error)) costOf {
	return func(g *G.ExprGraph) (*G.Node, G.Nodes) {
		w := input(g, "w", f64(positive(3, 12), 3, 4))
		y := must(t)(G.Cube(must(t)(f(w))))
		if !y.IsScalar() {
			y = must(t)(G.Sum(y))
		}
		return y, G.Nodes{w}
	}
}

// binary makes a cost Σ f(v, w)³ of inputs of these shapes.
func binary(t *testing.T, f func(v, w *G.Node) (*G.Node, error), v, w tensor.Shape) costOf {
	return func(g *G.ExprGraph) (*G.Node, G.Nodes) {
		a := input(g, "v", f64(positive(3, v.TotalSize()), v...))
		b := input(g, "w", f64(positive(4, w.TotalSize()), w...))
		y := must(t)(G.Cube(must(t)(f(a, b))))
		if !y.IsScalar() {
			y = must(t)(G.Sum(y))
		}
		return y, G.Nodes{a, b}
	}
}

// constant returns f with a second operand that is a constant.
func constant(f func(a, b *G.Node) (*G.Node, error), x float64) func(w *G.Node) (*G.Node, error) {
	return func(w *G.Node) (*G.Node, error) { return f(w, G.NewConstant(x)) }
}

// TestGorgoniaOps holds second derivatives through Gorgonia's own ops against differences.
func TestGorgoniaOps(t *testing.T) {
	matrix, other, row := tensor.Shape{3, 4}, tensor.Shape{4, 2}, tensor.Shape{1, 4}
	cases := map[string]costOf{
		"Neg": unary(t, G.Neg), "Square": unary(t, G.Square), "Cube": unary(t, G.Cube), "Sqrt": unary(t, G.Sqrt),
		"Exp": unary(t, G.Exp), "Log": unary(t, G.Log), "Log1p": unary(t, G.Log1p), "Expm1": unary(t, G.Expm1),
		"Tanh": unary(t, G.Tanh), "Sigmoid": unary(t, G.Sigmoid), "Softplus": unary(t, G.Softplus),
		"Sin": unary(t, G.Sin), "Cos": unary(t, G.Cos), "Inverse": unary(t, G.Inverse), "Abs": unary(t, G.Abs),
		"Rectify":   unary(t, G.Rectify),
		"Pow":       unary(t, constant(G.Pow, 3)),
		"Add 1":     unary(t, constant(G.Add, 1)),
		"Mul 2":     unary(t, constant(G.HadamardProd, 2)),
		"Div 2":     unary(t, constant(G.HadamardDiv, 2)),
		"Sum":       unary(t, func(w *G.Node) (*G.Node, error) { return G.Sum(w) }),
		"Mean":      unary(t, func(w *G.Node) (*G.Node, error) { return G.Mean(w) }),
		"Sum 0":     unary(t, func(w *G.Node) (*G.Node, error) { return G.Sum(w, 0) }),
		"Sum 1":     unary(t, func(w *G.Node) (*G.Node, error) { return G.Sum(w, 1) }),
		"Mean 0":    unary(t, func(w *G.Node) (*G.Node, error) { return G.Mean(w, 0) }),
		"Mean 1":    unary(t, func(w *G.Node) (*G.Node, error) { return G.Mean(w, 1) }),
		"Max":       unary(t, func(w *G.Node) (*G.Node, error) { return G.Max(w, 1) }),
		"Norm":      unary(t, func(w *G.Node) (*G.Node, error) { return G.Norm(w, 0, 2) }),
		"Transpose": unary(t, func(w *G.Node) (*G.Node, error) { return G.Transpose(w, 1, 0) }),
		"LeakyRelu": unary(t, func(w *G.Node) (*G.Node, error) { return G.LeakyRelu(w, 0.1) }),

		"Mul":               binary(t, G.Mul, matrix, other),
		"Mul vector vector": binary(t, G.Mul, tensor.Shape{4}, tensor.Shape{4}),
		"BatchedMatMul": binary(t, func(a, b *G.Node) (*G.Node, error) { return G.BatchedMatMul(a, b) },
			tensor.Shape{2, 3, 4}, tensor.Shape{2, 4, 2}),
		"Tensordot": binary(t,
			func(a, b *G.Node) (*G.Node, error) { return G.Tensordot([]int{1}, []int{0}, a, b) }, matrix, other),
		"Add": binary(t, G.Add, matrix, matrix), "Sub": binary(t, G.Sub, matrix, matrix),
		"HadamardProd": binary(t, G.HadamardProd, matrix, matrix), "HadamardDiv": binary(t, G.HadamardDiv, matrix,
			matrix),
		"Pow of weights": binary(t, G.Pow, matrix, matrix),
		"Concat 0":       binary(t, func(a, b *G.Node) (*G.Node, error) { return G.Concat(0, a, b) }, matrix, matrix),
		"BroadcastAdd": binary(t,
			func(a, b *G.Node) (*G.Node, error) { return G.BroadcastAdd(a, b, nil, []byte{0}) }, matrix, row),
		"BroadcastSub": binary(t,
			func(a, b *G.Node) (*G.Node, error) { return G.BroadcastSub(a, b, nil, []byte{0}) }, matrix, row),
		"BroadcastProd": binary(t,
			func(a, b *G.Node) (*G.Node, error) { return G.BroadcastHadamardProd(a, b, nil, []byte{0}) }, matrix, row),
		"BroadcastProd column": binary(t, func(a, b *G.Node) (*G.Node, error) {
			return G.BroadcastHadamardProd(a, b, nil, []byte{1})
		}, matrix, tensor.Shape{3, 1}),
		"BroadcastDiv": binary(t,
			func(a, b *G.Node) (*G.Node, error) { return G.BroadcastHadamardDiv(a, b, nil, []byte{0}) }, matrix, row),
	}
	for name, build := range cases {
		t.Run(name, func(t *testing.T) {
			t.Logf("worst error %.1e", checkHessian(t, build, 1e-8, "%s", name))
			// The first derivatives are right, too, or the second would be the derivatives of
			// nonsense.
			cost, weights := build(G.NewGraph())
			vectors := randomVectors(weights, 1)
			want := 0.0
			for i, g := range gradientsAt(t, build, vectors, 0) {
				for j, v := range floats(t, vectors[i]) {
					want += g[j] * v
				}
			}
			h, err := graph.HessianVector(cost, weights, vectors)
			require.NoError(t, err)
			got := 0.0
			for _, p := range []struct{ at, factor float64 }{{1, 8}, {-1, -8}, {2, -1}, {-2, 1}} {
				got += p.factor * costAt(t, h, weights, vectors, p.at*1e-3) / 12e-3
			}
			requireClose(t, []float64{want}, []float64{got}, 1e-8, 1e-8, "slope of the cost")
		})
	}
}

// TestHazardReshape documents that Gorgonia's Reshape shares memory with its input, which the next
// op may overwrite, here a weight; HessianVector's graph copies.
func TestHazardReshape(t *testing.T) {
	build := unary(t, func(w *G.Node) (*G.Node, error) { return G.Reshape(w, tensor.Shape{4, 3}) })
	cost, weights := build(G.NewGraph())
	_, err := G.Grad(cost, weights...)
	require.NoError(t, err)
	vm := G.NewTapeMachine(cost.Graph())
	require.NoError(t, vm.RunAll())
	require.NoError(t, vm.Close())
	require.NotEqual(t, positive(3, 12), floats(t, weights[0].Value()), "Gorgonia: a weight is overwritten")

	cost, weights = build(G.NewGraph())
	vectors := randomVectors(weights, 1)
	h, err := graph.HessianVector(cost, weights, vectors)
	require.NoError(t, err)
	products := runProducts(t, h)
	require.Equal(t, positive(3, 12), floats(t, weights[0].Value()))
	for i, v := range floats(t, vectors[0]) {
		requireClose(t, []float64{6 * positive(3, 12)[i] * v}, products[0][i:i+1], 1e-14, 0, "6wv")
	}
	worst, err := h.Check()
	require.NoError(t, err)
	require.Less(t, worst, 1e-10)
}

// costAt runs h with the weights moved by step·vectors.
func costAt(t *testing.T, h *graph.Hessian, weights G.Nodes, vectors []*tensor.Dense, step float64) float64 {
	for i, w := range weights {
		x := floats(t, w.Value())
		for j, v := range floats(t, vectors[i]) {
			x[j] += step * v
		}
		require.NoError(t, G.Let(h.Node(w), f64(x, w.Shape()...)))
	}
	runProducts(t, h)
	return floats(t, h.CostValue)[0]
}

// TestGorgoniaOpsRefused wants an error where Gorgonia has a wrong second derivative or none.
func TestGorgoniaOpsRefused(t *testing.T) {
	vector, square := tensor.Shape{4}, tensor.Shape{4, 4}
	for name, c := range map[string]struct {
		build costOf
		text  string
	}{
		"InverseSqrt": {unary(t, G.InverseSqrt), "is wrong"},
		"Log2":        {unary(t, G.Log2), "is wrong"},
		"Slice":       {unary(t, func(w *G.Node) (*G.Node, error) { return G.Slice(w, nil, G.S(1, 3)) }), "is wrong"},
		"SoftMax":     {unary(t, func(w *G.Node) (*G.Node, error) { return G.SoftMax(w) }), "softmax"},
		"Dropout":     {unary(t, func(w *G.Node) (*G.Node, error) { return G.Dropout(w, 0.5) }), "dropout"},
		"At":          {unary(t, func(w *G.Node) (*G.Node, error) { return G.At(w, 1, 1) }), "no derivative"},
		"OuterProd":   {binary(t, G.OuterProd, vector, vector), "is wrong"},
		"Mul vector":  {binary(t, G.Mul, square, vector), "is wrong"},
	} {
		cost, weights := c.build(G.NewGraph())
		_, err := graph.HessianVector(cost, weights, randomVectors(weights, 1))
		require.ErrorIs(t, err, graph.ErrNode, name)
		require.ErrorContains(t, err, c.text, name)
	}
}
