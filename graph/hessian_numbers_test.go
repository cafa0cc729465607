package graph_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/graph"
	"softloss/losses"
)

// TestHessianNumbers are the numbers of MATH.md section 10: the gradient of |g|², g = dL/dz, is 2Hg
// in z and twice the mixed derivative's product in t.
func TestHessianNumbers(t *testing.T) {
	g := G.NewGraph()
	z, y := input(g, "z", f64([]float64{1, 2, 3}, 1, 3)), input(g, "t", f64([]float64{0.5, 0.2, 0.1}, 1, 3))
	c := losses.Criterion{Reduction: losses.Sum}
	_, grad, err := c.EvalGrad(z.Value().(*tensor.Dense), y.Value().(*tensor.Dense))
	require.NoError(t, err)
	cost := must(t)(graph.ApplyWith(c, z, y, graph.Options{TargetGrad: true}))
	h, err := graph.HessianVector(cost, G.Nodes{z, y}, []*tensor.Dense{grad, nil})
	require.NoError(t, err)
	p := runProducts(t, h)
	requireClose(t, []float64{-.097366, -.098740, .196106}, scaled(p[0], 2), 0, 5e-7, "in z")
	requireClose(t, []float64{1.351850, .504333, -.368487}, scaled(p[1], 2), 0, 5e-7, "in t")
	requireClose(t, floats(t, grad), floats(t, h.GradientValues[0]), 0, 0, "gradient")
}

// TestGradOfGradInOneGraph shows what Gorgonia returns for a second Grad in the graph of the first:
// first derivatives and no error. The cost is Σ tanh(xw)², whose second derivative along v
// HessianVector gives.
func TestGradOfGradInOneGraph(t *testing.T) {
	build := func(g *G.ExprGraph) (*G.Node, G.Nodes) {
		x, w := input(g, "x", f64(normals(newRand(1), 6), 3, 2)), input(g, "w", f64(normals(newRand(2), 4), 2, 2))
		return must(t)(G.Sum(must(t)(G.Square(must(t)(G.Tanh(must(t)(G.Mul(x, w)))))))), G.Nodes{w}
	}
	h, products, vectors := hessian(t, build, 3)
	cost, weights := build(G.NewGraph())
	first, err := G.Grad(cost, weights...)
	require.NoError(t, err)
	slope := must(t)(G.Sum(must(t)(G.HadamardProd(first[0], input(cost.Graph(), "v", vectors[0])))))
	second, err := G.Grad(slope, weights...)
	require.NoError(t, err, "no word of warning")
	var stock G.Value
	G.Read(second[0], &stock)
	vm := G.NewTapeMachine(cost.Graph())
	defer vm.Close()
	require.NoError(t, vm.RunAll())
	gradient := floats(t, h.GradientValues[0])
	t.Logf("Gorgonia %v\ngradient %v\nproduct %v", floats(t, stock), gradient, products[0])
	requireClose(t, gradient, floats(t, stock), 1e-14, 0, "Gorgonia: the gradient once more")
	requireClose(t, differences(t, build, vectors)[0], products[0], 1e-9, 1e-9, "ours")

	// A graph that has been differentiated may be given to HessianVector all the same.
	h, err = graph.HessianVector(cost, weights, vectors)
	require.NoError(t, err)
	require.Equal(t, products, runProducts(t, h))
}

// TestSecondGradThroughLayers wants an error for the second Grad in one graph, where the logits are
// not an input.
func TestSecondGradThroughLayers(t *testing.T) {
	for name, f := range map[string]func(z, y *G.Node) (*G.Node, error){
		"loss":       ours,
		"logsoftmax": func(z, y *G.Node) (*G.Node, error) { return G.Sum(must(t)(ownComposed(z, y))) },
	} {
		g := G.NewGraph()
		logits, weights := model(t, input(g, "x", f64(normals(newRand(5), 12), 4, 3)), 5, 3, 3, G.Tanh)
		first, err := G.Grad(must(t)(f(logits, input(g, "y", newBatch(tensor.Float64, 4, 3).labels))), weights...)
		require.NoError(t, err)
		_, err = G.Grad(must(t)(G.Sum(must(t)(G.Square(first[0])))), weights...)
		require.ErrorContains(t, err, "HessianVector", name)
	}
}

// composedCosts are costs put together from nodes of this package and Gorgonia's ops, y soft
// labels, s weights of rows.
func composedCosts(t *testing.T) map[string]func(z, y, s *G.Node) *G.Node {
	sum := func(n *G.Node) *G.Node { return must(t)(G.Sum(n)) }
	return map[string]func(z, y, s *G.Node) *G.Node{
		"logsoftmax":  func(z, y, _ *G.Node) *G.Node { return sum(must(t)(ownComposed(z, y))) },
		"logsoftmax²": func(z, y, _ *G.Node) *G.Node { return sum(must(t)(G.Square(must(t)(ownComposed(z, y))))) },
		"logsumexp": func(z, y, s *G.Node) *G.Node {
			return sum(must(t)(G.HadamardProd(s, must(t)(G.Square(must(t)(ownLSE(z, y)))))))
		},
		"brier": func(z, y, _ *G.Node) *G.Node {
			return sum(must(t)(G.Square(must(t)(G.Sub(must(t)(graph.Softmax(z)), y)))))
		},
		"smoothed": func(z, y, _ *G.Node) *G.Node { // softmax, smoothed, as the target of another loss
			p := must(t)(graph.Smooth(losses.Smoothing{Alpha: 0.3, Prior: []float64{0.5, 0.3, 0.2}},
				must(t)(graph.Softmax(z))))
			return sum(must(t)(G.Square(must(t)(G.HadamardProd(p, y)))))
		},
		"uniform": func(z, y, _ *G.Node) *G.Node {
			p := must(t)(graph.Smooth(losses.Smoothing{Rule: losses.SmoothUniform, Alpha: 0.3},
				must(t)(graph.Softmax(z))))
			return sum(must(t)(G.Cube(must(t)(G.HadamardProd(p, y)))))
		},
		"two losses": func(z, y, _ *G.Node) *G.Node {
			ce := must(t)(graph.Apply(losses.Criterion{}, z, y))
			focal := must(t)(graph.Apply(losses.Criterion{Loss: losses.Focal{Gamma: 2}, Reduction: losses.Sum}, z, y))
			return must(t)(G.Add(must(t)(G.HadamardProd(ce, focal)), must(t)(G.Square(ce))))
		},
	}
}

func TestHessianComposed(t *testing.T) {
	const n, d, k = 4, 3, 3
	x, y, s := f64(normals(newRand(5), n*d), n, d), f64(probRows(newRand(6), n, k), n,
		k), f64([]float64{1, 3, 0.5, 2}, n)
	worst := 0.0
	for name, f := range composedCosts(t) {
		worst = max(worst, checkHessian(t, func(g *G.ExprGraph) (*G.Node, G.Nodes) {
			logits, weights := model(t, input(g, "x", x), 5, k, 3, G.Tanh)
			return f(logits, input(g, "y", y), input(g, "s", s)), weights
		}, 1e-7, "%s", name))
	}
	t.Logf("worst error %.1e", worst)
}

// TestHessianMixed takes labels and sample weights into the Hessian, with vectors for the logits
// alone.
func TestHessianMixed(t *testing.T) {
	const n, k = 3, 3
	z, y, s := normals(newRand(1), n*k), probRows(newRand(2), n, k), []float64{1, 2, 0.5}
	for name, c := range twiceCriteria(k) {
		for _, c.Reduction = range []losses.Reduction{losses.Mean, losses.Sum, losses.None, losses.WeightedMean} {
			build := func(g *G.ExprGraph) (*G.Node, G.Nodes) {
				w := G.Nodes{input(g, "z", f64(z, n, k)), input(g, "y", f64(y, n, k)), input(g, "s", f64(s, n))}
				cost := must(t)(graph.ApplyWith(c, w[0], w[1],
					graph.Options{SampleWeights: w[2], TargetGrad: true, WeightGrad: true}))
				if c.Reduction == losses.None {
					cost = must(t)(G.Sum(must(t)(G.Square(cost))))
				}
				return cost, w
			}
			cost, w := build(G.NewGraph())
			vectors := []*tensor.Dense{f64(normals(newRand(3), n*k), n, k), nil, nil}
			h, err := graph.HessianVector(cost, w, vectors)
			require.NoError(t, err)
			got, want := runProducts(t, h), differences(t, build, vectors)
			for i := range want {
				requireClose(t, want[i], got[i], 1e-8, 1e-9, "product %d: %s %v", i, name, c.Reduction)
			}
			require.Nil(t, h.Vectors[1])
		}
	}
}
