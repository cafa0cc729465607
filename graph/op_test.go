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

// everyOp returns each op of the package, from a graph of float64 with [4, 3] matrices.
func everyOp(t *testing.T) (all []G.Op) {
	b := newBatch(tensor.Float64, 4, 3)
	z, y := b.nodes(G.NewGraph())
	g := z.Graph()
	w := input(g, "w", f64(make([]float64, 4), 4))
	index := input(g, "index", indexTensor(tensor.Int, []int{0, 1, 2, 0}))
	cost := must(t)(graph.ApplyWith(losses.Criterion{}, z, y, graph.Options{TargetGrad: true, SampleWeights: w}))
	add := func(n *G.Node) { cost = must(t)(G.Add(cost, must(t)(G.Sum(n)))) }
	cost = must(t)(G.Add(cost, must(t)(graph.Apply(losses.Criterion{Loss: losses.MAE{}}, z, index))))
	add(must(t)(graph.Apply(losses.Criterion{Reduction: losses.None}, z, index)))
	add(must(t)(graph.Softmax(z)))
	add(must(t)(graph.LogSumExp(z)))
	add(must(t)(graph.SmoothSoftLabels(y, 0.1)))
	cost = must(t)(G.Add(cost, must(t)(graph.JensenShannon(G.Nodes{z, y}, losses.Mean))))
	_, err := G.Grad(cost, z, y)
	require.NoError(t, err)
	for _, n := range g.AllNodes() {
		if n.Op() != nil && strings.Contains(n.Op().String(), "softloss{") {
			all = append(all, n.Op())
		}
	}
	require.Len(t, all, 7+9, "7 ops and their gradients, two of them also by the labels")
	return all
}

// TestOpsRefuseNonsense calls the methods of every op with wrong numbers and kinds of
// inputs. A panic there would be on the machine's goroutine and end the process.
func TestOpsRefuseNonsense(t *testing.T) {
	one, x, v := G.NewF64(1), f64(make([]float64, 12), 4, 3), f64(make([]float64, 4), 4)
	var noTensor *tensor.Dense
	f32 := dense(tensor.Float32, make([]float64, 12), 4, 3)
	values := []G.Value{x, f32, nil, one, G.NewF32(1), G.NewI(1), v, noTensor, f64([]float64{1}, 1, 1, 1),
		indexTensor(tensor.Int, []int{0, 5, 0, 0})}
	shapes := []tensor.Shape{nil, {}, {4}, {4, 3}, {2, 4, 3}}
	calls := 0
	for _, op := range everyOp(t) {
		require.NotPanics(t, func() {
			for n := range 7 {
				for i, fill := range values {
					in := make([]G.Value, n)
					for j := range in {
						in[j] = fill
					}
					_, err := op.Do(in...)
					if i > 1 || n != op.Arity() || n > 3 || strings.Contains(op.String(),
						"inputs=3") { // matrices suit the others
						require.Error(t, err, "%v of %d %T", op, n, fill)
					}
					calls++
				}
				for _, s := range shapes {
					in := make([]G.DimSizer, n)
					for i := range in {
						in[i] = s
					}
					_, err := op.InferShape(in...)
					if n == op.Arity() && len(s) == 2 {
						require.NoError(t, err)
					} else {
						require.Error(t, err, "%v of %d %v", op, n, s)
					}
				}
				in := make([]G.DimSizer, n)
				_, err := op.InferShape(in...)
				require.Error(t, err)
				if d, ok := op.(G.SDOp); ok && n != op.Arity() {
					_, err := d.SymDiff(make(G.Nodes, n), nil, nil)
					require.Error(t, err)
				}
				if d, ok := op.(G.ADOp); ok && n != op.Arity() {
					require.Error(t, d.DoDiff(G.ExecutionContext{}, make(G.Nodes, n), nil))
				}
				if d, ok := op.(G.SDOp); ok {
					d.DiffWRT(n)
				}
			}
		}, "%v", op)
	}
	require.Equal(t, 16*7*10, calls)
}

// TestGradientOpsRefuseNonsense replaces one proper input after the other.
func TestGradientOpsRefuseNonsense(t *testing.T) {
	x, v := f64(make([]float64, 12), 4, 3), f64(make([]float64, 4), 4)
	b := newBatch(tensor.Float64, 4, 3)
	z, y := b.nodes(G.NewGraph())
	w := input(z.Graph(), "w", v)
	l := must(t)(graph.ApplyWith(losses.Criterion{}, z, y, graph.Options{SampleWeights: w}))
	d, err := G.Grad(l, z)
	require.NoError(t, err)
	good := []G.Value{x, x, v, G.NewF64(1), G.NewF64(1)}
	_, err = d[0].Op().Do(good...)
	require.NoError(t, err)
	for i := range good {
		if i == 3 {
			continue // the loss itself is there for the order only
		}
		for _, bad := range []G.Value{nil, G.NewF32(1), G.NewI(2), dense(tensor.Float32, make([]float64, 12), 4, 3),
			f64(make([]float64, 2), 2), f64([]float64{1}, 1, 1)} {
			in := append([]G.Value{}, good...)
			in[i] = bad
			require.NotPanics(t, func() {
				_, err := d[0].Op().Do(in...)
				require.Error(t, err, "input %d is a %T", i, bad)
			})
		}
	}
}

// TestOpInterface holds the parts of gorgonia.Op that the compiler relies on.
func TestOpInterface(t *testing.T) {
	for _, op := range everyOp(t) {
		require.Equal(t, -1, op.OverwritesInput(), "%v", op)
		require.True(t, op.ReturnsPtr(), "%v", op)
		require.False(t, op.CallsExtern(), "%v", op)
		require.NotSame(t, op.Type(), op.Type(), "the inferer takes a type apart: %v", op)
		require.Equal(t, op.Type().String(), op.Type().String(), "%v", op)
	}
}

// TestGradientAfterLoss wants the loss among the inputs of its gradient, which alone makes the
// machine compute it first, and so for the functions of one node.
func TestGradientAfterLoss(t *testing.T) {
	for name, f := range map[string]func(z, y *G.Node) (*G.Node, error){
		"loss":        ours,
		"softmax":     func(z, _ *G.Node) (*G.Node, error) { return graph.Softmax(z) },
		"log sum exp": func(z, _ *G.Node) (*G.Node, error) { return graph.LogSumExp(z) },
	} {
		z, y := newBatch(tensor.Float64, 4, 3).nodes(G.NewGraph())
		l := must(t)(f(z, y))
		cost := l
		if !l.IsScalar() {
			cost = must(t)(G.Sum(l))
		}
		d, err := G.Grad(cost, z)
		require.NoError(t, err)
		children := map[int64]bool{}
		for it := z.Graph().From(d[0].ID()); it.Next(); {
			children[it.Node().ID()] = true
		}
		require.True(t, children[l.ID()], name)
		require.True(t, children[z.ID()], name)
	}
}

// TestReshapeRefusesNonsense calls the op that stands for Gorgonia's Reshape in the graph of a
// Hessian.
func TestReshapeRefusesNonsense(t *testing.T) {
	w := input(G.NewGraph(), "w", f64(normals(newRand(1), 6), 2, 3))
	cost := must(t)(G.Sum(must(t)(G.Cube(must(t)(G.Reshape(w, tensor.Shape{3, 2}))))))
	h, err := graph.HessianVector(cost, G.Nodes{w}, []*tensor.Dense{f64(normals(newRand(2), 6), 2, 3)})
	require.NoError(t, err)
	found := 0
	for _, n := range h.Graph.AllNodes() {
		if n.Op() == nil || !strings.HasPrefix(n.Op().String(), "softloss{reshape") || n.Shape().TotalSize() != 6 {
			continue
		}
		found++
		require.NotNil(t, n.Op().Type())
		s, err := n.Op().InferShape(tensor.Shape{6})
		require.NoError(t, err)
		require.Equal(t, n.Shape(), s)
		_, err = n.Op().InferShape()
		require.Error(t, err)
		for _, in := range [][]G.Value{{}, {nil}, {G.NewF64(1)}, {G.NewI(1)}, {(*tensor.Dense)(nil)},
			{f64(make([]float64, 4), 4)}, {w.Value(), w.Value()}} {
			require.NotPanics(t, func() {
				_, err := n.Op().Do(in...)
				require.Error(t, err, "%v of %T", n, in)
			})
		}
		y, err := n.Op().Do(f64(make([]float64, 6), 1, 6))
		require.NoError(t, err)
		require.Equal(t, n.Shape(), y.Shape())
	}
	require.NotZero(t, found)
}

// TestDoDiffWithoutValues calls what the Lisp machine calls before anything has a value, and with
// values of the wrong type.
func TestDoDiffWithoutValues(t *testing.T) {
	z, y := newBatch(tensor.Float64, 4, 3).nodes(G.NewGraph())
	empty := G.NewMatrix(z.Graph(), tensor.Float64, G.WithShape(4, 3), G.WithName("empty"))
	l := must(t)(graph.Apply(losses.Criterion{}, z, y))
	op, ok := l.Op().(G.ADOp)
	require.True(t, ok)
	graded := func(v any) *G.Node { // a node with a gradient
		n := G.NewScalar(z.Graph(), tensor.Float64, G.WithName("graded"), G.WithValue(1.0))
		G.WithGrad(v)(n)
		return n
	}
	require.NotPanics(t, func() {
		require.Error(t, op.DoDiff(G.ExecutionContext{}, G.Nodes{z, y}, l), "no gradient of the loss")
		require.Error(t, op.DoDiff(G.ExecutionContext{}, G.Nodes{empty, y}, graded(1.0)), "no logits")
		require.Error(t, op.DoDiff(G.ExecutionContext{}, G.Nodes{z, y}, graded(1.0)),
			"no place for the logits' gradient")
	})
}
