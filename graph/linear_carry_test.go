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

// TestLinearAheadOnlyForThoseWhoAsk: a machine that runs the loss alone computes gradients beside
// it twice, for which there is room, and then no more.
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
	ask := func(v G.Value) []float64 {
		x, err := grads[1].Op().Do(append(in[:len(in):len(in)], v, G.NewF64(1))...)
		require.NoError(t, err)
		return floats(t, x)
	}
	var got [][]float64
	for _, v := range values {
		got = append(got, ask(v))
	}
	fresh := ask(G.NewF64(0)) // the value of no run
	for i, x := range got {
		require.Equal(t, i >= 2, allClose(fresh, x, 0, 0), "run %d", i)
	}
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
