package graph_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/graph"
	"softloss/losses"
)

func TestHessianErrors(t *testing.T) {
	g := G.NewGraph()
	z, y := newBatch(tensor.Float64, 4, 3).nodes(g)
	unused := input(g, "unused", f64([]float64{1}, 1))
	elsewhere := input(G.NewGraph(), "z", f64(make([]float64, 12), 4, 3))
	index := input(g, "index", indexTensor(tensor.Int, []int{0, 1, 2, 0}))
	w := input(g, "w", f64([]float64{1, 2, 3, 4}, 4))
	apply := func(c losses.Criterion) *G.Node { return must(t)(graph.Apply(c, z, y)) }
	cost := apply(losses.Criterion{})
	labels := must(t)(graph.ApplyWith(losses.Criterion{Reduction: losses.Sum}, z, y, graph.Options{TargetGrad: true}))
	weighted := must(t)(graph.ApplyWith(losses.Criterion{}, z, y, graph.Options{SampleWeights: w, WeightGrad: true}))
	v, vw := f64(make([]float64, 12), 4, 3), f64(make([]float64, 4), 4)
	probs := must(t)(graph.Apply(losses.Criterion{FromProbs: true}, must(t)(graph.Softmax(z)), y))
	divergence := must(t)(graph.JensenShannon(G.Nodes{z, y}, losses.Mean))
	same := newElementOp("same", 1, func(x ...float64) float64 { return x[0] }, nil)
	opOnly := must(t)(G.Sum(must(t)(G.ApplyOp(struct{ G.Op }{same}, w))))
	one := func(v *tensor.Dense) []*tensor.Dense { return []*tensor.Dense{v} }
	for name, c := range map[string]struct {
		cost    *G.Node
		weights G.Nodes
		vectors []*tensor.Dense
		want    error
		text    string
	}{
		"nil cost":           {nil, G.Nodes{z}, one(v), losses.ErrNil, "cost"},
		"cost in no graph":   {G.NewConstant(1.0), G.Nodes{z}, one(v), graph.ErrNode, "no graph"},
		"cost no scalar":     {apply(losses.Criterion{Reduction: losses.None}), G.Nodes{z}, one(v), graph.ErrNode, "(4)"},
		"no weights":         {cost, nil, nil, losses.ErrShape, "at least one"},
		"too few vectors":    {cost, G.Nodes{z}, nil, losses.ErrShape, "0 for 1"},
		"nil weight":         {cost, G.Nodes{nil}, one(v), losses.ErrNil, "weight 0"},
		"weight elsewhere":   {cost, G.Nodes{elsewhere}, one(v), graph.ErrNode, "not in the graph"},
		"weight no input":    {cost, G.Nodes{cost}, one(v), graph.ErrNode, "not an input"},
		"weight twice":       {cost, G.Nodes{z, z}, []*tensor.Dense{v, v}, graph.ErrNode, "twice"},
		"weight of integers": {cost, G.Nodes{index}, one(v), losses.ErrDtype, "int"},
		"weight unused": {cost, G.Nodes{z, unused}, []*tensor.Dense{v, nil}, graph.ErrNode,
			`does not depend on "unused"`},
		"labels unasked": {cost, G.Nodes{z, y}, []*tensor.Dense{v, nil}, graph.ErrNode,
			`does not depend on "labels"`},
		"all vectors nil": {cost, G.Nodes{z}, one(nil), losses.ErrNil, "nil for every weight"},
		"empty vector":    {cost, G.Nodes{z}, one(new(tensor.Dense)), losses.ErrNil, "vectors"},
		"divergence":      {divergence, G.Nodes{z}, one(v), losses.ErrLoss, "no second derivatives"},
		"op without Grad": {opOnly, G.Nodes{w}, one(vw), graph.ErrNode, "has no derivative"},
		"vector's shape":  {cost, G.Nodes{z}, one(f64(make([]float64, 12), 12)), losses.ErrShape, "want (4, 3)"},
		"(4,1) for (4)":   {weighted, G.Nodes{w}, one(f64(make([]float64, 4), 4, 1)), losses.ErrShape, "want (4)"},
		"vector's dtype": {cost, G.Nodes{z}, one(dense(tensor.Float32, make([]float64, 12), 4, 3)),
			losses.ErrDtype, "float64"},
		"MAE": {apply(losses.Criterion{Loss: losses.MAE{}}), G.Nodes{z}, one(v), losses.ErrLoss,
			"no second derivatives"},
		"user's loss": {apply(losses.Criterion{Loss: brier{Scale: 1}}), G.Nodes{z}, one(v), losses.ErrLoss,
			"TwiceDifferentiable"},
		"probabilities":      {probs, G.Nodes{z}, one(v), losses.ErrLoss, "want logits"},
		"vector for labels":  {labels, G.Nodes{z, y}, []*tensor.Dense{nil, v}, graph.ErrNode, "want a nil vector"},
		"vector for weights": {weighted, G.Nodes{z, w}, []*tensor.Dense{nil, vw}, graph.ErrNode, "sample weights"},
	} {
		h, err := graph.HessianVector(c.cost, c.weights, c.vectors)
		require.ErrorIs(t, err, c.want, name)
		require.ErrorContains(t, err, c.text, name)
		require.Nil(t, h, name)
	}
}

// TestHessianLinear has costs without second derivatives, or without some of them: products are
// zeros.
func TestHessianLinear(t *testing.T) {
	g := G.NewGraph()
	a, b := input(g, "a", f64([]float64{1, 2}, 2)), input(g, "b", f64([]float64{3, 4}, 2))
	v := []*tensor.Dense{f64([]float64{5, 6}, 2), f64([]float64{7, 8}, 2)}
	for name, c := range map[string]struct {
		cost *G.Node
		want [][]float64
	}{
		"linear":  {must(t)(G.Add(must(t)(G.Sum(a)), must(t)(G.Sum(b)))), [][]float64{{0, 0}, {0, 0}}},
		"shared":  {must(t)(G.Sum(must(t)(G.Square(must(t)(G.Add(a, b)))))), [][]float64{{24, 28}, {24, 28}}},
		"product": {must(t)(G.Sum(must(t)(G.HadamardProd(a, b)))), [][]float64{{7, 8}, {5, 6}}},
		"half": {must(t)(G.Add(must(t)(G.Sum(a)), must(t)(G.Sum(must(t)(G.Square(b)))))),
			[][]float64{{0, 0}, {14, 16}}},
		"rectify": {must(t)(G.Add(must(t)(G.Sum(must(t)(G.Rectify(a)))), must(t)(G.Sum(must(t)(G.Abs(b)))))),
			[][]float64{{0, 0}, {0, 0}}},
	} {
		h, err := graph.HessianVector(c.cost, G.Nodes{a, b}, v)
		require.NoError(t, err, name)
		require.Equal(t, c.want, runProducts(t, h), name)
		worst, err := h.Check()
		require.NoError(t, err, name)
		require.Less(t, worst, 1e-10, name)
	}
}

// TestHessianScalars has a weight that is a scalar, and both dtypes.
func TestHessianScalars(t *testing.T) {
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		g := G.NewGraph()
		x := input(g, "x", dense(dt, []float64{1, -2, 0.5}, 3))
		one := dense(dt, []float64{0.25})
		s := G.NewScalar(g, dt, G.WithName("s"), G.WithValue(one.ScalarValue()))
		cost := must(t)(G.Sum(must(t)(G.Tanh(must(t)(G.HadamardProd(x, s))))))
		h, err := graph.HessianVector(cost, G.Nodes{s}, []*tensor.Dense{dense(dt, []float64{2})})
		require.NoError(t, err)
		runProducts(t, h)
		worst, err := h.Check()
		require.NoError(t, err)
		require.Less(t, worst, map[tensor.Dtype]float64{tensor.Float32: 1e-2, tensor.Float64: 1e-9}[dt])
		require.NotZero(t, floats(t, h.ProductValues[0])[0])
	}
}

// TestHessianUpdate changes weights in place, by Let, and vectors.
func TestHessianUpdate(t *testing.T) {
	g := G.NewGraph()
	values, vector := f64([]float64{1, 2}, 2), f64([]float64{1, 1}, 2)
	w := input(g, "w", values)
	cost := must(t)(G.Sum(must(t)(G.Cube(w))))
	h, err := graph.HessianVector(cost, G.Nodes{w}, []*tensor.Dense{vector})
	require.NoError(t, err)
	require.Equal(t, [][]float64{{6, 12}}, runProducts(t, h))
	values.Float64s()[0] = 3
	require.Equal(t, [][]float64{{18, 12}}, runProducts(t, h), "in place")
	require.NoError(t, G.Let(w, f64([]float64{5, 6}, 2)))
	require.NoError(t, h.Update())
	require.Equal(t, [][]float64{{30, 36}}, runProducts(t, h), "after Let")
	vector.Float64s()[1] = 2
	require.Equal(t, [][]float64{{30, 72}}, runProducts(t, h), "another vector")
	require.NoError(t, G.Let(h.Vectors[0], f64([]float64{0, 1}, 2)))
	require.Equal(t, [][]float64{{0, 36}}, runProducts(t, h), "a vector by Let")
	require.Equal(t, []float64{5, 6}, floats(t, w.Value()), "the weights are as they were")
	require.NotSame(t, g, h.Graph)
	require.NotNil(t, h.Node(cost))
	require.Nil(t, h.Node(input(g, "new", values)))
}

// TestHessianOps calls the ops of second derivatives with wrong numbers and kinds of inputs:
// errors, no panic.
func TestHessianOps(t *testing.T) {
	z, y := newBatch(tensor.Float64, 4, 3).nodes(G.NewGraph())
	g := z.Graph()
	w := input(g, "w", f64([]float64{1, 2, 3, 4}, 4))
	o := graph.Options{SampleWeights: w, TargetGrad: true, WeightGrad: true}
	cost := must(t)(graph.ApplyWith(losses.Criterion{}, z, y, o))
	per := must(t)(G.Square(must(t)(graph.ApplyWith(losses.Criterion{Reduction: losses.None}, z, y, o))))
	cost = must(t)(G.Add(must(t)(G.Square(cost)), must(t)(G.Sum(per))))
	for _, f := range rowNodes[:4] {
		x := z
		if f.labels {
			x = must(t)(graph.Softmax(z))
		}
		cost = must(t)(G.Add(cost, must(t)(G.Sum(must(t)(G.Square(must(t)(f.f(x))))))))
	}
	h, err := graph.HessianVector(cost, G.Nodes{z, y, w}, []*tensor.Dense{f64(normals(newRand(1), 12), 4, 3), nil, nil})
	require.NoError(t, err)
	values := []G.Value{nil, G.NewF64(1), G.NewI(2), f64(make([]float64, 12), 4, 3), f64(make([]float64, 4), 4),
		dense(tensor.Float32, make([]float64, 12), 4, 3), (*tensor.Dense)(nil), f64([]float64{1}, 1, 1, 1)}
	found := map[string]bool{}
	for _, n := range h.Graph.AllNodes() {
		op := n.Op()
		d, ok := op.(G.SDOp)
		if !ok || !strings.HasPrefix(op.String(), "d0d") {
			continue
		}
		found[op.String()] = true
		require.Equal(t, -1, op.OverwritesInput())
		require.True(t, op.ReturnsPtr())
		require.False(t, op.CallsExtern())
		require.Equal(t, op.Type().String(), op.Type().String())
		require.NotContains(t, d.DiffWRT(op.Arity()), true, "no third derivatives")
		_, err := d.SymDiff(nil, nil, nil)
		require.ErrorContains(t, err, "second derivative")
		require.NotPanics(t, func() {
			for n := range 8 {
				for _, v := range values {
					in := make([]G.Value, n)
					for i := range in {
						in[i] = v
					}
					_, err := op.Do(in...)
					require.True(t, err != nil || n == 3 && (v == values[3] || v == values[5]), "%v of %d %v", op, n, v)
				}
				_, err := op.InferShape(make([]G.DimSizer, n)...)
				require.Error(t, err)
			}
		})
	}
	require.Len(t, found, 2*4+7,
		"two losses by all inputs and upstream; three functions by x and upstream; Smooth by upstream: %v", found)
}

// TestHessianOfBrokenGraphs has nodes that were removed, and ops of a user's that Gorgonia cannot
// tell apart when it compiles.
func TestHessianOfBrokenGraphs(t *testing.T) {
	v := []*tensor.Dense{f64([]float64{1, 2, 3}, 3)}
	x := input(G.NewGraph(), "x", f64([]float64{1, 2, 3}, 3))
	y := must(t)(G.Square(x))
	cost := must(t)(G.Sum(y))
	x.Graph().RemoveNode(y)
	_, err := graph.HessianVector(cost, G.Nodes{x}, v)
	require.ErrorIs(t, err, graph.ErrNode)
	require.ErrorContains(t, err, "any more")

	x = input(G.NewGraph(), "x", f64([]float64{1, 2, 3}, 3))
	same := newElementOp("same", 1, func(x ...float64) float64 { return x[0] }, nil)
	one, two := must(t)(G.ApplyOp(same, x)), must(t)(G.ApplyOp(&twin{same}, x))
	_, err = graph.HessianVector(must(t)(G.Sum(must(t)(G.Add(one, two)))), G.Nodes{x}, v)
	require.ErrorIs(t, err, graph.ErrNode)
	require.ErrorContains(t, err, "take them for one")
}

// twin writes the hash of another op, but says another.
type twin struct{ *elementOp }

func (*twin) Hashcode() uint32 { return 7 }

// TestHessianOfPanickingGraphs has an op of a user's that panics when it is differentiated, and one
// that fails.
func TestHessianOfPanickingGraphs(t *testing.T) {
	broken := errors.New("broken")
	for text, diff := range map[string]func(G.Nodes, *G.Node) (G.Nodes, error){
		"oops":   func(G.Nodes, *G.Node) (G.Nodes, error) { panic("oops") },
		"broken": func(G.Nodes, *G.Node) (G.Nodes, error) { return nil, broken },
	} {
		x := input(G.NewGraph(), "x", f64([]float64{1, 2, 3}, 3))
		y := must(t)(G.ApplyOp(newElementOp("user's", 1, func(x ...float64) float64 { return x[0] }, diff), x))
		_, err := graph.HessianVector(must(t)(G.Sum(y)), G.Nodes{x}, []*tensor.Dense{f64([]float64{1, 2, 3}, 3)})
		require.ErrorIs(t, err, graph.ErrNode)
		require.ErrorContains(t, err, text)
	}
}

// TestHessianStopsAtLabels has labels that depend on the weight and whose gradient nobody asked
// for: they are constants in the gradient, and so in the products.
func TestHessianStopsAtLabels(t *testing.T) {
	products := func(labels func(z *G.Node) *G.Node) [][]float64 {
		w := input(G.NewGraph(), "w", f64(normals(newRand(3), 12), 4, 3))
		cost := must(t)(graph.Apply(losses.Criterion{Loss: losses.GCE{Q: 0.5}}, must(t)(G.Tanh(w)), labels(w)))
		h, err := graph.HessianVector(cost, G.Nodes{w}, []*tensor.Dense{f64(normals(newRand(4), 12), 4, 3)})
		require.NoError(t, err)
		return runProducts(t, h)
	}
	p, err := losses.Softmax(f64(normals(newRand(3), 12), 4, 3))
	require.NoError(t, err)
	want := products(func(w *G.Node) *G.Node { return input(w.Graph(), "labels", p) })
	requireClose(t, want[0], products(func(w *G.Node) *G.Node { return must(t)(graph.Softmax(w)) })[0], 1e-14, 1e-15,
		"labels of the weight")
}
