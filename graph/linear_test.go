package graph_test

import (
	"slices"
	"sync"
	"sync/atomic"
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

// TestLinearNumGrad holds the gradients of hidden values, weight and bias, labels and sample weights
// against differences, on all machines.
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

// counted is the user's loss that counts its rows.
type counted struct{ rows *atomic.Int64 }

func (c counted) Row(r losses.Row) float64 {
	c.rows.Add(1)
	return losses.CrossEntropy{}.Row(r)
}

// TestLinearGradientsInOnePass: all gradients of a run cost one pass, again in the next run, whose
// weights are others.
func TestLinearGradientsInOnePass(t *testing.T) {
	const n, d, k = 5, 4, 6
	for _, m := range gradModes {
		c := counted{new(atomic.Int64)}
		run(t, m, func(g *G.ExprGraph) problem {
			l := newLayer(g, tensor.Float64, n, d, k)
			loss := must(t)(graph.ApplyLinear(losses.Criterion{Loss: c}, l.hidden, l.weight, l.bias,
				indexTensor(tensor.Int, []int{0, 5, 2, 1, 2})))
			return problem{g, loss, loss, G.Nodes{l.hidden, l.weight, l.bias}}
		})
		assert.EqualValues(t, 2*n, c.rows.Load(), m)
	}

	for _, o := range []graph.Options{{}, {ReuseGrad: true}} {
		passes := int64(2)
		if o.ReuseGrad {
			passes = 1 // loss and gradients
		}
		g := G.NewGraph()
		l := newLayer(g, tensor.Float64, n, d, k)
		c := counted{new(atomic.Int64)}
		loss := must(t)(graph.ApplyLinearWith(losses.Criterion{Loss: c}, l.hidden, l.weight, l.bias,
			indexTensor(tensor.Int, []int{0, 5, 2, 1, 2}), o))
		scaled := must(t)(G.Mul(loss, G.NewScalar(g, tensor.Float64, G.WithName("scale"), G.WithValue(3.))))
		grads, err := G.Grad(scaled, l.hidden, l.weight, l.bias)
		require.NoError(t, err)
		var grad G.Value
		G.Read(grads[1], &grad)
		vm := G.NewTapeMachine(g)
		defer vm.Close()
		weight := l.weight.Value().(*tensor.Dense)
		for i := range 6 {
			c.rows.Store(0)
			require.NoError(t, vm.RunAll())
			if i == 0 && o.ReuseGrad {
				require.EqualValues(t, 2*n, c.rows.Load(), "an upstream that nobody knew")
			} else if i > 2 {
				require.EqualValues(t, passes*n, c.rows.Load())
			}
			want := losses.LinearOutputs{WeightGrad: f64(make([]float64, k*d), k, d)}
			require.NoError(t, losses.Criterion{}.EvalLinear(want, losses.LinearInputs{Hidden: l.hidden.Value().(*tensor.Dense),
				Weight: weight, Bias: l.bias.Value().(*tensor.Dense), Target: indexTensor(tensor.Int, []int{0, 5, 2, 1, 2}),
				Upstream: f64([]float64{3})}))
			requireClose(t, want.WeightGrad.Float64s(), floats(t, grad), 1e-12, 0, "run %d", i)
			weight.Float64s()[i]++
			vm.Reset()
		}
	}
}

// reusing returns a layer of float64 with classes for its rows, its loss with ReuseGrad, and the
// gradients of hidden values, weight and bias.
func reusing(t *testing.T, n, d, k int) (l layer, y *tensor.Dense, loss *G.Node, grads G.Nodes) {
	l = newLayer(G.NewGraph(), tensor.Float64, n, d, k)
	y = indexTensor(tensor.Int, []int{0, 3, 1})
	loss = must(t)(graph.ApplyLinearWith(losses.Criterion{}, l.hidden, l.weight, l.bias, y,
		graph.Options{ReuseGrad: true}))
	grads, err := G.Grad(loss, l.hidden, l.weight, l.bias)
	require.NoError(t, err)
	return l, y, loss, grads
}

// TestLinearAheadOnlyForThoseWhoAsk: a machine that runs the loss alone computes no gradients more
// than once.
func TestLinearAheadOnlyForThoseWhoAsk(t *testing.T) {
	l, y, loss, grads := reusing(t, 3, 2, 4)
	in := []G.Value{l.hidden.Value(), l.weight.Value(), y, l.bias.Value()}
	var values []G.Value
	for range 5 {
		v, err := loss.Op().Do(in...)
		require.NoError(t, err)
		values = append(values, v)
	}
	l.weight.Value().(*tensor.Dense).Float64s()[0]++ // of which those that wait know nothing
	var got []bool
	for _, v := range values {
		x, err := grads[1].Op().Do(append(in[:len(in):len(in)], v, G.NewF64(1))...)
		require.NoError(t, err)
		fresh, err := grads[1].Op().Do(append(in[:len(in):len(in)], G.NewF64(0), G.NewF64(1))...)
		require.NoError(t, err)
		got = append(got, allClose(floats(t, fresh), floats(t, x), 0, 0))
	}
	require.Equal(t, []bool{false, true, true, true, true}, got)
}

// TestLinearClonesAtOnce: machines of a graph and its clones share the op and get their own
// gradients.
func TestLinearClonesAtOnce(t *testing.T) {
	const n, d, k, machines, runs = 8, 4, 6, 4, 20
	g := G.NewGraph()
	l := newLayer(g, tensor.Float64, n, d, k)
	loss := must(t)(graph.ApplyLinear(losses.Criterion{}, l.hidden, l.weight, l.bias,
		indexTensor(tensor.Int, make([]int, n))))
	grads, err := G.Grad(loss, l.hidden, l.weight, l.bias)
	require.NoError(t, err)
	at := func(n *G.Node) int { return slices.Index(g.AllNodes(), n) }
	var wg sync.WaitGroup
	results := make([][]float64, machines)
	for i := range machines {
		nodes := g.Clone().(*G.ExprGraph).AllNodes()
		nodes[at(l.hidden)].Value().(*tensor.Dense).Float64s()[0] = float64(i)
		vm := G.NewTapeMachine(nodes[0].Graph())
		defer vm.Close()
		wg.Go(func() {
			for range runs {
				var now []float64
				if !assert.NoError(t, vm.RunAll()) {
					return
				}
				for _, x := range grads {
					now = append(now, floats(t, nodes[at(x)].Value())...)
				}
				if results[i] == nil {
					results[i] = now
				}
				if !assert.Equal(t, results[i], now) {
					return
				}
				vm.Reset()
			}
		})
	}
	wg.Wait()
	for i := range machines {
		want := run(t, tape, func(g *G.ExprGraph) problem {
			l := newLayer(g, tensor.Float64, n, d, k)
			l.hidden.Value().(*tensor.Dense).Float64s()[0] = float64(i)
			loss := must(t)(graph.ApplyLinear(losses.Criterion{}, l.hidden, l.weight, l.bias,
				indexTensor(tensor.Int, make([]int, n))))
			return problem{g, loss, loss, G.Nodes{l.hidden, l.weight, l.bias}}
		})
		requireClose(t, slices.Concat(want.grads...), results[i], 0, 0, "machine %d", i)
	}
}

// TestLinearGradientsOfOthers: gradient ops whose runs are interleaved get the gradients of their
// own inputs and results, also when the weight has been changed in place since the last one.
func TestLinearGradientsOfOthers(t *testing.T) {
	const n, d, k = 3, 2, 4
	l, y, loss, grads := reusing(t, n, d, k)
	w, b := l.weight.Value().(*tensor.Dense), l.bias.Value().(*tensor.Dense)
	one, two := l.hidden.Value().(*tensor.Dense), f64([]float64{1, -1, 2, -2, 3, -3}, n, d)
	forward := func(h *tensor.Dense) G.Value {
		v, err := loss.Op().Do(h, w, y, b)
		require.NoError(t, err)
		return v
	}
	up := map[float64]G.Value{1: G.NewF64(1), 3: G.NewF64(3)}
	check := func(i int, h *tensor.Dense, value G.Value, upstream float64) {
		t.Helper()
		got, err := grads[i].Op().Do(h, w, y, b, value, up[upstream])
		require.NoError(t, err)
		want := losses.LinearOutputs{HiddenGrad: f64(make([]float64, n*d), n, d),
			WeightGrad: f64(make([]float64, k*d), k, d), BiasGrad: f64(make([]float64, k), k)}
		require.NoError(t, losses.Criterion{}.EvalLinear(want, losses.LinearInputs{Hidden: h, Weight: w, Bias: b, Target: y,
			Upstream: tensor.New(tensor.FromScalar(upstream))}))
		all := []*tensor.Dense{want.HiddenGrad, want.WeightGrad, want.BiasGrad}
		requireClose(t, all[i].Float64s(), floats(t, got), 0, 0, "gradient %d", i)
	}
	first, second := forward(one), forward(two)
	check(0, one, first, 1)
	check(0, two, second, 1)
	check(1, one, first, 1)
	check(1, two, second, 1)
	check(2, two, second, 3) // another upstream
	check(2, one, first, 1)
	w.Float64s()[0]++
	third := forward(one)
	check(0, one, third, 1)
	check(2, one, third, 1)
	w.Float64s()[0]++
	fourth := forward(one)
	check(1, one, fourth, 1)
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
