package graph_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/graph"
	"softloss/internal/numtest"
	"softloss/losses"
)

// contrastiveCase is a peer's contrastive loss, a mean, with its gradients by the vectors.
type contrastiveCase struct {
	Name        string           `json:"name"`
	Loss        string           `json:"loss"`
	A           numtest.Matrix   `json:"a"`
	B           numtest.Matrix   `json:"b"`
	Index       []int            `json:"index"`
	Temperature float64          `json:"temperature"`
	Value       float64          `json:"value"`
	Grads       []numtest.Matrix `json:"grads"`
}

// TestGoldenContrastive holds InfoNCE, CLIP's symmetric form, SupCon and NT-Xent against PyTorch,
// pytorch-metric-learning and optax.
func TestGoldenContrastive(t *testing.T) {
	var g struct {
		About    string            `json:"about"`
		Script   string            `json:"script"`
		Versions map[string]string `json:"versions"`
		Cases    []contrastiveCase `json:"cases"`
	}
	numtest.Golden(t, "peers_contrastive.json", &g)
	require.Equal(t, 28, len(g.Cases))
	for _, c := range g.Cases {
		for _, m := range gradModes {
			got := run(t, m, func(g *G.ExprGraph) problem { return c.build(t, g) })
			requireClose(t, []float64{c.Value}, got.loss, 1e-12, 0, "%s %v", c.Name, m)
			for i, want := range c.Grads {
				requireClose(t, want.Data, got.grads[i], 1e-12, 1e-13, "%s %v: gradient %d", c.Name, m, i)
			}
		}
	}
}

// build makes the loss of the case.
func (c contrastiveCase) build(t *testing.T, g *G.ExprGraph) problem {
	a := input(g, "a", f64(c.A.Data, c.A.N, c.A.K))
	if c.Loss == "SupCon" {
		l := must(t)(graph.SupCon(a, indexTensor(tensor.Int, c.Index), c.Temperature, losses.Mean))
		return problem{g: g, loss: l, cost: l, wrt: G.Nodes{a}}
	}
	b := input(g, "b", f64(c.B.Data, c.B.N, c.B.K))
	l := must(t)(graph.InfoNCE(a, b, c.Temperature, losses.Mean))
	if c.Loss == "CLIP" {
		back := must(t)(graph.InfoNCE(b, a, c.Temperature, losses.Mean))
		l = must(t)(G.Div(must(t)(G.Add(l, back)), G.NewConstant(2.0)))
	}
	return problem{g: g, loss: l, cost: l, wrt: G.Nodes{a, b}}
}
