package graph_test

import (
	"math"
	"strings"
	"testing"

	"softloss/graph"
	"softloss/losses"

	"github.com/stretchr/testify/require"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// TestContrastiveErrors wants an error of its kind, which names the argument, and a graph as it
// was.
func TestContrastiveErrors(t *testing.T) {
	g := G.NewGraph()
	node := func(g *G.ExprGraph, name string, dt tensor.Dtype, shape ...int) *G.Node {
		return G.NewTensor(g, dt, len(shape), G.WithShape(shape...), G.WithName(name))
	}
	x, wide, f32 := node(g, "x", tensor.Float64, 4, 3), node(g, "wide", tensor.Float64, 4, 5), node(g, "f32",
		tensor.Float32, 4, 3)
	vector, ints := node(g, "vector", tensor.Float64, 3), node(g, "ints", tensor.Int, 4, 3)
	more, other := node(g, "more", tensor.Float64, 5, 3), node(G.NewGraph(), "other", tensor.Float64, 4, 3)
	index, empty := node(g, "index", tensor.Int, 4), node(g, "empty", tensor.Float64, 0, 3)
	scalar := G.NewScalar(g, tensor.Float64, G.WithName("scalar"))
	unnamed := func() *G.Node { return G.NewMatrix(g, tensor.Float64, G.WithShape(4, 3)) }
	require.Same(t, unnamed(), unnamed(), "Gorgonia: two are one")
	require.ErrorContains(t, errorOf(graph.InfoNCE(unnamed(), unnamed(), 1, losses.Mean)),
		"is the node of the argument a, too")
	require.ErrorContains(t, errorOf(graph.SupCon(other, unnamed(), 1, losses.Mean)), "(4, 3) (give it a name with "+
		"WithName) is not in the graph of the argument x")
	before := len(g.AllNodes())
	for name, c := range map[string]struct {
		got, want error
		arg       string
	}{
		"cosine: nil":         {errorOf(graph.CosineLogits(nil, x)), losses.ErrNil, "x"},
		"cosine: nil w":       {errorOf(graph.CosineLogits(x, nil)), losses.ErrNil, "w"},
		"cosine: width":       {errorOf(graph.CosineLogits(x, wide)), losses.ErrShape, "w"},
		"cosine: vector":      {errorOf(graph.CosineLogits(vector, x)), losses.ErrShape, "x"},
		"cosine: scalar":      {errorOf(graph.CosineLogits(scalar, x)), losses.ErrShape, "x"},
		"cosine: empty":       {errorOf(graph.CosineLogits(x, empty)), losses.ErrShape, "w"},
		"infonce: integers":   {errorOf(graph.InfoNCE(x, ints, 1, losses.Mean)), losses.ErrDtype, "b"},
		"supcon: integers":    {errorOf(graph.SupCon(ints, index, 1, losses.Mean)), losses.ErrDtype, "x"},
		"supcon: empty index": {errorOf(graph.SupCon(x, new(tensor.Dense), 1, losses.Mean)), losses.ErrNil, "index"},
		"supcon: index elsewhere": {errorOf(
			graph.SupCon(x, node(G.NewGraph(), "index", tensor.Int, 4), 1, losses.Mean)),
			graph.ErrNode, "index"},
		"cosine: integers":  {errorOf(graph.CosineLogits(ints, x)), losses.ErrDtype, "x"},
		"cosine: dtype":     {errorOf(graph.CosineLogits(x, f32)), losses.ErrDtype, "w"},
		"cosine: graph":     {errorOf(graph.CosineLogits(x, other)), graph.ErrNode, "w"},
		"cosine: one node":  {errorOf(graph.CosineLogits(unnamed(), unnamed())), graph.ErrNode, "w"},
		"infonce: one node": {errorOf(graph.InfoNCE(unnamed(), unnamed(), 1, losses.Mean)), graph.ErrNode, "b"},
		"infonce: rows":     {errorOf(graph.InfoNCE(x, more, 1, losses.Mean)), losses.ErrShape, "b"},
		"infonce: nil":      {errorOf(graph.InfoNCE(nil, x, 1, losses.Mean)), losses.ErrNil, "a"},
		"infonce: nil b":    {errorOf(graph.InfoNCE(x, nil, 1, losses.Mean)), losses.ErrNil, "b"},
		"infonce: 0":        {errorOf(graph.InfoNCE(x, wide, 0, losses.Mean)), losses.ErrParam, "temperature"},
		"infonce: NaN": {errorOf(graph.InfoNCE(x, wide, math.NaN(), losses.Mean)),
			losses.ErrParam, "temperature"},
		"infonce: infinite": {errorOf(graph.InfoNCE(x, wide, math.Inf(1), losses.Mean)),
			losses.ErrParam, "temperature"},
		"infonce: reduction": {errorOf(graph.InfoNCE(x, wide, 1, 99)), losses.ErrReduction, "reduction"},
		"supcon: nil":        {errorOf(graph.SupCon(nil, index, 1, losses.Mean)), losses.ErrNil, "x"},
		"supcon: no index":   {errorOf(graph.SupCon(x, nil, 1, losses.Mean)), losses.ErrNil, "index"},
		"supcon: negative":   {errorOf(graph.SupCon(x, index, -1, losses.Mean)), losses.ErrParam, "temperature"},
		"supcon: float index": {errorOf(graph.SupCon(x, f64(make([]float64, 4), 4), 1, losses.Mean)),
			losses.ErrDtype, "index"},
		"supcon: short index": {errorOf(graph.SupCon(x, indexTensor(tensor.Int, []int{1, 2}), 1, losses.Mean)),
			losses.ErrShape, "index"},
		"supcon: (2,2) index": {errorOf(graph.SupCon(x, intsLike(0, []int{1, 2, 1, 2}, 2, 2), 1, losses.Mean)),
			losses.ErrShape, "index"},
		"supcon: x is its index": {errorOf(graph.SupCon(x, x, 1, losses.Mean)), graph.ErrNode, "index"},
	} {
		require.ErrorIs(t, c.got, c.want, name)
		_, arg, _ := strings.Cut(c.got.Error(), ": ")
		require.True(t, strings.HasPrefix(arg, c.arg+": "), "%s: %v", name, c.got)
	}
	require.Len(t, g.AllNodes(), before)
}
