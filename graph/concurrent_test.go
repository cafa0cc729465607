package graph_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/graph"
	"softloss/losses"
)

// lossGraph is a graph with loss and gradient, ready to run.
type lossGraph struct {
	batch      batch
	z, y       *G.Node
	loss, grad *G.Node
}

func newLossGraph(t *testing.T, n, k int) lossGraph {
	b := newBatch(tensor.Float64, n, k)
	l := lossGraph{batch: b}
	l.z, l.y = b.nodes(G.NewGraph())
	l.loss = must(t)(graph.Apply(losses.SoftLabelCriterion(0.1, losses.Mean), l.z, l.y))
	d, err := G.Grad(l.loss, l.z)
	require.NoError(t, err)
	l.grad = d[0]
	return l
}

// check runs the graph on other values, again and again, and compares.
func (l lossGraph) check(t *testing.T, vm G.VM, runs int) {
	z, ok := l.z.Value().Data().([]float64)
	if !ok {
		t.Error("logits are not float64")
		return
	}
	b := l.batch
	b.logits = f64(z, b.n, b.k)
	for i := range runs {
		for j := range z {
			z[j] = float64((i*7+j*3)%11) / 3
		}
		copy(b.logits.Float64s(), z)
		if err := vm.RunAll(); err != nil {
			t.Error(err)
			return
		}
		loss, grad, _ := b.evalGrad(t, losses.SoftLabelCriterion(0.1, losses.Mean), nil)
		if !allClose(loss, floats(t, l.loss.Value()), 0, 0) || !allClose(grad, floats(t, l.grad.Value()), 0, 0) {
			t.Errorf("run %d: loss %v, want %v", i, l.loss.Value(), loss)
			return
		}
		vm.Reset()
	}
}

// TestMachinesAtOnce runs graphs that were built one after the other on machines of their own, all
// at once.
func TestMachinesAtOnce(t *testing.T) {
	var graphs []lossGraph
	var machines []G.VM
	for i := range 4 {
		graphs = append(graphs, newLossGraph(t, 3+i, 5))
		machines = append(machines, G.NewTapeMachine(graphs[i].loss.Graph()))
	}
	var wg sync.WaitGroup
	for i, l := range graphs {
		wg.Go(func() { l.check(t, machines[i], 200) })
	}
	wg.Wait()
}

// TestCloneAtOnce runs a graph and its clone, which share their ops, at once.
func TestCloneAtOnce(t *testing.T) {
	l := newLossGraph(t, 6, 5)
	clone, ok := l.loss.Graph().Clone().(*G.ExprGraph)
	require.True(t, ok)
	twin := lossGraph{batch: l.batch}
	for i, n := range l.loss.Graph().AllNodes() {
		for from, to := range map[*G.Node]**G.Node{l.z: &twin.z, l.y: &twin.y, l.loss: &twin.loss, l.grad: &twin.grad} {
			if n == from {
				*to = clone.AllNodes()[i]
			}
		}
	}
	require.Same(t, l.loss.Op(), twin.loss.Op(), "Gorgonia: a clone has the very ops")
	require.NotSame(t, l.z.Value(), twin.z.Value())
	one, two := G.NewTapeMachine(l.loss.Graph()), G.NewTapeMachine(clone)
	var wg sync.WaitGroup
	wg.Go(func() { l.check(t, one, 300) })
	wg.Go(func() { twin.check(t, two, 300) })
	wg.Wait()
}

// TestOpsAtOnce calls one op from several goroutines, without a machine.
func TestOpsAtOnce(t *testing.T) {
	l := newLossGraph(t, 6, 5)
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			b := newBatch(tensor.Float64, 6, 5)
			b.logits = f64(scaled(b.logits.Float64s(), float64(g)), 6, 5)
			loss, grad, _ := b.evalGrad(t, losses.SoftLabelCriterion(0.1, losses.Mean), nil)
			for range 200 {
				v, err := l.loss.Op().Do(b.logits, b.labels)
				if err != nil || !allClose(loss, floats(t, v), 0, 0) {
					t.Errorf("loss %v %v", v, err)
					return
				}
				d, err := l.grad.Op().Do(b.logits, b.labels, v, G.NewF64(1))
				if err != nil || !allClose(grad, floats(t, d), 0, 0) {
					t.Errorf("gradient %v %v", d, err)
					return
				}
			}
		})
	}
	wg.Wait()
}
