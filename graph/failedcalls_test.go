package graph_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/graph"
	"softloss/losses"
)

// TestFailedCallsLeaveNothing wants of every call that returns an error that the graph stays as it
// was: as many nodes, none of them differentiated, and fit to run on the Lisp machine, which fails
// on a node that nothing leads to.
func TestFailedCallsLeaveNothing(t *testing.T) {
	labels := f64(make([]float64, 12), 4, 3)
	with := func(o graph.Options) func(z, w *G.Node) error {
		return func(z, _ *G.Node) error { return errorOf(graph.ApplyWith(losses.Criterion{}, z, labels, o)) }
	}
	to := func(c losses.Criterion, target graph.Target) func(z, w *G.Node) error {
		return func(z, _ *G.Node) error { return errorOf(graph.Apply(c, z, target)) }
	}
	smooth := func(s losses.Smoothing) func(z, w *G.Node) error {
		return func(z, _ *G.Node) error { return errorOf(graph.Smooth(s, z)) }
	}
	for name, f := range map[string]func(z, w *G.Node) error{
		"rows":                   to(losses.Criterion{}, indexTensor(tensor.Int, []int{0, 1, 2})),
		"dtype":                  to(losses.Criterion{}, dense(tensor.Float32, make([]float64, 12), 4, 3)),
		"alpha":                  to(losses.SoftLabelCriterion(-1, losses.Mean), labels),
		"validate":               to(losses.Criterion{Loss: refused{}}, labels),
		"empty":                  to(losses.Criterion{}, new(tensor.Dense)),
		"gradient of a tensor":   with(graph.Options{TargetGrad: true}),
		"gradient of no weights": with(graph.Options{WeightGrad: true}),
		"weights": func(z, w *G.Node) error {
			return errorOf(graph.ApplyWith(losses.Criterion{}, z, labels, graph.Options{SampleWeights: w}))
		},
		"weights that are the logits": func(z, _ *G.Node) error {
			return errorOf(graph.ApplyWith(losses.Criterion{}, z, labels, graph.Options{SampleWeights: z}))
		},
		"softmax": func(_, _ *G.Node) error { return errorOf(graph.Softmax(nil)) },
		"smooth":  smooth(losses.Smoothing{Alpha: 2}),
		"prior":   smooth(losses.Smoothing{Alpha: 0.1, Prior: []float64{1}}),
		"divergence": func(z, w *G.Node) error {
			return errorOf(graph.JensenShannon(G.Nodes{z, w}, losses.Mean))
		},
		"one divergent": func(z, _ *G.Node) error { return errorOf(graph.JensenShannon(G.Nodes{z}, losses.Mean)) },
	} {
		g := G.NewGraph()
		z := input(g, "z", f64(normals(newRand(1), 12), 4, 3))
		w := must(t)(G.Square(z)) // of the wrong shape for weights
		if name == "divergence" {
			w = must(t)(G.Transpose(w, 1, 0))
		}
		before := len(g.AllNodes())
		require.Error(t, f(z, w), name)
		require.Len(t, g.AllNodes(), before, name)
		cost := must(t)(graph.Apply(losses.Criterion{}, w, f64(make([]float64, 12), w.Shape()...)))
		vm := G.NewLispMachine(g)
		require.NoError(t, vm.RunAll(), name)
		require.NoError(t, vm.Close())
		require.NotNil(t, cost.Value())
	}
}

// TestFailedHessianLeavesNothing does the same for HessianVector, whatever it finds wrong, and
// when.
func TestFailedHessianLeavesNothing(t *testing.T) {
	for name, build := range map[string]func(z *G.Node) *G.Node{
		"no second derivatives": func(z *G.Node) *G.Node {
			return must(t)(graph.Apply(losses.Criterion{Loss: losses.MAE{}}, z,
				indexTensor(tensor.Int, []int{0, 1, 2, 0})))
		},
		"wrong in Gorgonia": func(z *G.Node) *G.Node {
			return must(t)(G.Sum(must(t)(G.InverseSqrt(must(t)(G.Square(z))))))
		},
		"not a scalar": func(z *G.Node) *G.Node { return must(t)(graph.LogSumExp(z)) },
	} {
		z := input(G.NewGraph(), "z", f64(normals(newRand(1), 12), 4, 3))
		cost := build(z)
		before := len(z.Graph().AllNodes())
		_, err := graph.HessianVector(cost, G.Nodes{z}, []*tensor.Dense{f64(make([]float64, 12), 4, 3)})
		require.Error(t, err, name)
		require.Len(t, z.Graph().AllNodes(), before, name)
		for _, n := range z.Graph().AllNodes() {
			require.Nil(t, n.Deriv(), name)
		}
	}
}

// TestUnnamedInputs wants errors about inputs without a name to say so, and what to do.
func TestUnnamedInputs(t *testing.T) {
	g, other := G.NewGraph(), G.NewGraph()
	unnamed := func(g *G.ExprGraph, shape ...int) *G.Node {
		return G.NewTensor(g, tensor.Float64, len(shape), G.WithShape(shape...))
	}
	z := input(g, "z", f64(normals(newRand(1), 8), 2, 4))
	cost := must(t)(graph.Apply(losses.Criterion{}, z, indexTensor(tensor.Int, []int{0, 1})))
	vector := f64(make([]float64, 8), 2, 4)
	index, twice := indexTensor(tensor.Int, []int{0, 1}), unnamed(g, 2, 4)
	for name, err := range map[string]error{
		"one node":      errorOf(graph.Apply(losses.Criterion{}, unnamed(g, 2, 4), unnamed(g, 2, 4))),
		"another graph": errorOf(graph.Apply(losses.Criterion{}, z, unnamed(other, 2, 4))),
		"weights": errorOf(graph.ApplyWith(losses.Criterion{}, z, index,
			graph.Options{SampleWeights: unnamed(other, 2, 4)})),
		"predictions": errorOf(graph.JensenShannon(G.Nodes{unnamed(g, 2, 4), unnamed(g, 2, 4)}, losses.Mean)),
		"weight of no cost": errorOf(graph.HessianVector(cost, G.Nodes{unnamed(g, 2, 4)},
			[]*tensor.Dense{vector})),
		"weight elsewhere": errorOf(graph.HessianVector(cost, G.Nodes{unnamed(other, 2, 4)},
			[]*tensor.Dense{vector})),
		"weight that is two": errorOf(graph.HessianVector(cost, G.Nodes{twice, twice},
			[]*tensor.Dense{vector, nil})),
	} {
		require.ErrorIs(t, err, graph.ErrNode, name)
		require.ErrorContains(t, err, "an unnamed input (2, 4) (give it a name with WithName)", name)
		require.NotContains(t, err.Error(), "%!", name)
		var e *graph.Error
		require.ErrorAs(t, err, &e, name)
	}
}
