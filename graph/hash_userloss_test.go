package graph_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/graph"
	"softloss/losses"
)

// sharpness and bluntness are losses of a kind that Go programmers write: named floats.
type (
	sharpness float64
	bluntness float64
)

func (s sharpness) Row(r losses.Row) float64 { return float64(s) * r.Target[0] * r.P[0] }
func (b bluntness) Row(r losses.Row) float64 { return float64(b) * r.Target[1] * r.P[1] }

// TestNamedFloatLossesStayApart has two losses of different types that print alike.
func TestNamedFloatLossesStayApart(t *testing.T) {
	b := newBatch(tensor.Float64, 4, 3)
	z, y := b.nodes(G.NewGraph())
	one := must(t)(graph.Apply(losses.Criterion{Loss: sharpness(2)}, z, y))
	two := must(t)(graph.Apply(losses.Criterion{Loss: bluntness(2)}, z, y))
	require.False(t, one == two, "two losses of different types are one node")
}

// funcLoss is a loss that holds its formula as a function.
type funcLoss struct{ F func(losses.Row) float64 }

func (f funcLoss) Row(r losses.Row) float64 { return f.F(r) }

// TestClosuresStayApart has two losses of one type whose closures differ in what they capture.
func TestClosuresStayApart(t *testing.T) {
	b := newBatch(tensor.Float64, 4, 3)
	z, y := b.nodes(G.NewGraph())
	seen := map[*G.Node]bool{}
	for _, a := range []float64{1, 2} {
		l := losses.Criterion{Loss: funcLoss{func(r losses.Row) float64 { return a * r.P[0] }}}
		seen[must(t)(graph.Apply(l, z, y))] = true
	}
	require.Len(t, seen, 2, "two closures are one node")
}

// listed is a loss behind a pointer, with a slice.
type listed struct{ Costs []float64 }

func (l *listed) Row(r losses.Row) (loss float64) {
	for k, c := range l.Costs {
		loss += c * r.P[k]
	}
	return loss
}

// first and second are losses behind pointers, without a field.
type (
	first  struct{}
	second struct{}
)

func (*first) Row(r losses.Row) float64  { return r.P[0] }
func (*second) Row(r losses.Row) float64 { return r.P[1] }

// TestPointerLosses tells losses behind pointers apart by what they point to.
func TestPointerLosses(t *testing.T) {
	b := newBatch(tensor.Float64, 4, 3)
	z, y := b.nodes(G.NewGraph())
	node := func(l losses.Loss) *G.Node { return must(t)(graph.Apply(losses.Criterion{Loss: l}, z, y)) }
	require.Same(t, node(&listed{[]float64{1, 2, 3}}), node(&listed{[]float64{1, 2, 3}}))
	require.False(t, node(&listed{[]float64{1, 2, 3}}) == node(&listed{[]float64{1, 2, 4}}))
	require.False(t, node(&first{}) == node(&second{}), "pointers of two types are one node")
	_, err := graph.Apply(losses.Criterion{Loss: (*first)(nil)}, z, y)
	require.Error(t, err)
}

// TestLossesWrittenInto: a node of a loss whose slice has been written into since is not the node
// of a new loss that looks as it did.
func TestLossesWrittenInto(t *testing.T) {
	b := newBatch(tensor.Float64, 4, 3)
	z, y := b.nodes(G.NewGraph())
	w := input(z.Graph(), "w", f64(normals(newRand(1), 9), 3, 3))
	for name, node := range map[string]func(l losses.Loss) *G.Node{
		"apply": func(l losses.Loss) *G.Node { return must(t)(graph.Apply(losses.Criterion{Loss: l}, z, y)) },
		"linear": func(l losses.Loss) *G.Node {
			return must(t)(graph.ApplyLinear(losses.Criterion{Loss: l}, z, w, nil, y))
		},
	} {
		old := &listed{[]float64{1, 2, 3}}
		one := node(old)
		require.Same(t, one, node(old), name)
		old.Costs[0] = 50
		two := node(&listed{[]float64{1, 2, 3}})
		require.False(t, one == two, name)
		require.Same(t, two, node(&listed{[]float64{1, 2, 3}}), name)
	}
}

// phase is a loss with a parameter of an unusual kind.
type phase struct{ C complex128 }

func (p phase) Row(r losses.Row) float64 { return real(p.C) * r.P[0] }

// TestUnusualLosses must not panic, whatever the fields of a loss are.
func TestUnusualLosses(t *testing.T) {
	b := newBatch(tensor.Float64, 4, 3)
	z, y := b.nodes(G.NewGraph())
	require.NotPanics(t, func() {
		one := must(t)(graph.Apply(losses.Criterion{Loss: phase{1}}, z, y))
		two := must(t)(graph.Apply(losses.Criterion{Loss: phase{2}}, z, y))
		require.False(t, one == two)
	})
}
