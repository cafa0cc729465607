package graph_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/graph"
	"softloss/losses"
)

// apart builds the loss of every criterion on the same inputs in one graph, wants as many nodes,
// runs them at once, and wants of each the value and the gradient that it has alone.
func apart(t *testing.T, b batch, criteria ...losses.Criterion) {
	t.Helper()
	z, y := b.nodes(G.NewGraph())
	seen := map[*G.Node]int{}
	hashes := map[uint32]int{}
	values := make([]G.Value, len(criteria))
	var cost *G.Node
	want := make([]float64, b.n*b.k)
	for i, c := range criteria {
		l := must(t)(graph.Apply(c, z, y))
		other, ok := seen[l]
		require.False(t, ok, "one node for\n%s\n%s", c.Key(), criteria[other].Key())
		seen[l] = i
		other, ok = hashes[l.Op().Hashcode()]
		require.False(t, ok, "one hash for\n%s\n%s", c.Key(), criteria[other].Key())
		hashes[l.Op().Hashcode()] = i
		G.Read(l, &values[i])
		_, grad, _ := b.evalGrad(t, c, nil)
		for j := range want {
			want[j] += grad[j]
		}
		if c.Reduction == losses.None {
			l = must(t)(G.Sum(l))
		}
		if cost == nil {
			cost = l
		} else {
			cost = must(t)(G.Add(cost, l))
		}
	}
	nodes, err := G.Grad(cost, z)
	require.NoError(t, err)
	vm := G.NewTapeMachine(z.Graph())
	defer vm.Close()
	require.NoError(t, vm.RunAll())
	for i, c := range criteria {
		loss, _, _ := b.evalGrad(t, c, nil)
		requireClose(t, loss, floats(t, values[i]), 0, 0, "%s", c.Key())
	}
	requireClose(t, want, floats(t, nodes[0].Value()), 1e-14, 1e-14, "sum of the gradients")
}

// TestCriteriaStayApart varies one parameter at a time.
func TestCriteriaStayApart(t *testing.T) {
	const n, k = 4, 3
	b := batch{n: n, k: k, logits: f64(probRows(newRand(2), n, k), n, k),
		labels: f64(softRows(newRand(3), n, k), n, k)} // both logits and probabilities
	smooth := func(s losses.Smoothing) losses.Criterion { return losses.Criterion{Smoothing: s} }
	for name, criteria := range map[string][]losses.Criterion{
		"loss":      {{}, {Loss: losses.MAE{}}, {Loss: brier{Scale: 1}}},
		"parameter": {{Loss: brier{Scale: 1}}, {Loss: brier{Scale: math.Nextafter(1, 2)}}, {Loss: brier{Scale: 2}}},
		"reduction": {{}, {Reduction: losses.Sum}, {Reduction: losses.None}},
		"probs":     {{}, {FromProbs: true}},
		"rule": {{}, losses.SoftLabelCriterion(0.1, losses.Mean), smooth(losses.Smoothing{Alpha: 0.1}),
			smooth(losses.Smoothing{Rule: losses.SmoothUniform, Alpha: 0.1})},
		"alpha": {losses.SoftLabelCriterion(0.1, losses.Mean),
			losses.SoftLabelCriterion(math.Nextafter(0.1, 1), losses.Mean),
			losses.SoftLabelCriterion(math.Nextafter(0.1, 0), losses.Mean)},
		"prior": {smooth(losses.Smoothing{Alpha: 0.1}),
			smooth(losses.Smoothing{Alpha: 0.1, Prior: []float64{0.5, 0.25, 0.25}}),
			smooth(losses.Smoothing{Alpha: 0.1, Prior: []float64{0.25, 0.5, 0.25}})},
	} {
		t.Run(name, func(t *testing.T) { apart(t, b, criteria...) })
	}
}

// TestOptionsStayApart varies the options of one criterion.
func TestOptionsStayApart(t *testing.T) {
	b := newBatch(tensor.Float64, 4, 3)
	z, y := b.nodes(G.NewGraph())
	w := input(z.Graph(), "w", f64([]float64{1, 2, 3, 4}, 4))
	v := input(z.Graph(), "v", f64([]float64{4, 3, 2, 1}, 4))
	index := input(z.Graph(), "index", indexTensor(tensor.Int, []int{0, 1, 2, 0}))
	index32 := input(z.Graph(), "index32", indexTensor(tensor.Int32, []int{0, 1, 2, 0}))
	seen, hashes := map[*G.Node]bool{}, map[uint32]bool{}
	for _, c := range []struct {
		target *G.Node
		o      graph.Options
	}{
		{y, graph.Options{}}, {y, graph.Options{TargetGrad: true}}, {y, graph.Options{SampleWeights: w}},
		{y, graph.Options{SampleWeights: v}}, {y, graph.Options{SampleWeights: w, TargetGrad: true}},
		{index, graph.Options{}}, {index32, graph.Options{}}, {index, graph.Options{SampleWeights: w}},
	} {
		l := must(t)(graph.ApplyWith(losses.Criterion{}, z, c.target, c.o))
		require.False(t, seen[l], "%v %v", c.target, c.o)
		seen[l] = true
		hashes[l.Op().Hashcode()] = true
	}
	require.Len(t, hashes, 7, "the ops differ, except that of other weights")
}

// TestEqualCriteriaAreOneNode builds each twice.
func TestEqualCriteriaAreOneNode(t *testing.T) {
	b := newBatch(tensor.Float64, 4, 3)
	z, y := b.nodes(G.NewGraph())
	index := indexTensor(tensor.Int, []int{0, 1, 2, 0})
	for name, c := range matrixCriteria(3) {
		if c.FromProbs {
			continue // these are logits
		}
		require.Same(t, must(t)(graph.Apply(c, z, y)), must(t)(graph.Apply(c, z, y)), name)
		require.Same(t, must(t)(graph.Apply(c, z, index)), must(t)(graph.Apply(c, z, index)),
			"%s, one tensor given twice", name)
		other := index.Clone().(*tensor.Dense)
		require.NotSame(t, must(t)(graph.Apply(c, z, index)), must(t)(graph.Apply(c, z, other)),
			"%s, two tensors of equal content", name)
	}
	for _, f := range rowNodes {
		if f.name != "Smooth prior" { // whose prior is of 4 classes
			require.Same(t, must(t)(f.f(z)), must(t)(f.f(z)), f.name)
		}
	}
}

// TestRowNodesStayApart has all functions of one node in one graph.
func TestRowNodesStayApart(t *testing.T) {
	x := input(G.NewGraph(), "x", f64(probRows(newRand(1), 3, 4), 3, 4))
	nodes, hashes := map[*G.Node]string{}, map[uint32]string{}
	smooth := func(s losses.Smoothing) func(*G.Node) (*G.Node, error) {
		return func(n *G.Node) (*G.Node, error) { return graph.Smooth(s, n) }
	}
	builders := map[string]func(*G.Node) (*G.Node, error){
		"softmax": graph.Softmax, "logsoftmax": graph.LogSoftmax, "logsumexp": graph.LogSumExp,
		"prior":           smooth(losses.Smoothing{Alpha: 0.1}),
		"prior+1ulp":      smooth(losses.Smoothing{Alpha: math.Nextafter(0.1, 1)}),
		"prior given":     smooth(losses.Smoothing{Alpha: 0.1, Prior: []float64{0.5, 0.25, 0.25, 0}}),
		"prior given too": smooth(losses.Smoothing{Alpha: 0.1, Prior: []float64{0.5, 0.25, 0, 0.25}}),
		"uniform":         smooth(losses.Smoothing{Rule: losses.SmoothUniform, Alpha: 0.1}),
		"notebook":        smooth(losses.Smoothing{Rule: losses.SmoothNotebook, Alpha: 0.1}),
	}
	for name, f := range builders {
		n := must(t)(f(x))
		require.Empty(t, nodes[n], "%s and %s are one node", name, nodes[n])
		require.Empty(t, hashes[n.Op().Hashcode()], "%s and %s have one hash", name, hashes[n.Op().Hashcode()])
		nodes[n], hashes[n.Op().Hashcode()] = name, name
	}
}

// TestKeysDiffer builds a few thousand criteria and compares the texts that are hashed.
func TestKeysDiffer(t *testing.T) {
	b := newBatch(tensor.Float64, 2, 3)
	z, y := b.nodes(G.NewGraph())
	keys, n := map[string]bool{}, 0
	for _, l := range []losses.Loss{nil, losses.MAE{}, brier{1}, brier{-1}, brier{1e-300}} {
		for _, r := range []losses.Reduction{losses.Mean, losses.Sum, losses.None} {
			for _, probs := range []bool{false, true} {
				for _, rule := range []losses.SmoothingRule{losses.SmoothPrior, losses.SmoothUniform,
					losses.SmoothNotebook} {
					for i := range 30 {
						alpha := math.Float64frombits(math.Float64bits(0.1) + uint64(i))
						c := losses.Criterion{Loss: l, Reduction: r, FromProbs: probs,
							Smoothing: losses.Smoothing{Rule: rule, Alpha: alpha}}
						keys[fmt.Sprint(must(t)(graph.Apply(c, z, y)).Op())] = true
						n++
					}
				}
			}
		}
	}
	require.Equal(t, 5*3*2*3*30, n)
	require.Len(t, keys, n)
}

// TestTargetTensorIsNotCopied writes other labels into the tensor, as the doc of Target says.
func TestTargetTensorIsNotCopied(t *testing.T) {
	b := newBatch(tensor.Float64, 4, 3)
	index := indexTensor(tensor.Int, []int{0, 1, 2, 0})
	z := input(G.NewGraph(), "z", b.logits)
	l := must(t)(graph.Apply(losses.Criterion{}, z, index))
	vm := G.NewTapeMachine(z.Graph())
	defer vm.Close()
	for _, y := range [][]int{{0, 1, 2, 0}, {2, 2, 1, 1}} {
		copy(index.Ints(), y)
		require.NoError(t, vm.RunAll())
		want, err := losses.Criterion{}.Eval(b.logits, index)
		require.NoError(t, err)
		requireClose(t, []float64{widen(t, want.ScalarValue())}, floats(t, l.Value()), 0, 0, "%v", y)
		vm.Reset()
	}
}

// TestChangedSlices writes into the slices of a criterion after its node was made: the node, which
// a criterion of the old numbers is given again, goes on computing the old loss, and the criterion
// of the new numbers gets a node of its own.
func TestChangedSlices(t *testing.T) {
	type criterion = losses.Criterion
	x := func() []float64 { return []float64{0.2, 0.3, 0.5} }
	sum := func() losses.WeightedSum {
		inner := losses.WeightedSum{{Weight: 2, Loss: losses.MAE{}}}
		return losses.WeightedSum{{Weight: 1, Loss: inner}, {Weight: 3, Loss: losses.CrossEntropy{}}}
	}
	change := func(x []float64) { x[0], x[1] = 0.4, 0.1 }
	for name, of := range map[string]struct {
		build  func() criterion
		change func(criterion)
	}{
		"class weights": {func() criterion { return criterion{ClassWeights: x()} },
			func(c criterion) { change(c.ClassWeights) }},
		"margins":     {func() criterion { return criterion{Margins: x()} }, func(c criterion) { change(c.Margins) }},
		"logit shift": {func() criterion { return criterion{LogitShift: x()} }, func(c criterion) { change(c.LogitShift) }},
		"pos weight": {func() criterion { return criterion{Link: losses.SigmoidLink, PosWeight: x()} },
			func(c criterion) { change(c.PosWeight) }},
		"prior": {func() criterion { return criterion{Smoothing: losses.Smoothing{Alpha: 0.5, Prior: x()}} },
			func(c criterion) { change(c.Smoothing.Prior) }},
		"ignore": {func() criterion { return criterion{Ignore: []int{0}} }, func(c criterion) { c.Ignore[0] = 1 }},
		"sum": {func() criterion { return criterion{Loss: sum()} },
			func(c criterion) { c.Loss.(losses.WeightedSum)[1].Weight = 5 }},
		"sum in a sum": {func() criterion { return criterion{Loss: sum()} },
			func(c criterion) { c.Loss.(losses.WeightedSum)[0].Loss.(losses.WeightedSum)[0].Weight = 5 }},
	} {
		z := f64([]float64{1, 2, 3, 5, -1, 2}, 2, 3)
		y := indexTensor(tensor.Int, []int{0, 1})
		if name == "pos weight" {
			y = f64([]float64{1, 0, 0, 0, 1, 0}, 2, 3)
		}
		node := input(G.NewGraph(), "z", z)
		c := of.build()
		before := must(t)(graph.Apply(c, node, y))
		of.change(c)
		require.Same(t, before, must(t)(graph.Apply(of.build(), node, y)), name)
		after := must(t)(graph.Apply(c, node, y))
		vm := G.NewTapeMachine(node.Graph())
		require.NoError(t, vm.RunAll(), name)
		for n, c := range map[*G.Node]criterion{before: of.build(), after: c} {
			want, err := c.Eval(z, y)
			require.NoError(t, err, name)
			require.Equal(t, want.ScalarValue(), n.Value().Data(), "%s: %s", name, c.Key())
		}
		require.NotEqual(t, before.Value().Data(), after.Value().Data(), name)
		require.NoError(t, vm.Close())
	}
}

// TestChangedPrior is TestChangedSlices for labels that are smoothed alone.
func TestChangedPrior(t *testing.T) {
	smoothing := func() losses.Smoothing { return losses.Smoothing{Alpha: 0.5, Prior: []float64{0.25, 0.75}} }
	y := input(G.NewGraph(), "y", f64([]float64{1, 0}, 1, 2))
	s := smoothing()
	smoothed := must(t)(graph.Smooth(s, y))
	s.Prior[0], s.Prior[1] = 1, 0
	require.Same(t, smoothed, must(t)(graph.Smooth(smoothing(), y)))
	vm := G.NewTapeMachine(y.Graph())
	defer vm.Close()
	require.NoError(t, vm.RunAll())
	require.Equal(t, []float64{0.625, 0.375}, smoothed.Value().Data())
}
