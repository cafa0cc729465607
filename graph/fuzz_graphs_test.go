package graph_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/graph"
	"softloss/internal/numtest"
	"softloss/losses"
)

// FuzzGraph makes a graph of bytes: ops of Gorgonia and of this package in any order, and one to
// three losses of what they make, of logits, linear layers or embeddings. Nothing panics; a call
// that fails returns an error of this package or of package losses and leaves the graph as it was;
// the tape machine and the Lisp machine come to the same cost and gradients; the cost is the sum of
// what package losses makes of the values.
func FuzzGraph(f *testing.F) {
	for seed := range 60 {
		b := make([]byte, 48)
		for i := range b {
			b[i] = byte(seed * (i + 5) * (i + 11) >> 3)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var made *maker
		build := func(g *G.ExprGraph) problem {
			made = &maker{t: t, g: g, data: data}
			return made.problem()
		}
		want, err := tryRun(t, tape, build)
		require.NoError(t, err, "%v", made.criteria)
		cost := []float64{made.costOnTensors()}
		agree(t, want.loss, cost, "%v: the cost", made.criteria)
		for _, m := range []mode{dual, lisp, value} {
			got, err := tryRun(t, m, build)
			require.NoError(t, err, "%v: %v", m, made.criteria)
			agree(t, got.loss, cost, "%v: the cost of %v", m, made.criteria)
			for i, g := range got.grads {
				agree(t, g, want.grads[i], "%v: gradient %d of %v", m, i, made.criteria)
			}
		}
	})
}

func agree(t *testing.T, got, want []float64, format string, args ...any) {
	t.Helper()
	require.Len(t, got, len(want))
	for i := range want {
		if !numtest.Close(got[i], want[i], 1e-9, 1e-12) {
			t.Fatalf(format+": got %v, want %v", append(args, got[i], want[i])...)
		}
	}
}

// maker makes a graph of bytes; after the last come zeros.
type maker struct {
	t    *testing.T
	g    *G.ExprGraph
	data []byte

	n, k     int
	matrices G.Nodes // [n, k]
	softmax  []bool  // whether a matrix is the output of a softmax

	criteria []string           // of the losses, as Key has them
	losses   []func() []float64 // what the values of a run come to without a graph
	values   []*G.Value         // of the matrices, whose sums are in the cost as well
}

func (m *maker) below(n int) int {
	if len(m.data) == 0 {
		return 0
	}
	b := m.data[0]
	m.data = m.data[1:]
	return int(b) % n
}

// problem makes two inputs, up to six ops and up to three losses.
func (m *maker) problem() problem {
	m.n, m.k = 2+m.below(3), 2+m.below(4) // Gorgonia's own ops on [1, 1] fail on the Lisp machine
	x := m.input("x", m.n, m.k)
	w := m.input("w", m.k, m.k)
	m.add(x, false)
	m.add(G.Must(G.Mul(x, w)), false)
	for range m.below(7) {
		m.op(w)
	}
	cost := G.Must(G.Sum(m.matrices[1]))
	for _, a := range m.matrices[2:] { // the Lisp machine wants a cost of everything
		cost = G.Must(G.Add(cost, G.Must(G.Sum(a))))
	}
	for range 1 + m.below(3) {
		if l := m.loss(w); l != nil {
			cost = G.Must(G.Add(cost, l))
		}
	}
	for _, a := range m.matrices[1:] {
		m.values = append(m.values, new(G.Value))
		G.Read(a, m.values[len(m.values)-1])
	}
	return problem{g: m.g, loss: cost, cost: cost, wrt: G.Nodes{x, w}}
}

// input returns a node with small numbers.
func (m *maker) input(name string, rows, cols int) *G.Node {
	data := make([]float64, rows*cols)
	for i := range data {
		data[i] = float64(m.below(33)-16) / 8
	}
	return G.NewMatrix(m.g, tensor.Float64, G.WithName(name), G.WithShape(rows, cols),
		G.WithValue(tensor.New(tensor.WithShape(rows, cols), tensor.WithBacking(data))))
}

func (m *maker) add(n *G.Node, softmax bool) {
	m.matrices, m.softmax = append(m.matrices, n), append(m.softmax, softmax)
}

// op adds a matrix that is made of others.
func (m *maker) op(w *G.Node) {
	a := m.matrices[m.below(len(m.matrices))]
	b := m.matrices[m.below(len(m.matrices))]
	switch m.below(11) {
	case 0:
		m.add(G.Must(G.Tanh(a)), false)
	case 1:
		m.add(G.Must(G.Add(a, b)), false)
	case 2:
		m.add(G.Must(G.HadamardProd(a, b)), false)
	case 3:
		m.add(G.Must(G.Mul(a, w)), false)
	case 4:
		m.add(m.must(graph.Softmax(a)), true)
	case 5:
		m.add(m.must(graph.LogSoftmax(a)), false)
	case 6: // of small numbers: Gorgonia's is 1 beyond 15, where the machines' derivatives differ
		m.add(G.Must(G.Sigmoid(G.Must(G.Tanh(a)))), false)
	case 7: // Smooth wants labels: probabilities are
		p := m.must(graph.Softmax(a))
		m.add(m.must(graph.Smooth(losses.Smoothing{Alpha: float64(m.below(5)) / 4}, p)), false)
	case 8:
		m.add(m.must(graph.CosineLogits(a, w)), false)
	case 9:
		m.add(m.must(graph.SparsemaxProbs(a)), true)
	case 10:
		m.add(m.must(graph.Entmax15Probs(a)), true)
	}
}

func (m *maker) must(n *G.Node, err error) *G.Node {
	m.t.Helper()
	require.NoError(m.t, err)
	return n
}

// criterion makes one.
func (m *maker) criterion() losses.Criterion {
	all := losses.Losses()
	c := losses.Criterion{Loss: all[m.below(len(all))].Loss, Reduction: losses.Reduction(m.below(4))}
	if m.below(3) == 1 {
		c.Smoothing = losses.Smoothing{Rule: losses.SmoothingRule(m.below(3)), Alpha: float64(m.below(5)) / 4}
	}
	if m.below(4) == 1 {
		c.Temperature, c.ZLoss = float64(m.below(4)), float64(m.below(3))/8
	}
	return c
}

// loss returns the sum of a loss of one of the matrices, nil when it is refused.
func (m *maker) loss(w *G.Node) *G.Node {
	c, at, target := m.criterion(), m.below(len(m.matrices)), m.target()
	// Targets whose sums must be 1 are tested elsewhere.
	if e, _ := losses.Describe(c.Loss); e.LabelsSumToOne() && target.Dtype() != tensor.Int {
		c.Loss = nil
	}
	x, o, before := m.matrices[at], graph.Options{ReuseGrad: m.below(4) == 1}, len(m.g.AllNodes())
	var l *G.Node
	var err error
	var alone func(x, w *tensor.Dense) []float64
	eval := func(z *tensor.Dense) []float64 {
		y, err := c.Eval(z, target)
		require.NoError(m.t, err)
		return floats(m.t, y)
	}
	switch m.below(6) {
	default:
		l, err = graph.ApplyWith(c, x, target, o)
		alone = func(x, _ *tensor.Dense) []float64 { return eval(x) }
		if m.softmax[at] {
			require.Error(m.t, err)
			if c.Check(x, target) == nil { // what is wrong with the criterion itself is said first
				require.ErrorContains(m.t, err, "drop it")
			}
		}
	case 3, 4:
		l, err = graph.ApplyLinearWith(c, x, w, nil, target, o)
		alone = func(x, w *tensor.Dense) []float64 { return eval(product(x, w)) }
	case 5:
		c = losses.Criterion{Temperature: 1 + c.Temperature, Reduction: c.Reduction}
		l, err = graph.SupCon(x, target, c.Temperature, c.Reduction)
		alone = func(x, _ *tensor.Dense) []float64 {
			rows, kept := supCon(x.Float64s(), target.Ints(), m.k, c.Temperature)
			return reduced(rows, kept, c.Reduction)
		}
	}
	if err != nil {
		var ours *graph.Error
		var theirs *losses.Error
		require.True(m.t, errors.As(err, &ours) || errors.As(err, &theirs), "%v", err)
		require.Len(m.t, m.g.AllNodes(), before, "%v", err)
		return nil
	}
	m.criteria = append(m.criteria, c.Key())
	values := [2]*G.Value{new(G.Value), new(G.Value)}
	G.Read(x, values[0])
	G.Read(w, values[1])
	m.losses = append(m.losses, func() []float64 {
		return alone((*values[0]).(*tensor.Dense), (*values[1]).(*tensor.Dense))
	})
	if !l.IsScalar() {
		return G.Must(G.Sum(l))
	}
	return l
}

// product returns x wᵀ.
func product(x, w *tensor.Dense) *tensor.Dense {
	n, d, k := x.Shape()[0], x.Shape()[1], w.Shape()[0]
	a, b, out := x.Float64s(), w.Float64s(), make([]float64, n*k)
	for i := range out {
		for j := range d {
			out[i] += a[i/k*d+j] * b[i%k*d+j]
		}
	}
	return f64(out, n, k)
}

// target returns an index or labels.
func (m *maker) target() *tensor.Dense {
	if m.below(2) == 0 {
		index := make([]int, m.n)
		for i := range index {
			index[i] = m.below(m.k)
		}
		return tensor.New(tensor.WithShape(m.n), tensor.WithBacking(index))
	}
	labels := make([]float64, m.n*m.k)
	for i := range labels {
		labels[i] = float64(m.below(5)) / 4
	}
	return tensor.New(tensor.WithShape(m.n, m.k), tensor.WithBacking(labels))
}

// costOnTensors returns the cost of the graph after a run, by package losses.
func (m *maker) costOnTensors() (cost float64) {
	for _, alone := range m.losses {
		for _, l := range alone() {
			cost += l
		}
	}
	for _, a := range m.values {
		for _, v := range floats(m.t, *a) {
			cost += v
		}
	}
	return cost
}
