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

// TestSigmoidLink holds yes-or-no losses of every shape, target and kind of weights, on every
// machine, against package losses.
func TestSigmoidLink(t *testing.T) {
	r := newRand(11)
	for _, s := range []tensor.Shape{{3}, {3, 1}, {2, 3}, {2, 2, 3}} {
		z := f64(normals(r, s.TotalSize()), s...)
		labels := f64(softRows(r, 1, s.TotalSize()), s...)
		weights := map[string]*tensor.Dense{"none": nil, "element": f64(positive(1, s.TotalSize()), s...)}
		targets := map[string]*tensor.Dense{"labels": labels,
			"0 or 1": intsLike(uint8(0), classes(r, s.TotalSize(), 2), s...)}
		if len(s) > 1 {
			rows := s[:len(s)-1]
			weights["row"] = f64(positive(2, rows.TotalSize()), rows...)
			targets["index"] = intsLike(0, classes(r, rows.TotalSize(), max(2, s[len(s)-1])), rows...)
		}
		for target, y := range targets {
			for weighted, w := range weights {
				for _, c := range []losses.Criterion{
					{}, {Reduction: losses.None}, {Reduction: losses.Sum,
						PosWeight: []float64{3}}, {Loss: losses.Focal{Gamma: 2}, Reduction: losses.WeightedMean},
				} {
					c.Link = losses.SigmoidLink
					what := fmt.Sprintf("%v %s weights %s %s", s, target, weighted, c.Key())
					in, grad := losses.Inputs{Logits: z, Target: y}, f64(make([]float64, s.TotalSize()), s...)
					if w != nil {
						in.SampleWeights = w
					}
					require.NoError(t, c.EvalInto(losses.Outputs{Grad: grad}, in), what)
					for _, m := range gradModes {
						got := run(t, m, func(g *G.ExprGraph) problem {
							zn, o := input(g, "z", z), graph.Options{}
							if w != nil {
								o.SampleWeights = input(g, "w", w)
							}
							l := must(t)(graph.ApplyWith(c, zn, y, o))
							return problem{g: g, loss: l, cost: scalarOf(t, l), wrt: G.Nodes{zn}}
						})
						requireClose(t, floats(t, grad), got.grads[0], 1e-15, 0, "%s %v", what, m)
					}
				}
			}
		}
	}
}

// TestSigmoidGrads has gradients by labels and weights of elements, and products of the Hessian.
func TestSigmoidGrads(t *testing.T) {
	c := losses.BinaryCriterion(0.1, losses.Mean)
	z, y, w := f64(normals(newRand(1), 6), 2, 3), f64(softRows(newRand(2), 2, 3), 2, 3), f64(positive(3, 6), 2, 3)
	yGrad, wGrad := f64(make([]float64, 6), 2, 3), f64(make([]float64, 6), 2, 3)
	require.NoError(t,
		c.EvalInto(losses.Outputs{TargetGrad: yGrad, WeightGrad: wGrad},
			losses.Inputs{Logits: z, Target: y, SampleWeights: w}))
	build := func(g *G.ExprGraph) problem {
		zn, yn, wn := input(g, "z", z), input(g, "y", y), input(g, "w", w)
		l := must(t)(graph.ApplyWith(c, zn, yn, graph.Options{SampleWeights: wn, TargetGrad: true, WeightGrad: true}))
		return problem{g: g, loss: l, cost: l, wrt: G.Nodes{zn, yn, wn}}
	}
	for _, m := range gradModes {
		got := run(t, m, build)
		requireClose(t, floats(t, yGrad), got.grads[1], 1e-15, 0, "labels %v", m)
		requireClose(t, floats(t, wGrad), got.grads[2], 1e-15, 0, "weights %v", m)
	}
	p := build(G.NewGraph())
	h, err := graph.HessianVector(p.cost, p.wrt[:1], []*tensor.Dense{f64(normals(newRand(5), 6), 2, 3)})
	require.NoError(t, err)
	worst, err := h.Check()
	require.NoError(t, err)
	require.Less(t, worst, 1e-7)
}

// TestBinaryCrossEntropyWithLogits holds the one-line function against that of package losses.
func TestBinaryCrossEntropyWithLogits(t *testing.T) {
	z, y := f64(normals(newRand(1), 4), 4), f64(softRows(newRand(2), 1, 4), 4)
	want, err := losses.BinaryCrossEntropyWithLogits(z, y, 0.1, losses.None)
	require.NoError(t, err)
	got := run(t, value, func(g *G.ExprGraph) problem {
		l := must(t)(graph.BinaryCrossEntropyWithLogits(input(g, "z", z), y, 0.1, losses.None))
		return problem{g: g, loss: l, cost: l}
	})
	requireClose(t, floats(t, want), got.loss, 0, 0, "loss of every question")
}
