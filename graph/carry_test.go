package graph_test

import (
	"fmt"
	"math"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/graph"
	"softloss/losses"
)

// reuser is a graph of u·loss(x w), with or without ReuseGrad.
type reuser struct {
	g       *G.ExprGraph
	x, w, u *G.Node
	loss    *G.Node
	dw      *G.Node
}

func newReuser(t testing.TB, c losses.Criterion, reuse, weighted bool) reuser {
	r := reuser{g: G.NewGraph()}
	r.x, r.w = input(r.g, "x", f64(normals(newRand(1), 12), 4, 3)), input(r.g, "w", f64(normals(newRand(2), 15), 3, 5))
	o := graph.Options{ReuseGrad: reuse}
	if weighted {
		o.SampleWeights = input(r.g, "weights", f64([]float64{1, 0, 2, 0.5}, 4))
	}
	labels := input(r.g, "labels", f64(softRows(newRand(3), 4, 5), 4, 5))
	r.loss = must(t)(graph.ApplyWith(c, must(t)(G.Mul(r.x, r.w)), labels, o))
	r.u = G.NewScalar(r.g, tensor.Float64, G.WithName("u"), G.WithValue(1.0))
	d, err := G.Grad(must(t)(G.Mul(r.loss, r.u)), r.w)
	require.NoError(t, err)
	r.dw = d[0]
	return r
}

// in returns the node of another graph, a clone, that stands for n.
func (r reuser) in(clone *G.ExprGraph, n *G.Node) *G.Node {
	for i, m := range r.g.AllNodes() {
		if m == n {
			return clone.AllNodes()[i]
		}
	}
	return nil
}

// clone returns the clone of the graph.
func (r reuser) clone(t testing.TB) reuser {
	g, ok := r.g.Clone().(*G.ExprGraph)
	require.True(t, ok)
	return reuser{g: g, x: r.in(g, r.x), w: r.in(g, r.w), u: r.in(g, r.u), loss: r.in(g, r.loss), dw: r.in(g, r.dw)}
}

// step gives the graph the numbers of step i, another upstream gradient for every few, runs it and
// returns loss and gradient.
func (r reuser) step(vm G.VM, i int) (loss, grad []float64, err error) {
	for j, x := range r.x.Value().Data().([]float64) {
		r.x.Value().Data().([]float64)[j] = math.Mod(x+float64(i*j)+0.7, 3) - 1
	}
	if err := G.Let(r.u, []float64{1, 1, 1, -2, -2, -2, 0.5, 1, 0, math.Copysign(0, -1)}[i%10]); err != nil {
		return nil, nil, err
	}
	defer vm.Reset()
	if err := vm.RunAll(); err != nil {
		return nil, nil, err
	}
	grad = append(grad, r.dw.Value().Data().([]float64)...)
	return []float64{r.loss.Value().Data().(float64)}, grad, nil
}

// TestReuseGrad wants the bits of a graph without the option, for every reduction and changing
// upstream gradients.
func TestReuseGrad(t *testing.T) {
	for _, c := range []losses.Criterion{
		{}, {Reduction: losses.Sum}, {Reduction: losses.WeightedMean,
			Loss: losses.Focal{Gamma: 2}}, {Loss: brier{Scale: 2}},
	} {
		for _, weighted := range []bool{false, true} {
			plain, reuse := newReuser(t, c, false, weighted), newReuser(t, c, true, weighted)
			one, two := G.NewTapeMachine(plain.g), G.NewTapeMachine(reuse.g)
			for i := range 30 {
				loss, grad, err := plain.step(one, i)
				require.NoError(t, err)
				gotLoss, gotGrad, err := reuse.step(two, i)
				require.NoError(t, err)
				requireBits(t, loss, gotLoss, "loss of step %d", i)
				requireBits(t, grad, gotGrad, "gradient of step %d", i)
			}
			require.NoError(t, one.Close())
			require.NoError(t, two.Close())
		}
	}
}

// requireBits wants equal numbers, zeros of equal signs.
func requireBits(t testing.TB, want, got []float64, msg string, args ...any) {
	t.Helper()
	require.Len(t, got, len(want))
	for i := range want {
		require.Equal(t, math.Float64bits(want[i]), math.Float64bits(got[i]), append([]any{msg}, args...)...)
	}
}

// TestReuseGradMachines runs two machines on one graph, one after the other, and one with the
// options that copy values; on a Lisp machine everything is as without.
func TestReuseGradMachines(t *testing.T) {
	plain, reuse := newReuser(t, losses.Criterion{}, false, false), newReuser(t, losses.Criterion{}, true, false)
	one := G.NewTapeMachine(plain.g)
	machines := []G.VM{G.NewTapeMachine(reuse.g), G.NewTapeMachine(reuse.g), G.NewTapeMachine(reuse.g, G.TraceExec()),
		G.NewTapeMachine(reuse.g, G.WithNaNWatch(), G.WithInfWatch())}
	for i := range 24 {
		loss, grad, err := plain.step(one, i)
		require.NoError(t, err)
		gotLoss, gotGrad, err := reuse.step(machines[i%3*i%4], i)
		require.NoError(t, err)
		requireBits(t, loss, gotLoss, "loss of step %d", i)
		requireBits(t, grad, gotGrad, "gradient of step %d", i)
	}
	build := func(reuse bool) func(g *G.ExprGraph) problem {
		return func(g *G.ExprGraph) problem {
			z, y := newBatch(tensor.Float64, 4, 3).nodes(g)
			l := must(t)(graph.ApplyWith(losses.Criterion{}, z, y, graph.Options{ReuseGrad: reuse, TargetGrad: true}))
			return problem{g: g, loss: l, cost: l, wrt: G.Nodes{z, y}}
		}
	}
	for m := range modes {
		require.Equal(t, run(t, m, build(false)), run(t, m, build(true)), m)
	}
}

// TestReuseGradClones runs a graph and its clones at once; each has its own numbers.
func TestReuseGradClones(t *testing.T) {
	reuse := newReuser(t, losses.Criterion{}, true, false)
	graphs := []reuser{reuse, reuse.clone(t), reuse.clone(t), reuse.clone(t)}
	require.Same(t, reuse.loss.Op(), graphs[1].loss.Op(), "Gorgonia: a clone has the very ops")
	plain := make([]reuser, len(graphs))
	machines := make([][2]G.VM, len(graphs))
	for i := range graphs {
		plain[i] = newReuser(t, losses.Criterion{}, false, false)
		for j, x := range graphs[i].w.Value().Data().([]float64) {
			graphs[i].w.Value().Data().([]float64)[j] = x + float64(i)
			plain[i].w.Value().Data().([]float64)[j] = x + float64(i)
		}
		machines[i] = [2]G.VM{G.NewTapeMachine(plain[i].g), G.NewTapeMachine(graphs[i].g)}
	}
	var wg sync.WaitGroup
	errs := make([]error, len(graphs))
	for i := range graphs {
		wg.Go(func() {
			for j := range 300 {
				loss, grad, err := plain[i].step(machines[i][0], i+j)
				if err == nil {
					var gotLoss, gotGrad []float64
					if gotLoss, gotGrad, err = graphs[i].step(machines[i][1],
						i+j); err == nil && !(allClose(loss, gotLoss, 0, 0) && allClose(grad, gotGrad, 0, 0)) {
						err = fmt.Errorf("step %d: another's numbers", j)
					}
				}
				if err != nil {
					errs[i] = err
					return
				}
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
}

// TestReuseGradLeftBehind has runs that compute a loss for whose gradient nobody comes, and
// gradients that are asked for late or twice: what is given away is right, and nobody's memory.
func TestReuseGradLeftBehind(t *testing.T) {
	r := newReuser(t, losses.Criterion{}, true, false)
	vm := G.NewTapeMachine(r.g)
	defer vm.Close()
	_, _, err := r.step(vm, 0)
	require.NoError(t, err)
	var grad *G.Node
	for _, n := range r.g.AllNodes() {
		if n.Op() != nil && len(n.Op().String()) > 2 && n.Op().String()[:3] == "d0 " {
			grad = n
		}
	}
	in := []G.Value{f64(normals(newRand(5), 20), 4, 5), r.g.ByName("labels")[0].Value(), f64(make([]float64, 20), 4, 5)}
	_, want, err := losses.Criterion{}.EvalGrad(in[0].(*tensor.Dense), in[1].(*tensor.Dense))
	require.NoError(t, err)
	ask := func(loss G.Value, upstream float64) []float64 {
		d, err := grad.Op().Do(append(append([]G.Value{}, in...), loss, G.NewF64(upstream))...)
		require.NoError(t, err)
		return d.Data().([]float64)
	}
	for i := range 9 {
		loss, err := r.loss.Op().Do(in...)
		require.NoError(t, err)
		if i%3 == 2 {
			continue // nobody comes
		}
		first, other, second := ask(loss, 1), ask(loss, 4), ask(loss, 1)
		requireBits(t, want.Float64s(), first, "first")
		requireBits(t, scaled(want.Float64s(), 4), other, "another upstream gradient")
		requireBits(t, want.Float64s(), second, "second")
		ahead := &in[2].Data().([]float64)[0] == &first[0]
		require.Equal(t, i != 6, ahead, "run %d: computed ahead but after two gradients for which nobody came", i)
		require.NotSame(t, &first[0], &second[0])
		requireBits(t, want.Float64s(), ask(G.NewF64(0), 1), "another loss")
	}
}

// TestReuseGradMemory has two losses in one memory before anybody asks for gradients, other labels
// than those of the loss, and runs that compute nothing ahead: without a gradient op, and when the
// upstream gradient changes from run to run.
func TestReuseGradMemory(t *testing.T) {
	b, other := newBatch(tensor.Float64, 4, 3), newBatch(tensor.Float64, 3, 4)
	z, y := b.nodes(G.NewGraph())
	l := must(t)(graph.ApplyWith(losses.Criterion{}, z, y, graph.Options{ReuseGrad: true}))
	memory := f64(make([]float64, 12), 4, 3)
	forward := func(logits *tensor.Dense) G.Value {
		v, err := l.Op().Do(logits, b.labels, memory)
		require.NoError(t, err)
		return v
	}
	forward(b.logits)
	require.Equal(t, make([]float64, 12), memory.Data(), "no gradient op, no gradient")

	d, err := G.Grad(l, z)
	require.NoError(t, err)
	ask := func(logits, labels *tensor.Dense, loss G.Value, upstream float64) []float64 {
		v, err := d[0].Op().Do(logits, labels, memory, loss, G.NewF64(upstream))
		require.NoError(t, err)
		return floats(t, v)
	}
	want := func(logits, labels *tensor.Dense) []float64 {
		_, grad, err := losses.Criterion{}.EvalGrad(logits, labels)
		require.NoError(t, err)
		return grad.Float64s()
	}
	twice := f64(scaled(b.logits.Float64s(), 2), 4, 3)
	one, two := forward(b.logits), forward(twice)
	requireBits(t, want(twice, b.labels), ask(twice, b.labels, two, 1), "the second")
	requireBits(t, want(b.logits, b.labels), ask(b.logits, b.labels, one, 1), "the first, whose memory is the second's")

	labels := f64(other.labels.Float64s(), 4, 3)
	requireBits(t, want(b.logits, labels), ask(b.logits, labels, forward(b.logits), 1), "other labels than the loss's")

	ask(b.logits, b.labels, forward(b.logits), 3)
	clear(memory.Float64s())
	forward(b.logits)
	require.Equal(t, make([]float64, 12), memory.Data(), "the last two upstream gradients differ")
}

// TestReuseGradHessian differentiates twice; the graph of the products has memory of its own.
func TestReuseGradHessian(t *testing.T) {
	var products [][]float64
	for _, reuse := range []bool{false, true} {
		r := newReuser(t, losses.Criterion{}, reuse, true)
		h, err := graph.HessianVector(r.loss, G.Nodes{r.w}, []*tensor.Dense{f64(normals(newRand(9), 15), 3, 5)})
		require.NoError(t, err)
		products = append(products, runProducts(t, h)[0])
		worst, err := h.Check()
		require.NoError(t, err)
		require.Less(t, worst, 1e-7)
		for _, n := range r.g.AllNodes() {
			if m := h.Node(n); m != nil && reuse && n.Op() == nil && len(n.Name()) > 15 && n.Name()[:15] == "gradient memory" {
				require.NotSame(t, n.Value(), m.Value())
			}
		}
	}
	requireBits(t, products[0], products[1], "products")
}

// TestReuseGradErrors wants an error where there is a loss for every row.
func TestReuseGradErrors(t *testing.T) {
	z, y := newBatch(tensor.Float64, 4, 3).nodes(G.NewGraph())
	_, err := graph.ApplyWith(losses.Criterion{Reduction: losses.None}, z, y, graph.Options{ReuseGrad: true})
	require.ErrorIs(t, err, graph.ErrNode)
	require.ErrorContains(t, err, "ReuseGrad")
	require.Len(t, z.Graph().AllNodes(), 2)
}
