package graph_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/graph"
	"softloss/losses"
)

// The tests of this file show where Gorgonia's own functions go wrong, so that a release
// that mends one is noticed, and that the nodes of this package are right there.

// valueOf runs f of one input.
func valueOf(t *testing.T, x *tensor.Dense, f func(*G.Node) (*G.Node, error)) []float64 {
	t.Helper()
	return run(t, value, func(g *G.ExprGraph) problem {
		n := must(t)(f(input(g, "x", x)))
		return problem{g: g, loss: n, cost: n}
	}).loss
}

// lossOf runs a loss of logits and labels.
func lossOf(t *testing.T, z, y *tensor.Dense, f func(z, y *G.Node) (*G.Node, error)) []float64 {
	t.Helper()
	return run(t, value, func(g *G.ExprGraph) problem {
		n := must(t)(f(input(g, "z", z), input(g, "y", y)))
		return problem{g: g, loss: n, cost: n}
	}).loss
}

func builtinSoftmax(x *G.Node) (*G.Node, error)    { return G.SoftMax(x) }
func builtinLogSoftmax(x *G.Node) (*G.Node, error) { return G.LogSoftMax(x) }

func TestHazardRowMaximum(t *testing.T) {
	x := dense(tensor.Float32, []float64{1000, 0, 1, 2}, 2, 2)
	y := dense(tensor.Float32, []float64{1, 0, 0, 1}, 2, 2)
	require.True(t, math.IsNaN(valueOf(t, x, builtinSoftmax)[2]), "Gorgonia: one large logit spoils the other rows")
	require.True(t, math.IsInf(valueOf(t, x, builtinLogSoftmax)[2], 1), "Gorgonia: the same")
	l := lossOf(t, x, y, builtin)[0]
	require.True(t, math.IsNaN(l) || math.IsInf(l, 0), "Gorgonia: and so the loss: %v", l)

	p := 1 / (1 + math.E)
	requireClose(t, []float64{1, 0, p, 1 - p}, valueOf(t, x, graph.Softmax), 1e-6, 0, "softmax")
	requireClose(t, []float64{0, -1000, math.Log(p), math.Log1p(-p)}, valueOf(t, x, graph.LogSoftmax), 1e-6, 0,
		"log softmax")
	requireClose(t, []float64{-math.Log1p(-p) / 2}, lossOf(t, x, y, ours), 1e-6, 0, "loss")
}

func TestHazardOneNode(t *testing.T) {
	x := input(G.NewGraph(), "x", f64([]float64{0.5, 1.5}, 1, 2))
	require.Same(t, must(t)(G.SoftMax(x)), must(t)(G.LogSoftMax(x)), "Gorgonia: softmax and its logarithm are one node")
	p, l := must(t)(graph.Softmax(x)), must(t)(graph.LogSoftmax(x))
	require.NotSame(t, p, l)
	var pv, lv G.Value
	G.Read(p, &pv)
	G.Read(l, &lv)
	vm := G.NewTapeMachine(x.Graph())
	defer vm.Close()
	require.NoError(t, vm.RunAll())
	q := 1 / (1 + math.E)
	requireClose(t, []float64{q, 1 - q}, floats(t, pv), 1e-15, 0, "softmax")
	requireClose(t, []float64{math.Log(q), math.Log(1 - q)}, floats(t, lv), 1e-15, 0, "log softmax")
}

func TestHazardLogOfSoftmax(t *testing.T) {
	x := f64([]float64{0.5, 1.5}, 1, 2)
	sum := func(f func(*G.Node) (*G.Node, error)) float64 {
		p := valueOf(t, x, func(x *G.Node) (*G.Node, error) {
			p, err := f(x)
			if err != nil {
				return nil, err
			}
			_, err = G.Log(p)
			return p, err
		})
		return p[0] + p[1]
	}
	require.Negative(t, sum(builtinSoftmax), "Gorgonia: a logarithm turns the softmax node itself into log softmax")
	requireClose(t, []float64{1}, []float64{sum(graph.Softmax)}, 1e-15, 0, "sum of a row")
}

func TestHazardLogSumExp(t *testing.T) {
	want := math.Log(math.Exp(1) + math.Exp(2) + math.Exp(3) + math.Exp(4))
	got := valueOf(t, f64([]float64{1, 2, 3, 4}, 4), func(x *G.Node) (*G.Node, error) { return G.LogSumExp(x, 0) })
	require.Greater(t, math.Abs(got[0]-want), 1.0, "Gorgonia: log(sum + max) for log(sum) + max")
	m := input(G.NewGraph(), "m", f64([]float64{1, 2, 3, 4}, 2, 2))
	_, err := G.LogSumExp(m, 1)
	require.Error(t, err, "Gorgonia: nothing for a matrix")
	requireClose(t, []float64{want}, valueOf(t, f64([]float64{1, 2, 3, 4}, 1, 4), graph.LogSumExp), 1e-15, 0,
		"log sum exp")
}

func TestHazardColumn(t *testing.T) {
	x := f64([]float64{1, 2, 3}, 3, 1)
	require.NotEqual(t, []float64{1, 1, 1}, valueOf(t, x, builtinSoftmax), "Gorgonia: takes another axis for (N, 1)")
	require.Equal(t, []float64{1, 1, 1}, valueOf(t, x, graph.Softmax))
	require.Equal(t, []float64{0, 0, 0}, valueOf(t, x, graph.LogSoftmax))
	require.Equal(t, []float64{1, 2, 3}, valueOf(t, x, graph.LogSumExp))
}

func TestHazardMaskedLogit(t *testing.T) {
	z, y := f64([]float64{0, math.Inf(-1), 1}, 1, 3), f64([]float64{0.5, 0, 0.5}, 1, 3)
	require.True(t, math.IsNaN(lossOf(t, z, y, composed)[0]), "Gorgonia: 0·(-Inf)")
	want := math.Log1p(math.E) - 0.5
	requireClose(t, []float64{want}, lossOf(t, z, y, ours), 1e-15, 0, "loss")
	p := 1 / (1 + math.E)
	for _, m := range gradModes {
		got := run(t, m, func(g *G.ExprGraph) problem {
			x := input(g, "z", z)
			l := must(t)(graph.Apply(losses.Criterion{}, x, y))
			return problem{g: g, loss: l, cost: l, wrt: G.Nodes{x}}
		})
		requireClose(t, []float64{p - 0.5, 0, 0.5 - p}, got.grads[0], 1e-14, 0, "gradient, %v", m)
	}
}

// views returns tensors that do not lie in memory row by row, each with a copy that does.
func views(t *testing.T) map[string][2]*tensor.Dense {
	t.Helper()
	r := newRand(77)
	out := map[string][2]*tensor.Dense{}
	add := func(name string, v *tensor.Dense) {
		out[name] = [2]*tensor.Dense{v, f64(floats(t, v), v.Shape()...)}
	}
	big := f64(probRows(r, 4, 5), 4, 5)
	s, err := big.Slice(nil, G.S(1, 4))
	require.NoError(t, err)
	add("columns", s.(*tensor.Dense))
	transposed := f64(probRows(r, 3, 4), 3, 4)
	require.NoError(t, transposed.T())
	add("transposed", transposed)
	s, err = f64(probRows(r, 8, 3), 8, 3).Slice(G.S(0, 8, 2))
	require.NoError(t, err)
	add("every other row", s.(*tensor.Dense))
	return out
}

// TestHazardViews binds such tensors as logits and labels.
func TestHazardViews(t *testing.T) {
	wrong := 0
	for name, v := range views(t) {
		if !allClose(valueOf(t, v[1], builtinSoftmax), valueOf(t, v[0], builtinSoftmax), 1e-12, 0) {
			wrong++
		}
		for fn, f := range map[string]func(*G.Node) (*G.Node, error){"softmax": graph.Softmax,
			"log sum exp": graph.LogSumExp,
			"smooth":      func(x *G.Node) (*G.Node, error) { return graph.SmoothSoftLabels(x, 0.1) }} {
			requireClose(t, valueOf(t, v[1], f), valueOf(t, v[0], f), 0, 0, "%s of %s", fn, name)
		}
		for m := range modes {
			build := func(i int) func(g *G.ExprGraph) problem {
				return func(g *G.ExprGraph) problem {
					z := G.NewMatrix(g, tensor.Float64, G.WithShape(4, 3), G.WithName("z"))
					y := G.NewMatrix(g, tensor.Float64, G.WithShape(4, 3), G.WithName("y"))
					l := must(t)(graph.ApplyWith(losses.SoftLabelCriterion(0.1, losses.Mean), z, y,
						graph.Options{TargetGrad: true}))
					require.NoError(t, G.Let(z, v[i]))
					require.NoError(t, G.Let(y, v[i]))
					return problem{g: g, loss: l, cost: l, wrt: G.Nodes{z, y}}
				}
			}
			require.Equal(t, run(t, m, build(1)), run(t, m, build(0)), "%s %v", name, m)
		}
	}
	require.Positive(t, wrong, "Gorgonia: reads views as if they were not")
}

// TestIndexView takes a column of a matrix of integers as index, as tensor and bound to a node.
func TestIndexView(t *testing.T) {
	all := tensor.New(tensor.WithShape(4, 2), tensor.WithBacking([]int{0, 9, 2, 9, 1, 9, 2, 9}))
	column, err := all.Slice(nil, G.S(0))
	require.NoError(t, err)
	b := newBatch(tensor.Float64, 4, 3)
	want, err := losses.Criterion{}.Eval(b.logits, indexTensor(tensor.Int, []int{0, 2, 1, 2}))
	require.NoError(t, err)
	for m := range modes {
		for _, asTensor := range []bool{true, false} {
			got := run(t, m, func(g *G.ExprGraph) problem {
				z := input(g, "z", b.logits)
				var target graph.Target = column
				if !asTensor {
					n := G.NewVector(g, tensor.Int, G.WithShape(4), G.WithName("index"))
					require.NoError(t, G.Let(n, column))
					target = n
				}
				l := must(t)(graph.Apply(losses.Criterion{}, z, target))
				return problem{g: g, loss: l, cost: l, wrt: G.Nodes{z}}
			})
			requireClose(t, []float64{widen(t, want.ScalarValue())}, got.loss, 0, 0, "%v %v", m, asTensor)
		}
	}
}

// TestHazardShapeEq documents the comparison that package losses does not rely on.
func TestHazardShapeEq(t *testing.T) {
	require.True(t, tensor.Shape{3}.Eq(tensor.Shape{3, 1}), "tensor: (3) is (3, 1)")
	require.True(t, tensor.Shape{3}.Eq(tensor.Shape{1, 3}), "tensor: (3) is (1, 3)")
	require.True(t, tensor.Shape{1, 3}.Eq(tensor.Shape{3}), "tensor: (1, 3) is (3)")
}
