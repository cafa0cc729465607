package graph_test

import (
	"errors"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/graph"
	"softloss/losses"
)

// TestRunErrors wants what only a run can tell as the error of RunAll, on every machine, with
// the message of package losses in it and its evidence behind Cause.
func TestRunErrors(t *testing.T) {
	good := func() []float64 { return softRows(newRand(1), 4, 3) }
	with := func(i int, x float64) *tensor.Dense {
		y := good()
		y[i] = x
		return f64(y, 4, 3)
	}
	index := func(y ...int) *tensor.Dense { return indexTensor(tensor.Int64, y) }
	cases := 0
	for name, c := range map[string]struct {
		criterion losses.Criterion
		logits    *tensor.Dense
		target    *tensor.Dense
		weights   []float64
		want      error
		row, col  int
		text      string
	}{
		"negative label": {target: with(10, -0.2), want: losses.ErrLabel, row: 3, col: 1,
			text: "losses: labels: row 3 column 1: -0.2 is negative, want a finite number >= 0"},
		"NaN label":      {target: with(0, math.NaN()), want: losses.ErrLabel, row: 0, col: 0, text: "is not a number"},
		"infinite label": {target: with(5, math.Inf(1)), want: losses.ErrLabel, row: 1, col: 2, text: "is infinite"},
		"smoothed label": {criterion: losses.SoftLabelCriterion(0.1, losses.Sum), target: with(4, -1),
			want: losses.ErrLabel, row: 1, col: 1, text: "-1 is negative"},
		"class K": {target: index(0, 1, 3, 0), want: losses.ErrIndex, row: 2, col: -1,
			text: "losses: index: row 2: 3 is out of range, want a class in [0, 3)"},
		"class -100": {criterion: losses.Criterion{Loss: losses.MAE{}}, target: index(0, -100, 1, 0),
			want: losses.ErrIndex, row: 1, col: -1, text: "-100"},
		"logits as probs": {criterion: losses.Criterion{FromProbs: true}, target: with(0, 1), want: losses.ErrProb,
			row: -2, col: -2, text: "are these logits?"},
		"negative weight": {target: with(0, 1), weights: []float64{1, 1, 1, -1}, want: losses.ErrWeight, row: 3,
			col: -1, text: "sample weights: row 3"},
		"NaN weight": {target: with(0, 1), weights: []float64{1, math.NaN(), 1, 1}, want: losses.ErrWeight,
			row: 1, col: -1, text: "sample weights: row 1"},
		"loss that panics": {criterion: losses.Criterion{Loss: panicky{"always"}}, target: with(0, 1),
			want: losses.ErrLoss, row: 0, col: -1, text: "index out of range"},
		"loss that ends its goroutine": {criterion: losses.Criterion{Loss: panicky{"exit"}}, target: with(0, 1),
			want: losses.ErrLoss, row: 0, col: -1, text: "ended its goroutine"},
	} {
		for _, m := range failModes {
			_, err := tryRun(t, m, func(g *G.ExprGraph) problem {
				z := input(g, "logits", f64(normals(newRand(1), 12), 4, 3))
				var o graph.Options
				if c.weights != nil {
					o.SampleWeights = input(g, "weights", f64(c.weights, 4))
				}
				l := must(t)(graph.ApplyWith(c.criterion, z, input(g, "target", c.target), o))
				return problem{g: g, loss: l, cost: l, wrt: G.Nodes{z}}
			})
			require.Error(t, err, "%s %v", name, m)
			require.ErrorContains(t, err, c.text, "%s %v", name, m)
			require.ErrorIs(t, graph.Cause(err), c.want, "%s %v", name, m)
			var e *losses.Error
			require.ErrorAs(t, graph.Cause(err), &e, "%s %v", name, m)
			if c.row > -2 {
				require.Equal(t, [2]int{c.row, c.col}, [2]int{e.Row, e.Col}, "%s %v", name, m)
			}
			cases++
		}
	}
	require.Equal(t, 11*len(failModes), cases)
}

// TestPanicInGradient has a loss that goes wrong only where gradients are wanted.
func TestPanicInGradient(t *testing.T) {
	b := newBatch(tensor.Float32, 4, 3)
	for _, m := range failModes {
		_, err := tryRun(t, m, func(g *G.ExprGraph) problem {
			z, y := b.nodes(g)
			l := must(t)(graph.Apply(losses.Criterion{Loss: panicky{"gradient"}}, z, y))
			return problem{g: g, loss: l, cost: l, wrt: G.Nodes{z}}
		})
		if m == value {
			require.NoError(t, err)
			continue
		}
		require.ErrorIs(t, graph.Cause(err), losses.ErrLoss, m)
	}
}

// wrapped is an error like a machine's.
type wrapped struct{ err error }

func (wrapped) Error() string { return "wrapped" }
func (w wrapped) Err() error  { return w.err }

// TestCause takes nothing off errors that are not a machine's.
func TestCause(t *testing.T) {
	require.NoError(t, graph.Cause(nil))
	err := errors.New("plain")
	require.Same(t, err, graph.Cause(err))
	require.Same(t, losses.ErrAlpha, graph.Cause(losses.ErrAlpha))
	require.Same(t, err, graph.Cause(wrapped{err}))
	require.Same(t, err, graph.Cause(wrapped{wrapped{err}}))
	require.Equal(t, wrapped{}, graph.Cause(wrapped{}), "nothing to take off")
}

// TestBoundValues binds values of another shape or dtype than the node's. What gorgonia.Let refuses
// is its error; what it lets through (it takes (3) for (1, 3) and (3) for (3, 1), and any Go number
// for anything) is an error of RunAll.
func TestBoundValues(t *testing.T) {
	vec := func(n int) *tensor.Dense { return f64(make([]float64, n), n) }
	for name, c := range map[string]struct {
		n, k  int
		node  string
		bind  any
		atLet bool
		want  error
	}{
		"(3) for (1,3) logits": {n: 1, k: 3, node: "logits", bind: vec(3), want: losses.ErrShape},
		"(3) for (1,3) labels": {n: 1, k: 3, node: "labels", bind: vec(3), want: losses.ErrShape},
		"(3) for (3,1) logits": {n: 3, k: 1, node: "logits", bind: vec(3), want: losses.ErrShape},
		"(3) for (3,1) labels": {n: 3, k: 1, node: "labels", bind: vec(3), want: losses.ErrShape},
		"(3,1) weights":        {n: 3, k: 1, node: "weights", bind: f64(make([]float64, 3), 3, 1), want: losses.ErrShape},
		"(1,3) weights":        {n: 3, k: 1, node: "weights", bind: f64(make([]float64, 3), 1, 3), want: losses.ErrShape},
		"number for labels":    {n: 1, k: 3, node: "labels", bind: 1.0, want: losses.ErrDtype},
		"number for logits":    {n: 1, k: 3, node: "logits", bind: 1.0, want: losses.ErrDtype},
		"number for weights":   {n: 1, k: 3, node: "weights", bind: float32(1), want: losses.ErrDtype},
		"other batch":          {n: 1, k: 3, node: "logits", bind: f64(make([]float64, 6), 2, 3), atLet: true},
		"other dtype": {n: 1, k: 3, node: "labels", bind: dense(tensor.Float32, make([]float64, 3), 1, 3),
			atLet: true},
	} {
		t.Run(name, func(t *testing.T) {
			for _, m := range failModes {
				var letErr error
				_, err := tryRun(t, m, func(g *G.ExprGraph) problem {
					b := newBatch(tensor.Float64, c.n, c.k)
					z, y := b.nodes(g)
					w := input(g, "weights", vec(c.n))
					l := must(t)(graph.ApplyWith(losses.Criterion{}, z, y, graph.Options{SampleWeights: w}))
					letErr = G.Let(map[string]*G.Node{"logits": z, "labels": y, "weights": w}[c.node], c.bind)
					return problem{g: g, loss: l, cost: l, wrt: G.Nodes{z}}
				})
				if c.atLet {
					require.Error(t, letErr)
					continue
				}
				require.NoError(t, letErr)
				cause := graph.Cause(err)
				require.ErrorIs(t, cause, c.want, "%v: %v", m, err)
				require.Regexp(t, `^(graph|losses): (logits|labels|target|sample weights): [^:]+$`, cause.Error(), m)
			}
		})
	}
}
