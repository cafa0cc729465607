package graph_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/graph"
	"softloss/internal/numtest"
	"softloss/losses"
)

// checkNumGrad holds the gradients of all machines against central differences of the value.
func checkNumGrad(t *testing.T, build func(g *G.ExprGraph) problem) {
	t.Helper()
	p := build(G.NewGraph())
	var cost G.Value
	G.Read(p.cost, &cost)
	vm := G.NewTapeMachine(p.cost.Graph())
	defer vm.Close()
	want := make([][]float64, len(p.wrt))
	for i, n := range p.wrt {
		x, ok := n.Value().Data().([]float64)
		require.True(t, ok, "%v is not float64", n)
		f := func(at []float64) float64 {
			saved := append([]float64(nil), x...)
			copy(x, at)
			vm.Reset()
			require.NoError(t, vm.RunAll())
			copy(x, saved)
			return floats(t, cost)[0]
		}
		want[i] = numtest.NumGrad(f, append([]float64(nil), x...))
	}
	for _, m := range gradModes {
		got := run(t, m, build)
		for i := range want {
			require.NotEqual(t, make([]float64, len(want[i])), want[i], "a gradient of zeros shows nothing")
			requireClose(t, want[i], got.grads[i], 1e-9, 1e-10, "%v: gradient of %v", m, p.wrt[i])
		}
	}
}

// numCriteria are the criteria whose gradients are held against differences, away from kinks.
func numCriteria(k int) map[string]losses.Criterion {
	c := matrixCriteria(k)
	c["mae-prior"] = losses.Criterion{Loss: losses.MAE{}, Smoothing: losses.Smoothing{Alpha: 0.1}}
	c["user-notebook"] = losses.Criterion{Loss: brier{Scale: 2},
		Smoothing: losses.Smoothing{Rule: losses.SmoothNotebook, Alpha: 0.05}}
	return c
}

func TestNumGradInputs(t *testing.T) {
	const n, k = 3, 4
	r := newRand(11)
	// No label is 0, where the notebook's rule jumps.
	labels := f64(probRows(r, n, k), n, k)
	logits, probs := f64(normals(r, n*k), n, k), f64(probRows(r, n, k), n, k)
	for i, p := range probs.Float64s() {
		probs.Float64s()[i] = 0.2 + 0.2*p // log p bends too much for differences near 0
	}
	weights := f64([]float64{0.5, 2, 1.25}, n)
	for name, c := range numCriteria(k) {
		for _, c.Reduction = range []losses.Reduction{losses.Mean, losses.Sum, losses.None} {
			t.Run(name+"/"+c.Reduction.String(), func(t *testing.T) {
				checkNumGrad(t, func(g *G.ExprGraph) problem {
					x := logits
					if c.FromProbs {
						x = probs
					}
					// Clones: NumGrad moves the elements.
					z, y := input(g, "logits", x.Clone().(*tensor.Dense)), input(g, "labels",
						labels.Clone().(*tensor.Dense))
					o := graph.Options{TargetGrad: true, SampleWeights: input(g, "weights", weights)}
					p := problem{g: g, wrt: G.Nodes{z, y}}
					p.loss = must(t)(graph.ApplyWith(c, z, y, o))
					p.cost = p.loss
					if c.Reduction == losses.None {
						p.cost = must(t)(G.Sum(must(t)(G.HadamardProd(p.loss,
							input(g, "rows", f64([]float64{2, -1, 0.5}, n))))))
					}
					return p
				})
			})
		}
	}
}

// model adds two dense layers to x, with the activation between them.
func model(t *testing.T, x *G.Node, hidden, k int, seed uint64,
	activation func(*G.Node) (*G.Node, error)) (logits *G.Node, weights G.Nodes) {
	r := newRand(seed)
	g := x.Graph()
	layer := func(x *G.Node, name string, out int) *G.Node {
		in := x.Shape()[1]
		w := input(g, "w"+name, dense(x.Dtype(), normals(r, in*out), in, out))
		b := input(g, "b"+name, dense(x.Dtype(), normals(r, out), 1, out))
		weights = append(weights, w, b)
		return must(t)(G.BroadcastAdd(must(t)(G.Mul(x, w)), b, nil, []byte{0}))
	}
	h := must(t)(activation(layer(x, "1", hidden)))
	return layer(h, "2", k), weights
}

func TestNumGradModel(t *testing.T) {
	const n, d, k = 4, 3, 3
	for name, activation := range map[string]func(*G.Node) (*G.Node, error){"relu": G.Rectify, "tanh": G.Tanh} {
		for loss, c := range map[string]losses.Criterion{
			"ce":   losses.SoftLabelCriterion(0.1, losses.Mean),
			"mae":  {Loss: losses.MAE{}, Reduction: losses.Sum},
			"user": {Loss: brier{Scale: 1}},
		} {
			t.Run(name+"/"+loss, func(t *testing.T) {
				checkNumGrad(t, func(g *G.ExprGraph) problem {
					r := newRand(5)
					x := input(g, "x", f64(normals(r, n*d), n, d))
					logits, weights := model(t, x, 5, k, 3, activation)
					cost := must(t)(graph.Apply(c, logits, indexTensor(tensor.Int, []int{0, 2, 1, 2})))
					return problem{g: g, loss: cost, cost: cost, wrt: append(weights, x)}
				})
			})
		}
	}
}

// rowNodes are the functions of package graph from a matrix to a node, with whether the result is
// [N].
var rowNodes = []struct {
	name   string
	vector bool
	labels bool
	f      func(x *G.Node) (*G.Node, error)
}{
	{name: "Softmax", f: graph.Softmax},
	{name: "LogSoftmax", f: graph.LogSoftmax},
	{name: "LogSumExp", f: graph.LogSumExp, vector: true},
	{name: "SmoothSoftLabels", labels: true,
		f: func(x *G.Node) (*G.Node, error) { return graph.SmoothSoftLabels(x, 0.2) }},
	{name: "Smooth uniform", labels: true, f: func(x *G.Node) (*G.Node, error) {
		return graph.Smooth(losses.Smoothing{Rule: losses.SmoothUniform, Alpha: 0.3}, x)
	}},
	{name: "Smooth prior", labels: true, f: func(x *G.Node) (*G.Node, error) {
		return graph.Smooth(losses.Smoothing{Alpha: 0.3, Prior: []float64{0.5, 0.25, 0.25, 0}}, x)
	}},
	{name: "Smooth off", labels: true,
		f: func(x *G.Node) (*G.Node, error) { return graph.Smooth(losses.Smoothing{}, x) }},
}

func TestNumGradRowNodes(t *testing.T) {
	const n, k = 3, 4
	for _, f := range rowNodes {
		t.Run(f.name, func(t *testing.T) {
			checkNumGrad(t, func(g *G.ExprGraph) problem {
				r := newRand(21)
				x, u := f64(normals(r, n*k), n, k), f64(normals(r, n*k), n, k)
				if f.labels {
					x = f64(probRows(r, n, k), n, k)
				}
				if f.vector {
					u = f64(normals(r, n), n)
				}
				z := input(g, "x", x)
				p := problem{g: g, loss: must(t)(f.f(z)), wrt: G.Nodes{z}}
				p.cost = must(t)(G.Sum(must(t)(G.HadamardProd(p.loss, input(g, "u", u)))))
				return p
			})
		})
	}
}

// TestRowNodesExact holds the nodes against package losses, for one row, one class and both dtypes.
func TestRowNodesExact(t *testing.T) {
	cases := 0
	for _, s := range [][2]int{{3, 4}, {1, 4}, {3, 1}, {1, 1}} {
		n, k := s[0], s[1]
		for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
			x, u := dense(dt, normals(newRand(1), n*k), n, k), dense(dt, normals(newRand(2), n*k), n, k)
			un := dense(dt, normals(newRand(2), n), n)
			for _, f := range []struct {
				name  string
				u     *tensor.Dense
				node  func(*G.Node) (*G.Node, error)
				value func(tensor.Tensor) (*tensor.Dense, error)
				grad  func(x, u tensor.Tensor) (*tensor.Dense, error)
			}{
				{"Softmax", u, graph.Softmax, losses.Softmax, losses.SoftmaxGrad},
				{"LogSoftmax", u, graph.LogSoftmax, losses.LogSoftmax, losses.LogSoftmaxGrad},
				{"LogSumExp", un, graph.LogSumExp, losses.LogSumExp, losses.LogSumExpGrad},
			} {
				value, err := f.value(x)
				require.NoError(t, err)
				grad, err := f.grad(x, f.u)
				require.NoError(t, err)
				for _, m := range gradModes {
					got := run(t, m, func(g *G.ExprGraph) problem {
						z := input(g, "x", x)
						p := problem{g: g, loss: must(t)(f.node(z)), wrt: G.Nodes{z}}
						p.cost = must(t)(G.Sum(must(t)(G.HadamardProd(p.loss, input(g, "u", f.u)))))
						return p
					})
					requireClose(t, floats(t, value), got.loss, 0, 0, "%s %v %v", f.name, s, m)
					requireClose(t, floats(t, grad), got.grads[0], 0, 0, "gradient of %s %v %v", f.name, s, m)
					cases++
				}
			}
		}
	}
	require.Equal(t, 4*2*3*3, cases)
}
