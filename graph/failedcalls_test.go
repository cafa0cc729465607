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
	index := func(y ...int) *tensor.Dense { return indexTensor(tensor.Int, y) }
	labels := f64(make([]float64, 12), 4, 3)
	for name, f := range map[string]func(z, w *G.Node) error{
		"rows": func(z, _ *G.Node) error { _, err := graph.Apply(losses.Criterion{}, z, index(0, 1, 2)); return err },
		"dtype": func(z, _ *G.Node) error {
			_, err := graph.Apply(losses.Criterion{}, z, dense(tensor.Float32, make([]float64, 12), 4, 3))
			return err
		},
		"alpha": func(z, _ *G.Node) error {
			_, err := graph.SoftLabelCrossEntropyWithLogits(z, labels, -1, losses.Mean)
			return err
		},
		"validate": func(z, _ *G.Node) error {
			_, err := graph.Apply(losses.Criterion{Loss: refused{}}, z, labels)
			return err
		},
		"empty": func(z, _ *G.Node) error { _, err := graph.Apply(losses.Criterion{}, z, new(tensor.Dense)); return err },
		"gradient of a tensor": func(z, _ *G.Node) error {
			_, err := graph.ApplyWith(losses.Criterion{}, z, labels, graph.Options{TargetGrad: true})
			return err
		},
		"gradient of no weights": func(z, _ *G.Node) error {
			_, err := graph.ApplyWith(losses.Criterion{}, z, labels, graph.Options{WeightGrad: true})
			return err
		},
		"weights": func(z, w *G.Node) error {
			_, err := graph.ApplyWith(losses.Criterion{}, z, labels, graph.Options{SampleWeights: w})
			return err
		},
		"weights that are the logits": func(z, _ *G.Node) error {
			_, err := graph.ApplyWith(losses.Criterion{}, z, labels, graph.Options{SampleWeights: z})
			return err
		},
		"softmax": func(z, _ *G.Node) error { _, err := graph.Softmax(nil); return err },
		"smooth":  func(z, _ *G.Node) error { _, err := graph.Smooth(losses.Smoothing{Alpha: 2}, z); return err },
		"prior": func(z, _ *G.Node) error {
			_, err := graph.Smooth(losses.Smoothing{Alpha: 0.1, Prior: []float64{1}}, z)
			return err
		},
		"divergence": func(z, w *G.Node) error {
			_, err := graph.JensenShannon(G.Nodes{z, w}, losses.Mean)
			return err
		},
		"one divergent": func(z, _ *G.Node) error {
			_, err := graph.JensenShannon(G.Nodes{z}, losses.Mean)
			return err
		},
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
	for name, f := range map[string]func() error{
		"one node": func() error {
			_, err := graph.Apply(losses.Criterion{}, unnamed(g, 2, 4), unnamed(g, 2, 4))
			return err
		},
		"another graph": func() error {
			_, err := graph.Apply(losses.Criterion{}, z, unnamed(other, 2, 4))
			return err
		},
		"weights": func() error {
			_, err := graph.ApplyWith(losses.Criterion{}, z, indexTensor(tensor.Int, []int{0, 1}),
				graph.Options{SampleWeights: unnamed(other, 2, 4)})
			return err
		},
		"predictions": func() error {
			_, err := graph.JensenShannon(G.Nodes{unnamed(g, 2, 4), unnamed(g, 2, 4)}, losses.Mean)
			return err
		},
		"weight of no cost": func() error {
			_, err := graph.HessianVector(cost, G.Nodes{unnamed(g, 2, 4)}, []*tensor.Dense{vector})
			return err
		},
		"weight elsewhere": func() error {
			_, err := graph.HessianVector(cost, G.Nodes{unnamed(other, 2, 4)}, []*tensor.Dense{vector})
			return err
		},
		"weight that is two": func() error {
			n := unnamed(g, 2, 4)
			_, err := graph.HessianVector(cost, G.Nodes{n, n}, []*tensor.Dense{vector, nil})
			return err
		},
	} {
		err := f()
		require.ErrorIs(t, err, graph.ErrNode, name)
		require.ErrorContains(t, err, "an unnamed input (2, 4); give it a name with WithName", name)
		require.NotContains(t, err.Error(), "%!", name)
		var e *graph.Error
		require.ErrorAs(t, err, &e, name)
	}
}
