package graph_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/graph"
	"softloss/losses"
)

// ownComposed is the cross entropy of single rows put together from LogSoftmax.
func ownComposed(z, y *G.Node) (*G.Node, error) {
	l, err := graph.LogSoftmax(z)
	if err != nil {
		return nil, err
	}
	prod, err := G.HadamardProd(y, l)
	if err != nil {
		return nil, err
	}
	sum, err := G.Sum(prod, 1)
	if err != nil {
		return nil, err
	}
	return G.Neg(sum)
}

// ownLSE is the same for labels that sum to 1: lse(z) - Σ y·z.
func ownLSE(z, y *G.Node) (*G.Node, error) {
	lse, err := graph.LogSumExp(z)
	if err != nil {
		return nil, err
	}
	prod, err := G.HadamardProd(y, z)
	if err != nil {
		return nil, err
	}
	sum, err := G.Sum(prod, 1)
	if err != nil {
		return nil, err
	}
	return G.Sub(lse, sum)
}

// TestComposed puts the fused cross entropy, two composed ones and a Softmax node on the same
// logits into one graph; each has the same value, and each has the same gradient.
func TestComposed(t *testing.T) {
	fused := func(z, y *G.Node) (*G.Node, error) {
		return graph.Apply(losses.Criterion{Reduction: losses.None}, z, y)
	}
	builders := []func(z, y *G.Node) (*G.Node, error){fused, ownComposed, ownLSE}
	for _, s := range [][2]int{{4, 3}, {1, 3}, {4, 1}, {64, 10}} {
		b := newBatch(tensor.Float64, s[0], s[1])
		loss, grad, _ := b.evalGrad(t, losses.Criterion{Reduction: losses.None}, nil)
		p, err := losses.Softmax(b.logits)
		require.NoError(t, err)
		for i := range builders {
			for _, m := range gradModes {
				var softmax G.Value
				got := run(t, m, func(g *G.ExprGraph) problem {
					z, y := b.nodes(g)
					p := must(t)(graph.Softmax(z))
					G.Read(p, &softmax)
					// All of them are in the graph, one of them is differentiated; the sum with
					// the others times 0 makes one root of all.
					var l *G.Node
					cost := must(t)(G.HadamardProd(zero(g, "z0"), must(t)(G.Sum(p))))
					for j, build := range builders {
						row := must(t)(build(z, y))
						sum := must(t)(G.Sum(row))
						if i == j {
							l = row
						} else {
							sum = must(t)(G.HadamardProd(zero(g, "z"+string(rune('1'+j))), sum))
						}
						cost = must(t)(G.Add(cost, sum))
					}
					return problem{g: g, loss: l, cost: cost, wrt: G.Nodes{z}}
				})
				requireClose(t, loss, got.loss, 1e-13, 1e-13, "loss %d %v %v", i, s, m)
				requireClose(t, grad, got.grads[0], 1e-13, 1e-13, "gradient %d %v %v", i, s, m)
				requireClose(t, floats(t, p), floats(t, softmax), 0, 0, "softmax beside loss %d %v %v", i, s, m)
			}
		}
	}
}

// zero returns a scalar input that holds 0.
func zero(g *G.ExprGraph, name string) *G.Node {
	return G.NewScalar(g, tensor.Float64, G.WithName(name), G.WithValue(0.0))
}

// TestSmoothThenLoss smooths in a node of its own, which is the same as in the criterion:
// value, gradient, and the gradient by the labels through both nodes.
func TestSmoothThenLoss(t *testing.T) {
	b := newBatch(tensor.Float64, 4, 3)
	c := losses.SoftLabelCriterion(0.2, losses.Mean)
	loss, grad, targetGrad := b.evalGrad(t, c, nil)
	for _, m := range gradModes {
		got := run(t, m, func(g *G.ExprGraph) problem {
			z, y := b.nodes(g)
			smooth := must(t)(graph.SmoothSoftLabels(y, 0.2))
			l := must(t)(graph.ApplyWith(losses.Criterion{}, z, smooth, graph.Options{TargetGrad: true}))
			return problem{g: g, loss: l, cost: l, wrt: G.Nodes{z, y}}
		})
		requireClose(t, loss, got.loss, 0, 0, "loss, %v", m)
		requireClose(t, grad, got.grads[0], 0, 0, "gradient, %v", m)
		requireClose(t, targetGrad, got.grads[1], 1e-15, 0, "labels' gradient, %v", m)
	}
}

// TestProbsOfSoftmax feeds a Softmax node to the loss of probabilities: the loss of the logits, by
// a worse way.
func TestProbsOfSoftmax(t *testing.T) {
	b := newBatch(tensor.Float64, 4, 3)
	loss, grad, _ := b.evalGrad(t, losses.SoftLabelCriterion(0.1, losses.Sum), nil)
	for _, m := range gradModes {
		got := run(t, m, func(g *G.ExprGraph) problem {
			z, y := b.nodes(g)
			l := must(t)(graph.SoftLabelCrossEntropy(must(t)(graph.Softmax(z)), y, 0.1, losses.Sum))
			return problem{g: g, loss: l, cost: l, wrt: G.Nodes{z}}
		})
		requireClose(t, loss, got.loss, 1e-14, 0, "loss, %v", m)
		requireClose(t, grad, got.grads[0], 1e-13, 1e-14, "gradient, %v", m)
	}
}

// TestNotebookFunctions holds the one-line functions against those of package losses.
func TestNotebookFunctions(t *testing.T) {
	b := newBatch(tensor.Float64, 4, 3)
	probs := f64(probRows(newRand(8), 4, 3), 4, 3)
	index := indexTensor(tensor.Int, []int{0, 1, 2, 1})
	for _, r := range []losses.Reduction{losses.Mean, losses.Sum, losses.None} {
		for name, f := range map[string]struct {
			x, y  *tensor.Dense
			node  func(x, y *G.Node) (*G.Node, error)
			value func(x, y tensor.Tensor) (*tensor.Dense, error)
		}{
			"SoftLabelCrossEntropyWithLogits": {b.logits, b.labels,
				func(x, y *G.Node) (*G.Node, error) {
					return graph.SoftLabelCrossEntropyWithLogits(x, y, 0.15, r)
				},
				func(x, y tensor.Tensor) (*tensor.Dense, error) {
					return losses.SoftLabelCrossEntropyWithLogits(x, y, 0.15, r)
				}},
			"SoftLabelCrossEntropy": {probs, b.labels,
				func(x, y *G.Node) (*G.Node, error) { return graph.SoftLabelCrossEntropy(x, y, 0.15, r) },
				func(x, y tensor.Tensor) (*tensor.Dense, error) { return losses.SoftLabelCrossEntropy(x, y, 0.15, r) }},
			"ClassificationMAEWithLogits": {b.logits, b.labels,
				func(x, y *G.Node) (*G.Node, error) { return graph.ClassificationMAEWithLogits(x, y, r) },
				func(x, y tensor.Tensor) (*tensor.Dense, error) { return losses.ClassificationMAEWithLogits(x, y, r) }},
			"LabelSmoothingCrossEntropy": {b.logits, index,
				func(x, y *G.Node) (*G.Node, error) { return graph.LabelSmoothingCrossEntropy(x, y, 0.15, r) },
				func(x, y tensor.Tensor) (*tensor.Dense, error) {
					return losses.LabelSmoothingCrossEntropy(x, y, 0.15, r)
				}},
			"LabelSmoothingCrossEntropy of soft labels": {b.logits, b.labels,
				func(x, y *G.Node) (*G.Node, error) { return graph.LabelSmoothingCrossEntropy(x, y, 0.15, r) },
				func(x, y tensor.Tensor) (*tensor.Dense, error) {
					return losses.LabelSmoothingCrossEntropy(x, y, 0.15, r)
				}},
			"SmoothSoftLabels": {b.logits, b.labels,
				func(_, y *G.Node) (*G.Node, error) { return graph.SmoothSoftLabels(y, 0.15) },
				func(_, y tensor.Tensor) (*tensor.Dense, error) { return losses.SmoothSoftLabels(y, 0.15) }},
		} {
			want, err := f.value(f.x, f.y)
			require.NoError(t, err)
			wanted := []float64{}
			if want.IsScalar() {
				wanted = append(wanted, widen(t, want.ScalarValue()))
			} else {
				wanted = floats(t, want)
			}
			got := run(t, value, func(g *G.ExprGraph) problem {
				l := must(t)(f.node(input(g, "x", f.x), input(g, "y", f.y)))
				return problem{g: g, loss: l, cost: l}
			})
			requireClose(t, wanted, got.loss, 0, 0, "%s %v", name, r)
		}
	}
}
