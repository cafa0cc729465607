package graph_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/graph"
	"softloss/losses"
)

// randomProblem is a criterion with inputs that go together, of any rank, layout and dtype.
type randomProblem struct {
	c               losses.Criterion
	logits, target  *tensor.Dense
	weights         *tensor.Dense // nil: none
	reuse, twoNodes bool
}

func newRandomProblem(r *rand.Rand) randomProblem {
	shape := [][]int{{5}, {1}, {3, 4}, {1, 3}, {4, 1}, {2, 3, 4}, {2, 1, 2, 3}}[r.IntN(7)]
	n, k := tensor.Shape(shape[:len(shape)-1]).TotalSize(), shape[len(shape)-1]
	dt := []tensor.Dtype{tensor.Float64, tensor.Float32}[r.IntN(2)]
	all := []losses.Loss{nil, losses.MAE{}, losses.GCE{Q: 0.7}, losses.Focal{Gamma: 2}, losses.Poly1{Epsilon: 1},
		losses.KL{}, brier{Scale: 1}}
	p := randomProblem{reuse: r.IntN(2) == 0, twoNodes: r.IntN(2) == 0}
	p.c = losses.Criterion{
		Loss:      all[r.IntN(len(all))],
		Reduction: everyReduction[r.IntN(4)],
		Smoothing: losses.Smoothing{Rule: losses.SmoothingRule(r.IntN(3)),
			Alpha: []float64{0, 0, 0.1, 0.5}[r.IntN(4)]},
		Temperature: []float64{0, 0.5, 3}[r.IntN(3)],
	}
	p.c.Link = losses.Link(r.IntN(2))
	questions := k // numbers a class
	if p.c.Link == losses.SigmoidLink && (len(shape) == 1 || r.IntN(2) == 0) {
		questions = 1
	}
	if r.IntN(2) == 0 {
		p.c.ClassWeights = positive(r.Uint64(), questions)
	}
	if p.c.Link == losses.SigmoidLink && r.IntN(2) == 0 {
		p.c.PosWeight = positive(r.Uint64(), questions)
	}
	p.reuse = p.reuse && p.c.Reduction != losses.None
	p.logits = dense(dt, normals(r, n*k), shape...)
	if len(shape) == 2 && r.IntN(3) == 0 { // column by column
		p.logits = dense(dt, normals(r, n*k), k, n)
		if p.logits.T() != nil || p.logits.Shape()[0] != n {
			p.logits = dense(dt, normals(r, n*k), shape...)
		}
	}
	switch index := r.IntN(2) == 0; {
	case !index:
		p.target = dense(dt, softRows(r, n, k), shape...)
	case p.c.Link == losses.SigmoidLink && (k == 1 || len(shape) == 1 || r.IntN(2) == 0):
		p.target = intsLike(everyInt[r.IntN(len(everyInt))], classes(r, n*k, 2), shape...)
	default:
		rows := append([]int(nil), shape[:len(shape)-1]...)
		if len(rows) == 0 || r.IntN(2) == 0 {
			rows = append(rows, 1)
		}
		p.target = intsLike(everyInt[r.IntN(len(everyInt))], classes(r, n, k), rows...)
	}
	if len(shape) > 1 && r.IntN(2) == 0 {
		p.weights = dense(dt, positive(r.Uint64(), n), shape[:len(shape)-1]...)
		if p.c.Link == losses.SigmoidLink && r.IntN(2) == 0 {
			p.weights = dense(dt, positive(r.Uint64(), n*k), shape...)
		}
	}
	return p
}

// inputs are the problem's for package losses.
func (p randomProblem) inputs() losses.Inputs {
	in := losses.Inputs{Logits: p.logits, Target: p.target}
	if p.weights != nil {
		in.SampleWeights = p.weights
	}
	return in
}

// node returns the problem's loss in g, and the logits.
func (p randomProblem) node(t testing.TB, g *G.ExprGraph) (loss, logits *G.Node) {
	o := graph.Options{ReuseGrad: p.reuse}
	if p.weights != nil {
		o.SampleWeights = input(g, "weights", p.weights)
	}
	logits = G.NewTensor(g, p.logits.Dtype(), p.logits.Dims(), G.WithShape(p.logits.Shape().Clone()...),
		G.WithName("logits"))
	require.NoError(t, G.Let(logits, p.logits))
	var target graph.Target = p.target
	if p.twoNodes {
		target = input(g, "target", p.target)
	}
	return must(t)(graph.ApplyWith(p.c, logits, target, o)), logits
}

// FuzzApply builds random losses and wants of each on every machine
// the value and the gradient of package losses.
func FuzzApply(f *testing.F) {
	for seed := range uint64(200) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := newRand(seed)
		p := newRandomProblem(r)
		what := fmt.Sprintf("%s logits %v %v target %v %v weights %v", p.c.Key(), p.logits.Dtype(), p.logits.Shape(),
			p.target.Dtype(),
			p.target.Shape(), p.weights)
		grad := dense(p.logits.Dtype(), make([]float64, p.logits.Shape().TotalSize()), p.logits.Shape()...)
		require.NoError(t, p.c.EvalInto(losses.Outputs{Grad: grad}, p.inputs()), what)
		for _, m := range gradModes {
			got := run(t, m, func(g *G.ExprGraph) problem {
				loss, logits := p.node(t, g)
				return problem{g: g, loss: loss, cost: scalarOf(t, loss), wrt: G.Nodes{logits}}
			})
			requireClose(t, floats(t, grad), got.grads[0], 0, 0, "%s %v", what, m)
		}
	})
}
