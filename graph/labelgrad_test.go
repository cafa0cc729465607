package graph_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/graph"
	"softloss/losses"
)

// ops returns the texts of the graph's ops that contain a word.
func ops(g *G.ExprGraph, word string) (found []string) {
	for _, n := range g.AllNodes() {
		if n.Op() != nil && strings.Contains(n.Op().String(), word) {
			found = append(found, n.Op().String())
		}
	}
	return found
}

// TestLabelGradientIsNotComputed counts the ops: a machine executes each, wanted or not.
func TestLabelGradientIsNotComputed(t *testing.T) {
	b := newBatch(tensor.Float64, 4, 3)
	for _, targetGrad := range []bool{false, true} {
		z, y := b.nodes(G.NewGraph())
		w := input(z.Graph(), "w", f64([]float64{1, 1, 2, 0}, 4))
		l := must(t)(graph.ApplyWith(losses.Criterion{}, z, y, graph.Options{SampleWeights: w, TargetGrad: targetGrad}))
		require.Len(t, ops(z.Graph(), "softloss{"), 1)
		_, err := G.Grad(l, z)
		require.NoError(t, err)
		got := ops(z.Graph(), "softloss{")
		if targetGrad {
			require.Len(t, got, 3, "loss, gradient by the logits, gradient by the labels: %v", got)
			require.Len(t, ops(z.Graph(), "d1 softloss{"), 1)
			continue
		}
		require.Len(t, got, 2, "loss, gradient by the logits: %v", got)
		require.Len(t, ops(z.Graph(), "d0 softloss{"), 1)
	}
}

// TestGradOfLabelsUnasked wants an error, not silent zeros, for a gradient that was not asked for.
func TestGradOfLabelsUnasked(t *testing.T) {
	b := newBatch(tensor.Float64, 4, 3)
	z, y := b.nodes(G.NewGraph())
	l := must(t)(graph.Apply(losses.Criterion{}, z, y))
	_, err := G.Grad(l, z, y)
	require.Error(t, err)
	require.ErrorContains(t, err, "Non Differentiable WRTs")
}

// TestGradOfSampleWeights wants the same for sample weights, which never have a gradient.
func TestGradOfSampleWeights(t *testing.T) {
	b := newBatch(tensor.Float64, 4, 3)
	z, y := b.nodes(G.NewGraph())
	w := input(z.Graph(), "w", f64([]float64{1, 1, 2, 0}, 4))
	l := must(t)(graph.ApplyWith(losses.Criterion{}, z, y, graph.Options{SampleWeights: w, TargetGrad: true}))
	_, err := G.Grad(l, z, w)
	require.ErrorContains(t, err, "Non Differentiable WRTs")
}

// TestLispLeavesLabelsAlone looks at the Lisp machine, which keeps a gradient for every input: of
// labels and weights that have none it must stay 0.
func TestLispLeavesLabelsAlone(t *testing.T) {
	b := newBatch(tensor.Float64, 4, 3)
	z, y := b.nodes(G.NewGraph())
	w := input(z.Graph(), "w", f64([]float64{1, 1, 2, 0}, 4))
	must(t)(graph.ApplyWith(losses.Criterion{}, z, y, graph.Options{SampleWeights: w}))
	vm := G.NewLispMachine(z.Graph())
	defer vm.Close()
	require.NoError(t, vm.RunAll())
	for _, n := range []*G.Node{y, w} {
		d, err := n.Grad()
		require.NoError(t, err)
		require.Equal(t, make([]float64, n.Shape().TotalSize()), floats(t, d), "%v", n)
	}
	d, err := z.Grad()
	require.NoError(t, err)
	require.NotEqual(t, make([]float64, 12), floats(t, d))
}

// TestLispAdds lets the logits have two users; the Lisp machine adds their gradients in place.
func TestLispAdds(t *testing.T) {
	b := newBatch(tensor.Float32, 4, 3)
	_, grad, _ := b.evalGrad(t, losses.Criterion{}, nil)
	got := run(t, lisp, func(g *G.ExprGraph) problem {
		z, y := b.nodes(g)
		one := must(t)(graph.Apply(losses.Criterion{}, z, y))
		two := must(t)(G.Sum(z))
		return problem{g: g, loss: one, cost: must(t)(G.Add(one, two)), wrt: G.Nodes{z}}
	})
	for i := range grad {
		grad[i] = float64(float32(grad[i]) + 1)
	}
	requireClose(t, grad, got.grads[0], 1e-7, 0, "sum of two gradients")
}
