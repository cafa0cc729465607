package graph

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/losses"
)

// collision is the parameters of two ops whose nodes would have one hash on these inputs.
func collision(t *testing.T, make func(x float64) ownOp, in ...*G.Node) (a, b float64) {
	t.Helper()
	seen := map[uint32]float64{}
	sizes := []G.DimSizer{}
	for _, n := range in {
		sizes = append(sizes, n.Shape())
	}
	s, err := make(1).InferShape(sizes...)
	require.NoError(t, err)
	for i := range 1 << 20 {
		x := 1 + float64(i)/4096
		o := make(x)
		h := nodeHash(o.result(in[0].Dtype()), s, o.WriteHash, in)
		if y, ok := seen[h]; ok {
			return y, x
		}
		seen[h] = x
	}
	require.Fail(t, "no two of a million have one hash")
	return 0, 0
}

func float64Input(g *G.ExprGraph, name string, x []float64, shape ...int) *G.Node {
	v := tensor.New(tensor.WithShape(shape...), tensor.WithBacking(x))
	return G.NewTensor(g, tensor.Float64, len(shape), G.WithShape(shape...), G.WithName(name), G.WithValue(v))
}

// TestCollidingCriteria has two losses whose nodes would have one hash in one graph: each keeps its
// value and its gradient, on the tape machine, which merges nodes of one hash, and each is found
// again.
func TestCollidingCriteria(t *testing.T) {
	g := G.NewGraph()
	z, y := float64Input(g, "z", []float64{1, 2, 3, 4, 5, 7}, 2, 3), float64Input(g, "y", []float64{1, 0, 0, 0, 1, 0},
		2, 3)
	criterion := func(x float64) losses.Criterion { return losses.Criterion{Temperature: x} }
	a, b := collision(t, func(x float64) ownOp { return newLoss(criterion(x), z, y, Options{}) }, z, y)
	var cost *G.Node
	values, nodes := make([]G.Value, 2), G.Nodes{}
	for i, x := range []float64{a, b} {
		n, err := Apply(criterion(x), z, y)
		require.NoError(t, err)
		again, err := Apply(criterion(x), z, y)
		require.NoError(t, err)
		require.Same(t, n, again)
		G.Read(n, &values[i])
		nodes = append(nodes, n)
		if cost == nil {
			cost = n
		} else {
			cost = G.Must(G.Add(cost, n))
		}
	}
	require.NotSame(t, nodes[0], nodes[1])
	require.NotEqual(t, nodes[0].Hashcode(), nodes[1].Hashcode())
	grads, err := G.Grad(cost, z)
	require.NoError(t, err)
	vm := G.NewTapeMachine(g)
	defer vm.Close()
	require.NoError(t, vm.RunAll())
	want := make([]float64, 6)
	for i, x := range []float64{a, b} {
		loss, grad, err := criterion(x).EvalGrad(z.Value().(*tensor.Dense), y.Value().(*tensor.Dense))
		require.NoError(t, err)
		require.Equal(t, loss.ScalarValue(), values[i].Data())
		for j, d := range grad.Float64s() {
			want[j] += d
		}
	}
	require.InDeltaSlice(t, want, grads[0].Value().Data(), 1e-15)
}

// TestCollidingOps wants two nodes of two ops of every kind whose nodes would have one hash.
func TestCollidingOps(t *testing.T) {
	if testing.Short() {
		t.Skip("short: collisions take long to find")
	}
	g := G.NewGraph()
	z, y := float64Input(g, "z", make([]float64, 6), 2, 3), float64Input(g, "y", make([]float64, 6), 2, 3)
	l, u, v := float64Input(g, "l", make([]float64, 2), 2), float64Input(g, "u", make([]float64, 2),
		2), float64Input(g, "v", make([]float64, 6), 2, 3)
	forward := func(x float64) *forwardOp {
		return newLoss(losses.Criterion{Temperature: x, Reduction: losses.None}, z, y, Options{})
	}
	for name, c := range map[string]struct {
		make func(x float64) ownOp
		in   G.Nodes
	}{
		"loss":     {func(x float64) ownOp { return forward(x) }, G.Nodes{z, y}},
		"gradient": {func(x float64) ownOp { return newGradientOp(forward(x), 0) }, G.Nodes{z, y, l, u}},
		"second":   {func(x float64) ownOp { return newSecondOp(forward(x), 0) }, G.Nodes{z, y, u, v}},
		"smooth": {func(x float64) ownOp {
			return newRowOp(losses.Smoothing{Rule: losses.SmoothNotebook, Alpha: x}.Map(), "labels", y, false)
		}, G.Nodes{y}},
	} {
		a, b := collision(t, c.make, c.in...)
		one, err := apply(c.make(a), c.in...)
		require.NoError(t, err, name)
		two, err := apply(c.make(b), c.in...)
		require.NoError(t, err, name)
		require.NotSame(t, one, two, name)
		require.NotEqual(t, one.Hashcode(), two.Hashcode(), name)
		again, err := apply(c.make(b), c.in...)
		require.NoError(t, err, name)
		require.Same(t, two, again, name)
	}
}

// TestNodeHash holds nodeHash against the hash that Gorgonia gives every node of a graph with ops
// of ours and of its own.
func TestNodeHash(t *testing.T) {
	g := G.NewGraph()
	x, w := float64Input(g, "x", make([]float64, 4), 2, 2), float64Input(g, "w", make([]float64, 6), 2, 3)
	z := G.Must(G.Mul(x, w))
	cost, err := Apply(losses.Criterion{}, z, tensor.New(tensor.WithBacking([]int{0, 1})))
	require.NoError(t, err)
	p, err := LogSumExp(z)
	require.NoError(t, err)
	_, err = G.Grad(G.Must(G.Add(cost, G.Must(G.Sum(p)))), w)
	require.NoError(t, err)
	ours := 0
	for _, n := range g.AllNodes() {
		o, ok := n.Op().(ownOp)
		if !ok {
			continue
		}
		require.Equal(t, n.Hashcode(), nodeHash(o.result(tensor.Float64), n.Shape(), o.WriteHash, childrenOf(n)),
			n.Name())
		ours++
	}
	require.Equal(t, 4, ours)
}

// TestInputOf wants one input for one value, and another for another value, though the name may be
// taken: a tensor whose node got another value by Let may leave its address to the next.
func TestInputOf(t *testing.T) {
	g := G.NewGraph()
	d := tensor.New(tensor.WithBacking([]int{0, 1}))
	typ := kind{dims: 1}.typ(tensor.Int)
	n := inputOf(g, "target", typ, d.Shape(), d)
	require.Same(t, n, inputOf(g, "target", typ, d.Shape(), d))
	require.NoError(t, G.Let(n, tensor.New(tensor.WithBacking([]int{1, 1}))))
	other := inputOf(g, "target", typ, d.Shape(), d)
	require.NotSame(t, n, other)
	require.Same(t, d, other.Value())
	require.Equal(t, fmt.Sprintf("target@%p #1", d), other.Name())
}

// TestCollidingInputs has one op on two inputs whose nodes would have one hash.
func TestCollidingInputs(t *testing.T) {
	g := G.NewGraph()
	op := func(x *G.Node) ownOp { return newRowOp(losses.SoftmaxMap(), "logits", x, true) }
	seen := map[uint32]*G.Node{}
	var one, two *G.Node
	for i := 0; two == nil; i++ {
		x := G.NewVector(g, tensor.Float64, G.WithShape(2), G.WithName(fmt.Sprint("x", i)))
		o := op(x)
		h := nodeHash(o.result(tensor.Float64), x.Shape(), o.WriteHash, G.Nodes{x})
		if other := seen[h]; other != nil && other.Hashcode() != x.Hashcode() {
			one, two = other, x
		}
		seen[h] = x
		require.Less(t, i, 1<<20)
	}
	a, err := Softmax(one)
	require.NoError(t, err)
	b, err := Softmax(two)
	require.NoError(t, err)
	require.NotSame(t, a, b)
	require.NotEqual(t, a.Hashcode(), b.Hashcode())
}
