package graph_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/graph"
	"softloss/losses"
)

// costOf builds a cost and the weights to differentiate by, anew in g.
type costOf func(g *G.ExprGraph) (cost *G.Node, weights G.Nodes)

// hessian returns the products for vectors of random numbers and the vectors themselves.
func hessian(t testing.TB, build costOf, seed uint64) (h *graph.Hessian, products [][]float64,
	vectors []*tensor.Dense) {
	t.Helper()
	cost, weights := build(G.NewGraph())
	vectors = randomVectors(weights, seed)
	h, err := graph.HessianVector(cost, weights, vectors)
	require.NoError(t, err)
	return h, runProducts(t, h), vectors
}

// randomVectors returns a tensor of normal numbers for each weight.
func randomVectors(weights G.Nodes, seed uint64) (vectors []*tensor.Dense) {
	r := newRand(seed)
	for _, w := range weights {
		vectors = append(vectors, dense(w.Dtype(), normals(r, w.Shape().TotalSize()), w.Shape()...))
	}
	return vectors
}

// runProducts runs the graph and returns the products.
func runProducts(t testing.TB, h *graph.Hessian) (out [][]float64) {
	t.Helper()
	vm := G.NewTapeMachine(h.Graph)
	defer vm.Close()
	require.NoError(t, vm.RunAll())
	for _, v := range h.ProductValues {
		out = append(out, floats(t, v))
	}
	return out
}

// gradientsAt runs Gorgonia's own first gradients with the weights moved by step·vectors.
func gradientsAt(t testing.TB, build costOf, vectors []*tensor.Dense, step float64) (out [][]float64) {
	t.Helper()
	cost, weights := build(G.NewGraph())
	for i, w := range weights {
		x := floats(t, w.Value())
		if vectors[i] != nil {
			for j, v := range floats(t, vectors[i]) {
				x[j] += step * v
			}
		}
		require.NoError(t, G.Let(w, dense(w.Dtype(), x, w.Shape()...)))
	}
	nodes, err := G.Grad(cost, weights...)
	require.NoError(t, err)
	values := make([]G.Value, len(nodes))
	for i, n := range nodes {
		G.Read(n, &values[i])
	}
	vm := G.NewTapeMachine(cost.Graph())
	defer vm.Close()
	require.NoError(t, vm.RunAll())
	for _, v := range values {
		out = append(out, floats(t, v))
	}
	return out
}

// differences returns the products as differences of fourth order of first gradients.
func differences(t testing.TB, build costOf, vectors []*tensor.Dense) (out [][]float64) {
	const step = 1e-3
	for _, p := range []struct{ at, factor float64 }{{1, 8}, {-1, -8}, {2, -1}, {-2, 1}} {
		for i, g := range gradientsAt(t, build, vectors, p.at*step) {
			if len(out) == i {
				out = append(out, make([]float64, len(g)))
			}
			for j, x := range g {
				out[i][j] += p.factor * x / (12 * step)
			}
		}
	}
	return out
}

// checkHessian holds the products against differences and returns the worst deviation.
func checkHessian(t testing.TB, build costOf, rtol float64, msg string, args ...any) (worst float64) {
	t.Helper()
	h, got, vectors := hessian(t, build, 77)
	want := differences(t, build, vectors)
	size, all := 0.0, 0.0
	for i := range want {
		require.Len(t, got[i], len(want[i]))
		for j := range want[i] {
			size = max(size, want[i][j], -want[i][j])
		}
	}
	require.NotZero(t, size, "a Hessian of zeros shows nothing: "+msg, args)
	for i := range want {
		requireClose(t, want[i], got[i], rtol, rtol*size, "product %d: %s", i, fmt.Sprintf(msg, args...))
		for j := range want[i] {
			all = max(all, (want[i][j]-got[i][j])/size, (got[i][j]-want[i][j])/size)
		}
	}
	self, err := h.Check()
	require.NoError(t, err)
	require.LessOrEqual(t, self, rtol, "its own check: %s", fmt.Sprintf(msg, args...))
	for i, p := range runProducts(t, h) {
		require.Equal(t, got[i], p, "after its own check")
	}
	return all
}

// twiceCriteria are the criteria with second derivatives.
func twiceCriteria(k int) map[string]losses.Criterion {
	weights, shift := make([]float64, k), make([]float64, k)
	for j := range weights {
		weights[j], shift[j] = 0.5+float64(j), 0.3*float64(j)
	}
	return map[string]losses.Criterion{
		"ce":          {},
		"ce-prior":    {Smoothing: losses.Smoothing{Alpha: 0.2}},
		"ce-uniform":  {Smoothing: losses.Smoothing{Rule: losses.SmoothUniform, Alpha: 0.1}},
		"ce-notebook": losses.SoftLabelCriterion(0.3, losses.Mean),
		"ce-weights":  {ClassWeights: weights},
		"ce-all":      {ClassWeights: weights, LogitShift: shift, Temperature: 2, ZLoss: 0.1},
		"gce":         {Loss: losses.GCE{Q: 0.7}},
		"focal":       {Loss: losses.Focal{Gamma: 2}},
		"agce":        {Loss: losses.AGCE{A: 1, Q: 2}, Temperature: 2},
		"aul":         {Loss: losses.AUL{A: 2, Q: 2}},
		"ael":         {Loss: losses.AEL{A: 2}, ClassWeights: weights},
		"poly1":       {Loss: losses.Poly1{Epsilon: 1.5}},
		"kl":          {Loss: losses.KL{}, ClassWeights: weights},
		"sparsemax":   {Loss: losses.Sparsemax{}, Temperature: 2},
		"entmax15":    {Loss: losses.Entmax15{}, ClassWeights: weights},
	}
}

func TestHessianModel(t *testing.T) {
	const n, d, k = 4, 3, 3
	worst, cases := 0.0, 0
	x, labels := f64(normals(newRand(5), n*d), n, d), f64(probRows(newRand(6), n, k), n, k)
	rows := f64([]float64{1, 0, 0.5, 2}, n)
	reductions := []losses.Reduction{losses.Mean, losses.None, losses.Sum, losses.WeightedMean}
	if testing.Short() {
		reductions = reductions[:2]
	}
	for _, layers := range []int{1, 2} {
		for name, c := range twiceCriteria(k) {
			for _, c.Reduction = range reductions {
				for _, index := range []bool{false, true} {
					for _, weighted := range []bool{false, true} {
						build := func(g *G.ExprGraph) (*G.Node, G.Nodes) {
							logits, weights := model(t, input(g, "x", x), 5, k, 3, G.Tanh)
							if layers == 1 {
								weights = G.Nodes{input(g, "w", f64(normals(newRand(8), d*k), d, k)),
									input(g, "b", f64(normals(newRand(9), k), 1, k))}
								logits = must(t)(G.BroadcastAdd(must(t)(G.Mul(input(g, "x", x), weights[0])),
									weights[1], nil, []byte{0}))
							}
							target, o := labels, graph.Options{}
							if index {
								target = indexTensor(tensor.Int, []int{0, 2, 1, 2})
							}
							if weighted {
								o.SampleWeights = input(g, "rows", rows)
							}
							cost := must(t)(graph.ApplyWith(c, logits, target, o))
							if c.Reduction == losses.None { // unlike upstream gradients, which depend on the loss
								cost = must(t)(G.Sum(must(t)(G.Square(cost))))
							}
							return cost, weights
						}
						worst = max(worst,
							checkHessian(t, build, 1e-7, "%d %s %v index=%t weighted=%t", layers, name, c.Reduction,
								index, weighted))
						cases++
					}
				}
			}
		}
	}
	require.Equal(t, 2*len(twiceCriteria(k))*len(reductions)*2*2, cases)
	t.Logf("worst error of %d cases: %.1e", cases, worst)
}

// TestHessianOfCosines holds second derivatives of losses of cosines, by both inputs, against
// differences of the gradients.
func TestHessianOfCosines(t *testing.T) {
	const n, d = 4, 5
	for name, loss := range map[string]func(x, w *G.Node) (*G.Node, error){
		"cosines": func(x, w *G.Node) (*G.Node, error) {
			return graph.Apply(losses.Criterion{Temperature: .2}, must(t)(graph.CosineLogits(x, w)),
				tensor.New(tensor.WithBacking([]int{2, 0, 1, 1})))
		},
		"angles": func(x, w *G.Node) (*G.Node, error) {
			return graph.Apply(losses.Criterion{Temperature: .2, AngularMargin: .3}, must(t)(graph.CosineLogits(x, w)),
				tensor.New(tensor.WithBacking([]int{2, 0, 1, 1})))
		},
		"infonce": func(x, w *G.Node) (*G.Node, error) { return graph.InfoNCE(x, w, .3, losses.Mean) },
		"supcon": func(x, w *G.Node) (*G.Node, error) {
			return graph.SupCon(must(t)(G.Add(x, w)), tensor.New(tensor.WithBacking([]int{1, 0, 1, 0})), .3, losses.Sum)
		},
	} {
		g := G.NewGraph()
		x := input(g, "x", dense(tensor.Float64, normals(newRand(1), n*d), n, d))
		w := input(g, "w", dense(tensor.Float64, normals(newRand(2), n*d), n, d))
		v := dense(tensor.Float64, normals(newRand(3), n*d), n, d)
		u := dense(tensor.Float64, normals(newRand(4), n*d), n, d)
		h, err := graph.HessianVector(must(t)(loss(x, w)), G.Nodes{x, w}, []*tensor.Dense{v, u})
		require.NoError(t, err, name)
		worst, err := h.Check()
		require.NoError(t, err, name)
		require.Less(t, worst, 1e-6, name)
	}
}
