package graph_test

import (
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/graph"
	"softloss/losses"
)

func TestHazardSecondGradOfSoftMax(t *testing.T) {
	z := input(G.NewGraph(), "z", f64([]float64{1, 2, 3, 4}, 2, 2))
	p := must(t)(G.SoftMax(z))
	_, err := G.Grad(must(t)(G.Sum(p)), z)
	require.NoError(t, err)
	require.Panics(t, func() { _, _ = G.Grad(must(t)(G.Sum(must(t)(G.Square(p)))), z) },
		"Gorgonia: a second Grad beside SoftMax")
}

// TestSecondGrad calls Grad twice, on two losses of the same logits, and on a cost that has
// nothing to do with the first.
func TestSecondGrad(t *testing.T) {
	b := newBatch(tensor.Float64, 4, 3)
	z, y := b.nodes(G.NewGraph())
	w := input(z.Graph(), "w", f64([]float64{1, -2}, 2))
	mae := losses.Criterion{Loss: losses.MAE{}}
	first, err := G.Grad(must(t)(graph.Apply(losses.Criterion{}, z, y)), z)
	require.NoError(t, err)
	penalty, err := G.Grad(must(t)(G.Sum(must(t)(G.Square(w)))), w)
	require.NoError(t, err, "a second Grad, of a cost without the loss")
	second, err := G.Grad(must(t)(graph.Apply(mae, z, y)), z)
	require.NoError(t, err, "a third Grad, of another loss of the logits")
	vm := G.NewTapeMachine(z.Graph())
	defer vm.Close()
	require.NoError(t, vm.RunAll())
	_, want, _ := b.evalGrad(t, losses.Criterion{}, nil)
	requireClose(t, want, floats(t, first[0].Value()), 0, 0, "first")
	_, want, _ = b.evalGrad(t, mae, nil)
	requireClose(t, want, floats(t, second[0].Value()), 0, 0, "second")
	requireClose(t, []float64{2, -4}, floats(t, penalty[0].Value()), 0, 0, "penalty")
}

// TestSecondOrder differentiates a gradient. There is no second order yet: an error, neither a
// panic nor, as with Gorgonia's own ops, the first order.
func TestSecondOrder(t *testing.T) {
	for name, f := range map[string]func(z, y *G.Node) (*G.Node, error){
		"loss": ours,
		"softmax": func(z, y *G.Node) (*G.Node, error) {
			return G.Mean(must(t)(G.HadamardProd(y, must(t)(graph.Softmax(z)))))
		},
	} {
		z, y := newBatch(tensor.Float64, 4, 3).nodes(G.NewGraph())
		d, err := G.Grad(must(t)(f(z, y)), z)
		require.NoError(t, err)
		size := must(t)(G.Sum(must(t)(G.Square(d[0]))))
		require.NotPanics(t, func() { _, err = G.Grad(size, z) }, name)
		require.Error(t, err, name)
	}
}

// symbolicOnly hides the DoDiff of an op.
type symbolicOnly struct{ G.SDOp }

func TestHazardNoDoDiff(t *testing.T) {
	b := newBatch(tensor.Float64, 4, 3)
	grad := func(hide bool) []float64 {
		return run(t, lisp, func(g *G.ExprGraph) problem {
			z, y := b.nodes(g)
			l := must(t)(graph.Apply(losses.Criterion{}, z, y))
			if hide {
				op, ok := l.Op().(G.SDOp)
				require.True(t, ok)
				h := G.NewGraph()
				z, y = b.nodes(h)
				l = must(t)(G.ApplyOp(symbolicOnly{op}, z, y))
			}
			return problem{g: l.Graph(), loss: l, cost: l, wrt: G.Nodes{z}}
		}).grads[0]
	}
	require.Equal(t, make([]float64, 12), grad(true), "Gorgonia: the Lisp machine is silent where DoDiff is missing")
	require.NotEqual(t, make([]float64, 12), grad(false))
}

// TestHazardClobbered adds 1 to the losses of the rows, which overwrites them in place; what Read
// gives are the losses.
func TestHazardClobbered(t *testing.T) {
	plusOne := func(l *G.Node) (*G.Node, error) { return G.Add(l, G.NewConstant(1.0)) }
	b := newBatch(tensor.Float64, 4, 3)
	perRow := losses.Criterion{Reduction: losses.None}
	want, _, _ := b.evalGrad(t, perRow, nil)
	z, y := b.nodes(G.NewGraph())
	l := must(t)(graph.Apply(perRow, z, y))
	vm := G.NewTapeMachine(must(t)(plusOne(l)).Graph())
	defer vm.Close()
	require.NoError(t, vm.RunAll())
	requireClose(t, []float64{want[0] + 1}, floats(t, l.Value())[:1], 0, 0,
		"Gorgonia: the loss's own value is overwritten")

	for name, after := range map[string]func(*G.Node) (*G.Node, error){"+1": plusOne, "-": G.Neg, "²": G.Square} {
		for m := range modes {
			got := run(t, m, func(g *G.ExprGraph) problem {
				z, y := b.nodes(g)
				l := must(t)(graph.Apply(perRow, z, y))
				return problem{g: g, loss: l, cost: must(t)(G.Sum(must(t)(after(l)))), wrt: G.Nodes{z}}
			})
			requireClose(t, want, got.loss, 0, 0, "%s %v", name, m)
		}
	}
}

// TestHazardAccumulation documents what package doc says: without a solver, the gradients of
// BindDualValues add up, run after run.
func TestHazardAccumulation(t *testing.T) {
	b := newBatch(tensor.Float64, 4, 3)
	_, grad, _ := b.evalGrad(t, losses.Criterion{}, nil)
	z, y := b.nodes(G.NewGraph())
	_, err := G.Grad(must(t)(graph.Apply(losses.Criterion{}, z, y)), z)
	require.NoError(t, err)
	vm := G.NewTapeMachine(z.Graph(), G.BindDualValues(z))
	defer vm.Close()
	for i := 1; i <= 3; i++ {
		require.NoError(t, vm.RunAll())
		vm.Reset()
		d, err := z.Grad()
		require.NoError(t, err)
		requireClose(t, scaled(grad, float64(i)), floats(t, d), 1e-15, 0, "after run %d", i)
	}
}

// TestHazardReset documents that a second RunAll without Reset does nothing, and shows that after
// it new values are read.
func TestHazardReset(t *testing.T) {
	b, c := newBatch(tensor.Float64, 4, 3), newBatch(tensor.Float64, 4, 3)
	c.logits = f64(scaled(b.logits.Float64s(), 2), 4, 3)
	z, y := b.nodes(G.NewGraph())
	l := must(t)(graph.Apply(losses.Criterion{}, z, y))
	d, err := G.Grad(l, z)
	require.NoError(t, err)
	var loss G.Value
	G.Read(l, &loss)
	vm := G.NewTapeMachine(z.Graph())
	defer vm.Close()
	require.NoError(t, vm.RunAll())
	require.NoError(t, G.Let(z, c.logits))
	require.NoError(t, vm.RunAll())
	want, _, _ := b.evalGrad(t, losses.Criterion{}, nil)
	requireClose(t, want, floats(t, loss), 0, 0, "Gorgonia: the old loss")
	vm.Reset()
	require.NoError(t, vm.RunAll())
	want, grad, _ := c.evalGrad(t, losses.Criterion{}, nil)
	requireClose(t, want, floats(t, loss), 0, 0, "the new loss")
	requireClose(t, grad, floats(t, d[0].Value()), 0, 0, "the new gradient")
}

// TestHazardConstants documents that Gorgonia knows constants by an abbreviated print; targets
// given as tensors are inputs and stay apart.
func TestHazardConstants(t *testing.T) {
	one, two := make([]float64, 200), make([]float64, 200)
	two[100] = 1
	g := G.NewGraph()
	c1 := g.AddNode(G.NewConstant(f64(one, 20, 10)))
	c2 := g.AddNode(G.NewConstant(f64(two, 20, 10)))
	require.Same(t, c1, c2, "Gorgonia: two constants are one")

	z := input(g, "z", f64(normals(newRand(1), 200), 20, 10))
	l1 := must(t)(graph.Apply(losses.Criterion{}, z, f64(one, 20, 10)))
	l2 := must(t)(graph.Apply(losses.Criterion{}, z, f64(two, 20, 10)))
	require.NotSame(t, l1, l2)
	vm := G.NewTapeMachine(must(t)(G.Add(l1, l2)).Graph())
	defer vm.Close()
	require.NoError(t, vm.RunAll())
	require.NotSame(t, l1.Value(), l2.Value())
	require.NotEqual(t, l1.Value().Data(), l2.Value().Data())
}

// bindAll runs a loss on a batch of one row with BindDualValues of everything.
func bindAll(t *testing.T, loss func(z, y *G.Node) (*G.Node, error)) []float64 {
	b := newBatch(tensor.Float64, 1, 3)
	z, y := b.nodes(G.NewGraph())
	_, err := G.Grad(must(t)(loss(z, y)), z)
	require.NoError(t, err)
	vm := G.NewTapeMachine(z.Graph(), G.BindDualValues())
	defer vm.Close()
	require.NoError(t, vm.RunAll())
	d, err := z.Grad()
	require.NoError(t, err)
	return floats(t, d)
}

// dividedByN is a mean as one writes it: a sum divided by a constant, the number of rows.
func dividedByN(z, y *G.Node) (*G.Node, error) {
	prod, err := G.HadamardProd(z, y)
	if err != nil {
		return nil, err
	}
	sum, err := G.Sum(prod)
	if err != nil {
		return nil, err
	}
	return G.Div(sum, G.NewConstant(float64(z.Shape()[0])))
}

// TestHazardBatchOfOne runs Gorgonia's way in another process, because it kills it.
func TestHazardBatchOfOne(t *testing.T) {
	const child = "SOFTLOSS_GRAPH_BATCH_OF_ONE"
	if os.Getenv(child) != "" {
		bindAll(t, dividedByN)
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestHazardBatchOfOne$")
	cmd.Env = append(os.Environ(), child+"=1")
	out, err := cmd.CombinedOutput()
	require.Error(t, err, "Gorgonia: division by a constant 1 under BindDualValues() crashes")
	require.Contains(t, string(out), "panic: ", "%s", out)

	_, grad, _ := newBatch(tensor.Float64, 1, 3).evalGrad(t, losses.Criterion{}, nil)
	requireClose(t, grad, bindAll(t, ours), 0, 0, "gradient")
}

// TestLispMachineAnew runs a graph on two Lisp machines, with other values in between; the
// gradients of the first run are still there and are added to, so they are cleared.
func TestLispMachineAnew(t *testing.T) {
	b := newBatch(tensor.Float64, 4, 3)
	z, y := b.nodes(G.NewGraph())
	l := must(t)(graph.Apply(losses.Criterion{}, z, y))
	for i := range 3 {
		b.logits.Float64s()[0] = float64(i)
		vm := G.NewLispMachine(z.Graph())
		require.NoError(t, vm.RunAll())
		want, grad, _ := b.evalGrad(t, losses.Criterion{}, nil)
		requireClose(t, want, floats(t, l.Value()), 0, 0, "loss of run %d", i)
		d, err := z.Grad()
		require.NoError(t, err)
		requireClose(t, grad, floats(t, d), 0, 0, "gradient of run %d", i)
		G.ZeroValue(d)
		require.NoError(t, vm.Close())
	}
}
