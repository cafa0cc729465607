package graph_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/graph"
	"softloss/losses"
)

// batch is a small batch of soft labels.
type batch struct {
	n, k           int
	logits, labels *tensor.Dense
}

func newBatch(dt tensor.Dtype, n, k int) batch {
	r := newRand(uint64(31*n + k))
	return batch{n: n, k: k, logits: dense(dt, normals(r, n*k), n, k), labels: dense(dt, softRows(r, n, k), n, k)}
}

// nodes returns logits and labels as inputs of g.
func (b batch) nodes(g *G.ExprGraph) (logits, labels *G.Node) {
	return input(g, "logits", b.logits), input(g, "labels", b.labels)
}

// evalGrad returns loss, gradient and gradient by the labels under an upstream gradient (nil: 1).
func (b batch) evalGrad(t *testing.T, c losses.Criterion, upstream *tensor.Dense) (loss, grad, targetGrad []float64) {
	l := dense(b.logits.Dtype(), []float64{0})
	if c.Reduction == losses.None {
		l = dense(b.logits.Dtype(), make([]float64, b.n), b.n)
	}
	g := dense(b.logits.Dtype(), make([]float64, b.n*b.k), b.n, b.k)
	tg := g.Clone().(*tensor.Dense)
	in := losses.Inputs{Logits: b.logits, Target: b.labels}
	if upstream != nil {
		in.Upstream = upstream
	}
	require.NoError(t, c.EvalInto(losses.Outputs{Loss: l, Grad: g}, in))
	require.NoError(t, c.EvalInto(losses.Outputs{TargetGrad: tg}, in))
	if l.IsScalar() {
		return []float64{widen(t, l.ScalarValue())}, floats(t, g), floats(t, tg)
	}
	return floats(t, l), floats(t, g), floats(t, tg)
}

// TestUpstreamScalar multiplies the loss before it is differentiated.
func TestUpstreamScalar(t *testing.T) {
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		for _, s := range [][2]int{{4, 3}, {1, 3}, {1, 1}} {
			b := newBatch(dt, s[0], s[1])
			c := losses.SoftLabelCriterion(0.1, losses.Mean)
			loss, _, _ := b.evalGrad(t, c, nil)
			scalar := func(x float64) *tensor.Dense { return dense(dt, []float64{x}) }
			for name, cs := range map[string]struct {
				cost     func(loss *G.Node) (*G.Node, error)
				upstream float64
			}{
				"3·loss": {func(l *G.Node) (*G.Node, error) {
					return G.HadamardProd(l,
						G.NewScalar(l.Graph(), dt, G.WithName("three"), G.WithValue(scalar(3).ScalarValue())))
				}, 3},
				"-loss": {G.Neg, -1},
				"loss²": {G.Square, 2 * loss[0]},
				"Σ loss·(1,2,-5)": {func(l *G.Node) (*G.Node, error) {
					v := input(l.Graph(), "v", dense(dt, []float64{1, 2, -5}, 3))
					n, err := G.HadamardProd(v, l)
					if err != nil {
						return nil, err
					}
					return G.Sum(n)
				}, -2},
			} {
				_, grad, targetGrad := b.evalGrad(t, c, scalar(cs.upstream))
				for _, m := range gradModes {
					got := run(t, m, func(g *G.ExprGraph) problem {
						z, y := b.nodes(g)
						l := must(t)(graph.ApplyWith(c, z, y, graph.Options{TargetGrad: true}))
						return problem{g: g, loss: l, cost: must(t)(cs.cost(l)), wrt: G.Nodes{z, y}}
					})
					requireClose(t, grad, got.grads[0], 0, 0, "%s %v %v %v", name, m, dt, s)
					requireClose(t, targetGrad, got.grads[1], 0, 0, "labels, %s %v %v %v", name, m, dt, s)
				}
			}
		}
	}
}

// TestUpstreamRows weights the losses of the rows by a vector, in the ways Gorgonia
// has for it; a batch of one row is where it turns vectors into scalars.
func TestUpstreamRows(t *testing.T) {
	type combine func(l, w *G.Node) (*G.Node, error)
	hadamard := func(reduce func(*G.Node, ...int) (*G.Node, error)) combine {
		return func(l, w *G.Node) (*G.Node, error) {
			n, err := G.HadamardProd(l, w)
			if err != nil {
				return nil, err
			}
			return reduce(n)
		}
	}
	for name, cs := range map[string]struct {
		cost combine
		mean bool
	}{
		"sum":           {cost: hadamard(G.Sum)},
		"mean":          {cost: hadamard(G.Mean), mean: true},
		"inner product": {cost: func(l, w *G.Node) (*G.Node, error) { return G.Mul(l, w) }},
	} {
		for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
			for _, n := range []int{4, 1} {
				b := newBatch(dt, n, 3)
				c := losses.Criterion{Reduction: losses.None, Smoothing: losses.Smoothing{Alpha: 0.1}}
				w := []float64{2, -1, 0, 0.5}[:n]
				up := dense(dt, w, n)
				if cs.mean {
					up = dense(dt, scaled(w, 1/float64(n)), n)
				}
				loss, grad, targetGrad := b.evalGrad(t, c, up)
				for _, m := range gradModes {
					at := fmt.Sprintf("%s %v n=%d %v", name, dt, n, m)
					got, err := tryRun(t, m, func(g *G.ExprGraph) problem {
						z, y := b.nodes(g)
						l := must(t)(graph.ApplyWith(c, z, y, graph.Options{TargetGrad: true}))
						return problem{g: g, loss: l, cost: must(t)(cs.cost(l, input(g, "w", dense(dt, w, n)))),
							wrt: G.Nodes{z, y}}
					})
					require.NoError(t, err, at)
					requireClose(t, loss, got.loss, 0, 0, "loss, %s", at)
					requireClose(t, grad, got.grads[0], 0, 0, "%s", at)
					requireClose(t, targetGrad, got.grads[1], 0, 0, "labels, %s", at)
				}
			}
		}
	}
}

func scaled(x []float64, f float64) []float64 {
	y := make([]float64, len(x))
	for i := range x {
		y[i] = f * x[i]
	}
	return y
}

// TestSumOfCosts differentiates the sum of two losses of the same logits in one Grad.
func TestSumOfCosts(t *testing.T) {
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		b := newBatch(dt, 4, 3)
		index := indexTensor(tensor.Int32, []int{2, 0, 1, 1})
		ce, mae := losses.SoftLabelCriterion(0.1, losses.Mean), losses.Criterion{Loss: losses.MAE{},
			Reduction: losses.Sum}
		_, g1, t1 := b.evalGrad(t, ce, nil)
		_, g2, _ := batch{n: b.n, k: b.k, logits: b.logits, labels: oneHot(dt, index, b.k)}.evalGrad(t, mae, nil)
		for i := range g1 {
			g1[i] += g2[i]
		}
		eps := 1e-15
		if dt == tensor.Float32 {
			eps = 1e-6
		}
		for _, m := range gradModes {
			got := run(t, m, func(g *G.ExprGraph) problem {
				z, y := b.nodes(g)
				l1 := must(t)(graph.ApplyWith(ce, z, y, graph.Options{TargetGrad: true}))
				l2 := must(t)(graph.Apply(mae, z, input(g, "index", index)))
				return problem{g: g, loss: l1, cost: must(t)(G.Add(l1, l2)), wrt: G.Nodes{z, y}}
			})
			requireClose(t, g1, got.grads[0], eps, eps, "%v %v", dt, m)
			requireClose(t, t1, got.grads[1], 0, 0, "labels, %v %v", dt, m)
		}
	}
}

func oneHot(dt tensor.Dtype, index *tensor.Dense, k int) *tensor.Dense {
	x := make([]float64, index.Shape()[0]*k)
	for i, y := range index.Int32s() {
		x[i*k+int(y)] = 1
	}
	return dense(dt, x, len(x)/k, k)
}
