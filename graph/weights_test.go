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

// TestPadding pads a batch of two rows to four with rows of weight 0 that hold everything that is
// forbidden. Value and gradients are those of the smaller batch, and exactly 0 in the padding.
func TestPadding(t *testing.T) {
	const k = 3
	nan, inf := math.NaN(), math.Inf(1)
	labels := softRows(newRand(4), 2, k)
	cases := 0
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		for name, c := range matrixCriteria(k) {
			for _, c.Reduction = range []losses.Reduction{losses.Mean, losses.Sum, losses.None} {
				x, bad := normals(newRand(3), 2*k), []float64{nan, inf, -inf}
				if c.FromProbs {
					x, bad = probRows(newRand(3), 2, k), []float64{nan, -1, 7}
				}
				small := batch{n: 2, k: k, logits: dense(dt, x, 2, k), labels: dense(dt, labels, 2, k)}
				padded := func(rows, middle []float64) *tensor.Dense { // rows 0 and 3 of 4 are real
					y := append(append([]float64{}, rows[:k]...), middle...)
					return dense(dt, append(append(y, middle...), rows[k:]...), 4, k)
				}
				loss, grad, targetGrad := small.evalGrad(t, c, nil)
				if c.Reduction == losses.None {
					loss = []float64{loss[0], 0, 0, loss[1]}
				}
				pad := func(g []float64) []float64 { return floats(t, padded(g, make([]float64, k))) }
				for m := range modes {
					got := run(t, m, func(g *G.ExprGraph) problem {
						z := input(g, "logits", padded(x, bad))
						y := input(g, "labels", padded(labels, []float64{-1, nan, inf}))
						w := input(g, "weights", dense(dt, []float64{1, 0, 0, 1}, 4))
						l := must(t)(graph.ApplyWith(c, z, y, graph.Options{SampleWeights: w, TargetGrad: true}))
						p := problem{g: g, loss: l, cost: l, wrt: G.Nodes{z, y}}
						if c.Reduction == losses.None {
							p.cost = must(t)(G.Sum(l))
						}
						return p
					})
					at := fmt.Sprintf("%s %v %v %v", name, c.Reduction, dt, m)
					requireClose(t, loss, got.loss, 0, 0, "loss, %s", at)
					if m != value {
						requireClose(t, pad(grad), got.grads[0], 0, 0, "gradient, %s", at)
						requireClose(t, pad(targetGrad), got.grads[1], 0, 0, "labels' gradient, %s", at)
					}
					cases++
				}
			}
		}
	}
	require.Equal(t, 2*7*3*4, cases)
}

// TestPaddingIndex is TestPadding for an index out of range.
func TestPaddingIndex(t *testing.T) {
	x := normals(newRand(3), 6)
	for m := range modes {
		got := run(t, m, func(g *G.ExprGraph) problem {
			z := input(g, "logits", f64(append(append([]float64{}, x...), math.NaN(), 0, 0), 3, 3))
			w := input(g, "weights", f64([]float64{1, 1, 0}, 3))
			l := must(t)(graph.ApplyWith(losses.Criterion{}, z, indexTensor(tensor.Int, []int{2, 0, -100}),
				graph.Options{SampleWeights: w}))
			return problem{g: g, loss: l, cost: l, wrt: G.Nodes{z}}
		})
		loss, grad, err := losses.Criterion{}.EvalGrad(f64(x, 2, 3), indexTensor(tensor.Int, []int{2, 0}))
		require.NoError(t, err)
		requireClose(t, []float64{widen(t, loss.ScalarValue())}, got.loss, 0, 0, "loss, %v", m)
		if m != value {
			requireClose(t, append(floats(t, grad), 0, 0, 0), got.grads[0], 0, 0, "gradient, %v", m)
		}
	}
}

// TestSampleWeights holds fractional weights, and none at all, against package losses.
func TestSampleWeights(t *testing.T) {
	b := newBatch(tensor.Float64, 3, 4)
	for _, w := range [][]float64{{0.5, 2, 0}, {0, 0, 0}, {3, 3, 3}} {
		for _, r := range []losses.Reduction{losses.Mean, losses.Sum} {
			c := losses.Criterion{Loss: losses.MAE{}, Reduction: r}
			loss, grad := dense(tensor.Float64, []float64{0}), f64(make([]float64, 12), 3, 4)
			in := losses.Inputs{Logits: b.logits, Target: b.labels, SampleWeights: f64(w, 3)}
			require.NoError(t, c.EvalInto(losses.Outputs{Loss: loss, Grad: grad}, in))
			for _, m := range gradModes {
				got := run(t, m, func(g *G.ExprGraph) problem {
					z, y := b.nodes(g)
					l := must(t)(graph.ApplyWith(c, z, y, graph.Options{SampleWeights: input(g, "w", f64(w, 3))}))
					return problem{g: g, loss: l, cost: l, wrt: G.Nodes{z}}
				})
				requireClose(t, []float64{widen(t, loss.ScalarValue())}, got.loss, 0, 0, "loss %v %v %v", w, r, m)
				requireClose(t, floats(t, grad), got.grads[0], 0, 0, "gradient %v %v %v", w, r, m)
			}
		}
	}
}
