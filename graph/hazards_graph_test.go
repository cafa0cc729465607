package graph_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/graph"
	"softloss/losses"
)

// The tests of this file and of hazards_machine_test.go hold what package doc says of Gorgonia:
// each fails when a line there is no longer true.

// linear returns logits x·w of fixed numbers, and w.
func linear(t *testing.T, g *G.ExprGraph) (logits, w *G.Node) {
	x := input(g, "x", f64(normals(newRand(1), 4*2), 4, 2))
	w = input(g, "w", f64(normals(newRand(2), 2*3), 2, 3))
	return must(t)(G.Mul(x, w)), w
}

// TestHazardReadOfClone runs a clone of a graph with gorgonia.Read in it: it writes the variable of
// the original.
func TestHazardReadOfClone(t *testing.T) {
	g := G.NewGraph()
	z := input(g, "z", f64([]float64{0, 0}, 1, 2))
	l := must(t)(graph.Apply(losses.Criterion{}, z, indexTensor(tensor.Int, []int{0})))
	var value G.Value
	G.Read(l, &value)
	vm := G.NewTapeMachine(g)
	defer vm.Close()
	require.NoError(t, vm.RunAll())
	own := floats(t, value)[0]

	clone, ok := g.Clone().(*G.ExprGraph)
	require.True(t, ok)
	require.NoError(t, G.Let(clone.ByName("z")[0], f64([]float64{5, 0}, 1, 2)))
	twin := G.NewTapeMachine(clone)
	defer twin.Close()
	require.NoError(t, twin.RunAll())
	require.NotEqual(t, own, floats(t, value)[0], "Gorgonia: the clone wrote the original's variable")
}

// meanwhile is an engine of package tensor that calls a function in the middle of a matrix product.
type meanwhile struct {
	tensor.StdEng
	f func()
}

func (e *meanwhile) MatMul(a, b, prealloc tensor.Tensor) error {
	e.f()
	return e.StdEng.MatMul(a, b, prealloc)
}

// TestHazardSharedTensor runs one machine while another is in the middle of a product, as two
// goroutines do, on one set of weights. When the weights are one tensor, which Mul transposes in
// place for the gradient, the run fails; with a header each over the same numbers it is right.
func TestHazardSharedTensor(t *testing.T) {
	numbers := normals(newRand(2), 3*2)
	e := &meanwhile{f: func() {}}
	shared := tensor.New(tensor.WithShape(3, 2), tensor.WithBacking(numbers))
	header := tensor.New(tensor.WithShape(3, 2), tensor.WithBacking(numbers))
	machine := func(w *tensor.Dense, options ...G.VMOpt) G.VM {
		g := G.NewGraph()
		wn, x := input(g, "w", w), input(g, "x", f64(normals(newRand(1), 2*4), 2, 4))
		_, err := G.Grad(must(t)(graph.Apply(losses.Criterion{}, must(t)(G.Mul(wn, x)),
			indexTensor(tensor.Int, []int{0, 1, 2}))), x)
		require.NoError(t, err)
		return G.NewTapeMachine(g, options...)
	}
	for other, fails := range map[*tensor.Dense]bool{shared: true, header: false} {
		two := machine(other)
		one := machine(shared, G.WithEngine(e)) // the last machine gives the tensor its engine
		failed, inside := 0, false
		e.f = func() {
			if !inside {
				inside = true
				if two.RunAll() != nil {
					failed++
				}
				two.Reset()
				inside = false
			}
		}
		require.NoError(t, one.RunAll())
		require.Equal(t, fails, failed > 0, "Gorgonia: %d runs failed on one tensor: %t", failed, fails)
		e.f = func() {}
		require.NoError(t, two.RunAll(), "alone it is right")
		require.NoError(t, one.Close())
		require.NoError(t, two.Close())
	}
}

// TestHazardInputWithoutValue wants the tape machine to stop at an input without a value, whether a
// node needs it or not.
func TestHazardInputWithoutValue(t *testing.T) {
	for _, used := range []bool{false, true} {
		g := G.NewGraph()
		z, _ := linear(t, g)
		o := graph.Options{}
		weights := G.NewVector(g, tensor.Float64, G.WithShape(4), G.WithName("weights"))
		if used {
			o.SampleWeights = weights
		}
		must(t)(graph.ApplyWith(losses.Criterion{}, z, indexTensor(tensor.Int, []int{0, 1, 2, 0}), o))
		vm := G.NewTapeMachine(g)
		require.Error(t, vm.RunAll(), "Gorgonia: used=%t", used)
		require.NoError(t, vm.Close())
	}
}

// TestHazardUnusedInput wants the Lisp machine to fail on an input that no node uses, value or not.
func TestHazardUnusedInput(t *testing.T) {
	g := G.NewGraph()
	z, _ := linear(t, g)
	input(g, "unused", f64([]float64{1}, 1))
	must(t)(graph.Apply(losses.Criterion{}, z, indexTensor(tensor.Int, []int{0, 1, 2, 0})))
	vm := G.NewLispMachine(g)
	defer vm.Close()
	require.Error(t, vm.RunAll(), "Gorgonia: an input without a use")
}

// TestHazardNames makes two inputs of one type and shape without a name, and two of one name: each
// pair is one node.
func TestHazardNames(t *testing.T) {
	g := G.NewGraph()
	matrix := func(options ...G.NodeConsOpt) *G.Node {
		return G.NewMatrix(g, tensor.Float64, append(options, G.WithShape(2, 3))...)
	}
	require.Same(t, matrix(), matrix(), "Gorgonia: no name")
	require.Same(t, matrix(G.WithName("x")), matrix(G.WithName("x")), "Gorgonia: one name")
	require.NotSame(t, matrix(G.WithName("x")), matrix(G.WithName("y")))
}

// TestHazardShapes lets a smaller batch into a graph: an error of Let.
func TestHazardShapes(t *testing.T) {
	z, _ := newBatch(tensor.Float64, 4, 3).nodes(G.NewGraph())
	require.Error(t, G.Let(z, f64(make([]float64, 9), 3, 3)), "Gorgonia: shapes are fixed")
}

// TestHazardFailedRuns counts the goroutines that failed runs of Lisp machines leave behind.
func TestHazardFailedRuns(t *testing.T) {
	if raceEnabled {
		return // a race of Gorgonia's, see race_on_test.go
	}
	left := func() int { // all goroutines would count those of earlier tests, too, which end
		stacks := make([]byte, 1<<20)
		return strings.Count(string(stacks[:runtime.Stack(stacks, true)]), "created by gorgonia.org/gorgonia.(*lispMachine)")
	}
	before := left()
	for range 5 {
		z := input(G.NewGraph(), "z", f64(make([]float64, 3), 1, 3))
		must(t)(graph.Apply(losses.Criterion{}, z, indexTensor(tensor.Int, []int{7})))
		vm := G.NewLispMachine(z.Graph())
		require.Error(t, vm.RunAll())
		require.NoError(t, vm.Close())
	}
	for range 1000 {
		runtime.Gosched()
	}
	require.GreaterOrEqual(t, left(), before+5, "Gorgonia: a goroutine a failed run")
}

// TestHazardDropout wants no gradient through Dropout(0), on any machine, although nothing is
// dropped, and through Dropout(p) one that is 1/p where the numbers that are kept were divided by
// 1-p.
func TestHazardDropout(t *testing.T) {
	for _, m := range gradModes {
		got := run(t, m, func(g *G.ExprGraph) problem {
			z, w := linear(t, g)
			l := must(t)(graph.Apply(losses.Criterion{}, must(t)(G.Dropout(z, 0)),
				indexTensor(tensor.Int, []int{0, 1, 2, 0})))
			return problem{g: g, loss: l, cost: l, wrt: G.Nodes{w}}
		})
		require.Equal(t, make([]float64, 6), got.grads[0], "Gorgonia: gradient through Dropout(0), %v", m)
	}
	got := run(t, tape, func(g *G.ExprGraph) problem {
		x := input(g, "x", f64(positive(1, 400), 20, 20))
		y := must(t)(G.Dropout(x, 0.25))
		return problem{g: g, loss: y, cost: must(t)(G.Sum(y)), wrt: G.Nodes{x}}
	})
	kept := 0
	for i, y := range got.loss {
		if y != 0 {
			kept++
			require.Greater(t, got.grads[0][i], 1.5*y/positive(1, 400)[i],
				"Gorgonia: the derivative of y, which is proportional to x")
		}
	}
	require.NotZero(t, kept)
}

// TestHazardConcat wants no gradient through Concat along axis 1 on the Lisp machine, where the
// tape machine has one.
func TestHazardConcat(t *testing.T) {
	for _, m := range gradModes {
		got := run(t, m, func(g *G.ExprGraph) problem {
			z, w := linear(t, g)
			l := must(t)(graph.Apply(losses.Criterion{}, must(t)(G.Concat(1, z, z)),
				indexTensor(tensor.Int, []int{0, 1, 2, 0})))
			return problem{g: g, loss: l, cost: l, wrt: G.Nodes{w}}
		})
		if m == lisp {
			require.Equal(t, make([]float64, 6), got.grads[0], "Gorgonia: gradient through Concat, %v", m)
		} else {
			require.NotEqual(t, make([]float64, 6), got.grads[0], m)
		}
	}
}

// TestHazardConv runs a graph with Conv2d, and one with the Reshape that it is made of, on two Lisp
// machines, one after the other: the first run is right, the second fails, because Reshape leaves
// the gradient of its result in another shape.
func TestHazardConv(t *testing.T) {
	for name, logits := range map[string]func(x, w *G.Node) *G.Node{
		"convolution": func(x, w *G.Node) *G.Node {
			c := must(t)(G.Conv2d(must(t)(G.Reshape(x, tensor.Shape{2, 1, 3, 3})),
				must(t)(G.Reshape(w, tensor.Shape{3, 1, 3, 3})),
				tensor.Shape{3, 3}, []int{0, 0}, []int{1, 1}, []int{1, 1}))
			return must(t)(G.Reshape(c, tensor.Shape{2, 3}))
		},
		"reshape": func(x, w *G.Node) *G.Node {
			z := must(t)(G.Mul(x, must(t)(G.Transpose(w, 1, 0))))
			return must(t)(G.Mul(must(t)(G.Reshape(z, tensor.Shape{3, 2})), must(t)(G.Slice(w, G.S(0, 2)))))
		},
	} {
		build := func(g *G.ExprGraph) problem {
			x := input(g, "x", f64(normals(newRand(1), 2*9), 2, 9))
			w := input(g, "w", f64(normals(newRand(2), 3*9), 3, 9))
			z := logits(x, w)
			l := must(t)(graph.Apply(losses.Criterion{}, z, indexTensor(tensor.Int, []int{0, 1, 2}[:z.Shape()[0]])))
			return problem{g: g, loss: l, cost: l, wrt: G.Nodes{w}}
		}
		if name == "convolution" {
			requireClose(t, run(t, tape, build).grads[0], run(t, lisp, build).grads[0], 1e-12, 1e-12, name)
		}
		p := build(G.NewGraph())
		for i := range 2 {
			vm := G.NewLispMachine(p.g)
			err := vm.RunAll()
			require.Equal(t, i > 0, err != nil, "Gorgonia: %s, run %d: %v", name, i, err)
			require.NoError(t, vm.Close())
		}
	}
}

// TestHazardTwoGrads calls Grad for two costs on one trunk, one after the other: the second
// gradient by what lies below is the first's.
func TestHazardTwoGrads(t *testing.T) {
	g := G.NewGraph()
	z, w := linear(t, g)
	one := must(t)(graph.Apply(losses.Criterion{}, z, indexTensor(tensor.Int, []int{0, 1, 2, 0})))
	two := must(t)(graph.Apply(losses.Criterion{Loss: losses.MAE{}}, z, indexTensor(tensor.Int, []int{1, 1, 0, 0})))
	first, err := G.Grad(one, w)
	require.NoError(t, err)
	second, err := G.Grad(two, w)
	require.NoError(t, err)
	var v1, v2 G.Value
	G.Read(first[0], &v1)
	G.Read(second[0], &v2)
	vm := G.NewTapeMachine(g)
	defer vm.Close()
	require.NoError(t, vm.RunAll())
	alone := run(t, tape, func(g *G.ExprGraph) problem {
		z, w := linear(t, g)
		l := must(t)(graph.Apply(losses.Criterion{Loss: losses.MAE{}}, z, indexTensor(tensor.Int, []int{1, 1, 0, 0})))
		return problem{g: g, loss: l, cost: l, wrt: G.Nodes{w}}
	})
	require.NotEqual(t, alone.grads[0], floats(t, v2), "Gorgonia: the second gradient")
	require.Equal(t, floats(t, v1), floats(t, v2), "Gorgonia: it is the first")
}

// TestHazardEvaluate runs the training machine to evaluate: its gradients are added to those of the
// next step.
func TestHazardEvaluate(t *testing.T) {
	step := func(evaluate int) []float64 {
		g := G.NewGraph()
		z, w := linear(t, g)
		_, err := G.Grad(must(t)(graph.Apply(losses.Criterion{}, z, indexTensor(tensor.Int, []int{0, 1, 2, 0}))), w)
		require.NoError(t, err)
		vm := G.NewTapeMachine(g, G.BindDualValues(w))
		defer vm.Close()
		for range evaluate {
			require.NoError(t, vm.RunAll())
			vm.Reset()
		}
		require.NoError(t, vm.RunAll())
		before := floats(t, w.Value())
		require.NoError(t, G.NewVanillaSolver(G.WithLearnRate(1)).Step(G.NodesToValueGrads(G.Nodes{w})))
		after := floats(t, w.Value())
		for i := range after {
			after[i] -= before[i]
		}
		return after
	}
	requireClose(t, scaled(step(0), 3), step(2), 1e-12, 0,
		"Gorgonia: the step after two evaluations is three times as long")
}
