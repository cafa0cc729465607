package graph_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/graph"
	"softloss/losses"
)

// fakeTarget has a shape and a dtype and is neither a node nor a tensor.
type fakeTarget struct{}

func (fakeTarget) Shape() tensor.Shape { return tensor.Shape{4, 3} }
func (fakeTarget) Dtype() tensor.Dtype { return tensor.Float64 }

// node returns an input without a value.
func node(g *G.ExprGraph, name string, dt tensor.Dtype, shape ...int) *G.Node {
	return G.NewTensor(g, dt, len(shape), G.WithShape(shape...), G.WithName(name))
}

// TestBuildErrors wants every mistake that can be seen in the graph to be an error of its kind.
func TestBuildErrors(t *testing.T) {
	g, other := G.NewGraph(), G.NewGraph()
	f, f32, i := tensor.Float64, tensor.Float32, tensor.Int
	z := node(g, "z", f, 4, 3)
	y := node(g, "y", f, 4, 3)
	index := node(g, "index", i, 4)
	weights := node(g, "w", f, 4)
	column, row := node(g, "column", f, 4, 1), node(g, "row", f, 1, 3)
	var noNode *G.Node
	var noTensor *tensor.Dense
	weighted := func(w *G.Node) graph.Options { return graph.Options{SampleWeights: w} }
	labels := graph.Options{TargetGrad: true}

	for name, c := range map[string]struct {
		criterion losses.Criterion
		logits    *G.Node
		target    graph.Target
		options   graph.Options
		want      error
		text      string
	}{
		"nil logits":              {logits: nil, target: y, want: losses.ErrNil, text: "logits"},
		"nil target":              {logits: z, target: nil, want: losses.ErrNil, text: "target"},
		"typed nil node":          {logits: z, target: noNode, want: losses.ErrNil, text: "target"},
		"typed nil tensor":        {logits: z, target: noTensor, want: losses.ErrNil, text: "target"},
		"unknown target":          {logits: z, target: fakeTarget{}, want: losses.ErrDtype, text: "graph_test.fakeTarget"},
		"one node":                {logits: z, target: z, want: graph.ErrNode, text: "one node"},
		"one node, made twice":    {logits: z, target: node(g, "z", f, 4, 3), want: graph.ErrNode, text: `"z"`},
		"another graph":           {logits: z, target: node(other, "y", f, 4, 3), want: graph.ErrNode, text: `"y"`},
		"constant target":         {logits: z, target: G.NewConstant(f64(make([]float64, 12), 4, 3)), want: graph.ErrNode},
		"vector logits":           {logits: weights, target: y, want: losses.ErrShape, text: "(4)"},
		"cube logits":             {logits: node(g, "cube", f, 2, 2, 3), target: y, want: losses.ErrShape, text: "(2, 2, 3)"},
		"scalar logits":           {logits: node(g, "scalar", f), target: y, want: losses.ErrShape},
		"more labels":             {logits: z, target: node(g, "y5", f, 5, 3), want: losses.ErrShape, text: "(5, 3)"},
		"vector labels":           {logits: z, target: weights, want: losses.ErrShape},
		"(N) against (N,1)":       {logits: column, target: weights, want: losses.ErrShape},
		"(3) against (1,3)":       {logits: row, target: node(g, "v3", f, 3), want: losses.ErrShape},
		"(1,N) index":             {logits: z, target: node(g, "index14", i, 1, 4), want: losses.ErrShape},
		"(N,K) index":             {logits: z, target: node(g, "index43", i, 4, 3), want: losses.ErrShape},
		"short index":             {logits: z, target: node(g, "index3", i, 3), want: losses.ErrShape},
		"transposed labels":       {logits: z, target: node(g, "yT", f, 3, 4), want: losses.ErrShape},
		"scalar target":           {logits: z, target: node(g, "ys", f), want: losses.ErrShape},
		"scalar tensor target":    {logits: z, target: tensor.New(tensor.FromScalar(1.0)), want: losses.ErrShape},
		"int logits":              {logits: node(g, "zi", i, 4, 3), target: y, want: losses.ErrDtype},
		"float32 labels":          {logits: z, target: node(g, "y32", f32, 4, 3), want: losses.ErrDtype},
		"class numbers as floats": {logits: z, target: weights, want: losses.ErrShape, text: "index"},
		"bool tensor": {logits: z, target: tensor.New(tensor.Of(tensor.Bool), tensor.WithShape(4)),
			want: losses.ErrDtype},
		"index with gradient":  {logits: z, target: index, options: labels, want: losses.ErrDtype, text: "gradient"},
		"weights of another N": {logits: z, target: y, options: weighted(node(g, "w5", f, 5)), want: losses.ErrShape},
		"(1,N) weights":        {logits: z, target: y, options: weighted(node(g, "w14", f, 1, 4)), want: losses.ErrShape},
		"scalar weights":       {logits: z, target: y, options: weighted(node(g, "ws", f)), want: losses.ErrShape},
		"float32 weights":      {logits: z, target: y, options: weighted(node(g, "w32", f32, 4)), want: losses.ErrDtype},
		"weights elsewhere":    {logits: z, target: y, options: weighted(node(other, "w", f, 4)), want: graph.ErrNode},
		"labels as weights":    {logits: z, target: y, options: weighted(y), want: graph.ErrNode},
		"logits as weights":    {logits: z, target: y, options: weighted(z), want: graph.ErrNode},
		"index as weights":     {logits: z, target: index, options: weighted(index), want: graph.ErrNode},
		"negative alpha": {criterion: losses.SoftLabelCriterion(-1, losses.Mean), logits: z, target: y,
			want: losses.ErrAlpha},
		"unknown rule": {criterion: losses.Criterion{Smoothing: losses.Smoothing{Rule: 9}}, logits: z,
			target: y, want: losses.ErrSmoothing},
		"prior of another length": {criterion: losses.Criterion{Smoothing: losses.Smoothing{Alpha: 0.1,
			Prior: []float64{1}}}, logits: z, target: y, want: losses.ErrSmoothing},
		"unknown reduction": {criterion: losses.Criterion{Reduction: 77}, logits: z, target: y,
			want: losses.ErrReduction},
		"refused parameter": {criterion: losses.Criterion{Loss: refused{}}, logits: z, target: y, want: errRefused},
	} {
		t.Run(name, func(t *testing.T) {
			require.NotPanics(t, func() {
				n, err := graph.ApplyWith(c.criterion, c.logits, c.target, c.options)
				require.Nil(t, n)
				require.ErrorIs(t, err, c.want)
				require.ErrorContains(t, err, c.text)
			})
		})
	}
	require.Empty(t, ops(g, "softloss"), "a refused loss leaves no op behind")
}

// TestBuildAccepts has what lies beside the mistakes.
func TestBuildAccepts(t *testing.T) {
	g := G.NewGraph()
	z, w := node(g, "z", tensor.Float64, 4, 3), node(g, "w", tensor.Float64, 4)
	for _, target := range []graph.Target{node(g, "y", tensor.Float64, 4, 3), node(g, "index", tensor.Int, 4),
		node(g, "index32", tensor.Int32, 4), f64(make([]float64, 12), 4, 3)} {
		_, err := graph.ApplyWith(losses.Criterion{}, z, target, graph.Options{SampleWeights: w})
		require.NoError(t, err)
	}
	column, y := node(g, "column", tensor.Float64, 4, 1), node(g, "y41", tensor.Float64, 4, 1)
	_, err := graph.Apply(losses.Criterion{}, column, y)
	require.NoError(t, err)
	_, err = graph.Apply(losses.Criterion{}, node(g, "row", tensor.Float64, 1, 3), node(g, "index1", tensor.Int, 1))
	require.NoError(t, err)
}

// TestNodesWithoutGraph gives a constant, which belongs to no graph until it is used.
func TestNodesWithoutGraph(t *testing.T) {
	constant := G.NewConstant(f64([]float64{1, 2, 3, 4}, 2, 2))
	for name, target := range map[string]graph.Target{
		"tensor": indexTensor(tensor.Int, []int{0, 1}),
		"node":   G.NewMatrix(G.NewGraph(), tensor.Float64, G.WithShape(2, 2), G.WithName("y")),
	} {
		require.NotPanics(t, func() {
			_, err := graph.Apply(losses.Criterion{}, constant, target)
			require.ErrorIs(t, err, graph.ErrNode, name)
		}, name)
	}
	z := G.NewMatrix(G.NewGraph(), tensor.Float64, G.WithShape(2, 2), G.WithName("z"))
	for name, f := range map[string]func() error{
		"softmax": func() error { _, err := graph.Softmax(constant); return err },
		"weights": func() error {
			_, err := graph.ApplyWith(losses.Criterion{}, z, indexTensor(tensor.Int, []int{0, 1}),
				graph.Options{SampleWeights: constant})
			return err
		},
	} {
		require.NotPanics(t, func() { require.ErrorIs(t, f(), graph.ErrNode, name) }, name)
	}
}

// TestVectorOfTwoAxes gives a vector whose shape is that of a column, which Gorgonia allows.
func TestVectorOfTwoAxes(t *testing.T) {
	z := G.NewVector(G.NewGraph(), tensor.Float64, G.WithShape(3, 1), G.WithName("z"))
	_, err := graph.Apply(losses.Criterion{}, z, indexTensor(tensor.Int, []int{0, 0, 0}))
	require.ErrorIs(t, err, losses.ErrShape)
	require.ErrorContains(t, err, "as many dimensions")
	require.Len(t, z.Graph().AllNodes(), 1)
}

// TestMatrixOfVectors gives what Gorgonia's DiagFlat returns, a matrix whose elements are vectors
// by its type: an error that leaves the graph as it was, for every argument.
func TestMatrixOfVectors(t *testing.T) {
	b := newBatch(tensor.Float64, 3, 3)
	z, y := b.nodes(G.NewGraph())
	d := must(t)(G.DiagFlat(must(t)(graph.LogSumExp(z))))
	before := len(z.Graph().AllNodes())
	for name, f := range map[string]func() (*G.Node, error){
		"logits":  func() (*G.Node, error) { return graph.Apply(losses.Criterion{}, d, y) },
		"target":  func() (*G.Node, error) { return graph.Apply(losses.Criterion{}, z, d) },
		"softmax": func() (*G.Node, error) { return graph.Softmax(d) },
		"cosines": func() (*G.Node, error) { return graph.CosineLogits(z, d) },
		"hidden":  func() (*G.Node, error) { return graph.ApplyLinear(losses.Criterion{}, d, z, nil, y) },
		"weights": func() (*G.Node, error) {
			return graph.ApplyWith(losses.Criterion{}, z, y, graph.Options{SampleWeights: d})
		},
	} {
		require.NotPanics(t, func() {
			_, err := f()
			require.ErrorIs(t, err, losses.ErrDtype, name)
			require.ErrorContains(t, err, "numbers", name)
		}, name)
	}
	require.Len(t, z.Graph().AllNodes(), before)
}

// TestStatementsAreNoLogits gives the node of gorgonia.Read, which has no type.
func TestStatementsAreNoLogits(t *testing.T) {
	b := newBatch(tensor.Float64, 4, 3)
	z, y := b.nodes(G.NewGraph())
	var v G.Value
	read := G.Read(z, &v)
	require.NotPanics(t, func() {
		_, err := graph.Apply(losses.Criterion{}, read, y)
		require.Error(t, err)
	})
	require.NotPanics(t, func() {
		_, err := graph.Apply(losses.Criterion{}, z, read)
		require.Error(t, err)
	})
}

// TestRowNodeErrors wants the same of the functions of one node.
func TestRowNodeErrors(t *testing.T) {
	g := G.NewGraph()
	for _, f := range rowNodes {
		_, err := f.f(nil)
		require.ErrorIs(t, err, losses.ErrNil, f.name)
		_, err = f.f(G.NewScalar(g, tensor.Float64, G.WithName("v")))
		require.ErrorIs(t, err, losses.ErrShape, f.name)
		_, err = f.f(G.NewMatrix(g, tensor.Int, G.WithShape(4, 4), G.WithName("i")))
		require.ErrorIs(t, err, losses.ErrDtype, f.name)
	}
	y := G.NewMatrix(g, tensor.Float64, G.WithShape(4, 3), G.WithName("y"))
	_, err := graph.SmoothSoftLabels(y, -0.1)
	require.ErrorIs(t, err, losses.ErrAlpha)
	_, err = graph.Smooth(losses.Smoothing{Alpha: 0.1, Prior: []float64{0.5, 0.5}}, y)
	require.ErrorIs(t, err, losses.ErrSmoothing)
	_, err = graph.Smooth(losses.Smoothing{Rule: 17}, y)
	require.ErrorIs(t, err, losses.ErrSmoothing)
}
