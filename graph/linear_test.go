package graph_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/graph"
	"softloss/losses"
)

// layer are the inputs of a linear layer in a graph.
type layer struct{ hidden, weight, bias *G.Node }

// newLayer returns a layer of n rows, d hidden values and k classes.
func newLayer(g *G.ExprGraph, dt tensor.Dtype, n, d, k int) layer {
	l := unbiased(g, dt, n, d, k)
	l.bias = input(g, "bias", dense(dt, normals(newRand(22), k), k))
	return l
}

// unbiased is newLayer without a bias: on the Lisp machine every input needs a use.
func unbiased(g *G.ExprGraph, dt tensor.Dtype, n, d, k int) layer {
	r := newRand(21)
	return layer{hidden: input(g, "hidden", dense(dt, normals(r, n*d), n, d)),
		weight: input(g, "weight", dense(dt, normals(r, k*d), k, d))}
}

// TestLinearNumGrad holds the gradients of hidden values, weight and bias, labels and sample
// weights against differences, on all machines.
func TestLinearNumGrad(t *testing.T) {
	const n, d, k = 3, 2, 4
	labels := f64(probRows(newRand(3), n, k), n, k)
	criteria := numCriteria(k)
	criteria["sigmoid"] = losses.Criterion{Link: losses.SigmoidLink}
	for name, c := range criteria {
		if c.FromProbs {
			continue
		}
		for i, reduction := range []losses.Reduction{losses.Mean, losses.None, losses.WeightedMean} {
			c.Reduction = reduction
			t.Run(name+"/"+reduction.String(), func(t *testing.T) {
				checkNumGrad(t, func(g *G.ExprGraph) problem {
					l := unbiased(g, tensor.Float64, n, d, k)
					p := problem{g: g, wrt: G.Nodes{l.hidden, l.weight}}
					if i > 0 {
						l = newLayer(g, tensor.Float64, n, d, k)
						p.wrt = append(p.wrt, l.bias)
					}
					var o graph.Options
					var target graph.Target = labels
					o.ReuseGrad = reduction != losses.None && name[0]%2 == 0
					if i > 0 {
						y := input(g, "labels", labels.Clone().(*tensor.Dense))
						o.SampleWeights = input(g, "weights", f64([]float64{0.5, 2, 1.25}, n))
						o.TargetGrad, o.WeightGrad, target = true, true, y
						p.wrt = append(p.wrt, y, o.SampleWeights)
					}
					p.loss = must(t)(graph.ApplyLinearWith(c, l.hidden, l.weight, l.bias, target, o))
					p.cost = p.loss
					if reduction == losses.None {
						p.cost = must(t)(G.Sum(must(t)(G.Square(p.loss))))
					}
					return p
				})
			})
		}
	}
}

// TestLinearNumGradOfAll is that for every loss of the list, its first link, soft labels and an
// index.
func TestLinearNumGradOfAll(t *testing.T) {
	const n, d, k = 3, 2, 4
	for _, e := range losses.Losses() {
		c := losses.Criterion{Loss: e.Loss}
		if !e.Has(losses.SoftmaxLink) {
			c.Link = losses.SigmoidLink
		}
		for name, target := range map[string]graph.Target{
			"labels": f64(probRows(newRand(3), n, k), n, k), "index": indexTensor(tensor.Int, []int{2, 0, 3}),
		} {
			t.Run(e.Name+"/"+name, func(t *testing.T) {
				checkNumGrad(t, func(g *G.ExprGraph) problem {
					l := newLayer(g, tensor.Float64, n, d, k)
					loss := must(t)(graph.ApplyLinear(c, l.hidden, l.weight, l.bias, target))
					return problem{g, loss, loss, G.Nodes{l.hidden, l.weight, l.bias}}
				})
			})
		}
	}
}

// TestLinearIsApplyOnLogits, in a model with a layer before, for both dtypes on all machines.
func TestLinearIsApplyOnLogits(t *testing.T) {
	const n, d, k = 5, 4, 6
	index := indexTensor(tensor.Int32, []int{0, 5, 2, 1, 2})
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		build := func(linear bool) func(g *G.ExprGraph) problem {
			return func(g *G.ExprGraph) problem {
				l := unbiased(g, dt, n, d, k)
				h := must(t)(G.Tanh(l.hidden))
				p := problem{g: g, wrt: G.Nodes{l.hidden, l.weight}}
				if linear {
					p.loss = must(t)(graph.ApplyLinear(losses.Criterion{}, h, l.weight, nil, index))
				} else {
					z := must(t)(G.Mul(h, must(t)(G.Transpose(l.weight, 1, 0))))
					p.loss = must(t)(graph.Apply(losses.Criterion{}, z, index))
				}
				p.cost = p.loss
				return p
			}
		}
		for _, m := range gradModes {
			want, got := run(t, tape, build(false)), run(t, m, build(true))
			requireClose(t, want.loss, got.loss, 1e-6, 1e-7, "%v", m)
			for i := range want.grads {
				requireClose(t, want.grads[i], got.grads[i], 1e-5, 1e-6, "%v %v: gradient %d", dt, m, i)
			}
		}
	}
}

// TestLinearBuildErrors wants every mistake that can be seen in the graph to be an error of its
// kind that leaves no node behind.
func TestLinearBuildErrors(t *testing.T) {
	g, other := G.NewGraph(), G.NewGraph()
	node := func(g *G.ExprGraph, name string, dt tensor.Dtype, shape ...int) *G.Node {
		return G.NewTensor(g, dt, len(shape), G.WithShape(shape...), G.WithName(name))
	}
	f := tensor.Float64
	h, w, b, y := node(g, "h", f, 4, 3), node(g, "w", f, 4, 3), node(g, "b", f, 4), node(g, "y", f, 4, 4)
	wide, square, s64 := node(g, "wide", f, 4, 5), node(g, "square", f, 4, 4), node(g, "s", tensor.Int64, 4)
	elsewhere := node(other, "w", f, 4, 3)
	before := len(g.AllNodes())
	for name, c := range map[string]struct {
		hidden, weight, bias *G.Node
		target               graph.Target
		options              graph.Options
		want                 error
		text                 string
	}{
		"nil hidden":      {nil, w, b, y, graph.Options{}, losses.ErrNil, "hidden"},
		"nil weight":      {h, nil, b, y, graph.Options{}, losses.ErrNil, "weight"},
		"nil target":      {h, w, b, nil, graph.Options{}, losses.ErrNil, "target"},
		"one node":        {h, h, b, y, graph.Options{}, graph.ErrNode, "hidden values"},
		"other graph":     {h, elsewhere, b, y, graph.Options{}, graph.ErrNode, "graph"},
		"wrong weight":    {h, wide, b, y, graph.Options{}, losses.ErrShape, "[K, 3]"},
		"wrong bias":      {h, w, y, y, graph.Options{}, graph.ErrNode, "another input"},
		"bias shape":      {h, w, square, y, graph.Options{}, losses.ErrShape, "bias"},
		"target shape":    {h, w, b, wide, graph.Options{}, losses.ErrShape, "labels"},
		"weight again":    {h, w, b, w, graph.Options{}, graph.ErrNode, "another input"},
		"bias again":      {h, w, b, y, graph.Options{SampleWeights: b}, graph.ErrNode, "another input"},
		"sample weights":  {h, w, b, y, graph.Options{SampleWeights: wide}, losses.ErrShape, "sample weights"},
		"foreign weights": {h, w, b, y, graph.Options{SampleWeights: elsewhere}, graph.ErrNode, "hidden"},
		"index gradient":  {h, w, b, s64, graph.Options{TargetGrad: true}, losses.ErrDtype, "an index"},
		"of no weights":   {h, w, b, y, graph.Options{WeightGrad: true}, graph.ErrNode, "WeightGrad"},
	} {
		_, err := graph.ApplyLinearWith(losses.Criterion{}, c.hidden, c.weight, c.bias, c.target, c.options)
		require.ErrorIs(t, err, c.want, name)
		assert.ErrorContains(t, err, c.text, name)
	}
	_, err := graph.ApplyLinear(losses.Criterion{Temperature: -1}, h, w, b, y)
	require.ErrorIs(t, err, losses.ErrParam)
	_, err = graph.ApplyLinearWith(losses.Criterion{Reduction: losses.None}, h, w, b, y, graph.Options{ReuseGrad: true})
	require.ErrorIs(t, err, graph.ErrNode)
	require.Len(t, g.AllNodes(), before)

	loss := must(t)(graph.ApplyLinear(losses.Criterion{}, h, w, b, y))
	_, err = graph.HessianVector(loss, G.Nodes{w}, []*tensor.Dense{f64(make([]float64, 12), 4, 3)})
	require.ErrorIs(t, err, losses.ErrLoss)
}

// TestLinearRunErrors: what is wrong with the data is the machine's error, with the row.
func TestLinearRunErrors(t *testing.T) {
	for _, m := range []mode{tape, lisp, value} {
		if m == lisp && raceEnabled {
			continue // Gorgonia's own race when a run fails
		}
		_, err := tryRun(t, m, func(g *G.ExprGraph) problem {
			l := newLayer(g, tensor.Float64, 3, 2, 4)
			loss := must(t)(graph.ApplyLinear(losses.Criterion{}, l.hidden, l.weight, l.bias,
				indexTensor(tensor.Int, []int{0, 3, 4})))
			return problem{g, loss, loss, G.Nodes{l.hidden, l.weight, l.bias}}
		})
		require.ErrorContains(t, err, "losses: index: row 2: 4 is out of range", m) // the tape machine unwraps nothing
	}
}
