package graph_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/graph"
	"softloss/losses"
)

// softmaxes are the ops whose results are probabilities.
var softmaxes = map[string]func(*G.Node) (*G.Node, error){
	"ours": graph.Softmax, "sparsemax": graph.SparsemaxProbs, "entmax": graph.Entmax15Probs,
	"Gorgonia's":           func(n *G.Node) (*G.Node, error) { return G.SoftMax(n) },
	"Gorgonia's sparsemax": func(n *G.Node) (*G.Node, error) { return G.Sparsemax(n) },
}

// moves are ops behind a softmax p that only move, repeat or pick its numbers, or those of another
// one.
func moves(t *testing.T, soft func(*G.Node) (*G.Node, error)) map[string]func(p *G.Node) *G.Node {
	m := must(t)
	return map[string]func(p *G.Node) *G.Node{
		"as it is": func(p *G.Node) *G.Node { return p },
		"reshape": func(p *G.Node) *G.Node {
			return m(G.Reshape(m(G.Reshape(p, tensor.Shape{3, 4})), tensor.Shape{4, 3}))
		},
		"transpose": func(p *G.Node) *G.Node { return m(G.Transpose(m(G.Transpose(p, 1, 0)), 1, 0)) },
		"concat": func(p *G.Node) *G.Node {
			return m(G.Concat(0, m(G.Slice(p, G.S(0, 2))), m(G.Slice(p, G.S(2, 4)))))
		},
		"sliced": func(p *G.Node) *G.Node { return m(G.Slice(m(G.Concat(1, p, p)), nil, G.S(1, 4))) },
		"upsampled": func(p *G.Node) *G.Node {
			wide := m(G.Upsample2D(m(G.Reshape(p, tensor.Shape{1, 1, 4, 3})), 2))
			return m(G.Slice(m(G.Reshape(wide, tensor.Shape{8, 6})), G.S(0, 4), G.S(0, 3)))
		},
		"pooled": func(p *G.Node) *G.Node {
			image := m(G.Reshape(p, tensor.Shape{1, 1, 4, 3}))
			pooled := m(G.MaxPool2D(image, tensor.Shape{1, 1}, []int{0, 0}, []int{1, 1}))
			return m(G.Reshape(pooled, tensor.Shape{4, 3}))
		},
		"gathered": func(p *G.Node) *G.Node {
			back := m(G.ByIndices(p, input(p.Graph(), "rows", indexTensor(tensor.Int, []int{3, 2, 1, 0})), 0))
			image, one := m(G.Reshape(back, tensor.Shape{1, 1, 4, 3})), tensor.Shape{1, 1}
			return m(G.Reshape(m(G.Im2Col(image, one, tensor.Shape{0, 0}, one, one)), tensor.Shape{4, 3}))
		},
		"largest over time": func(p *G.Node) *G.Node {
			return m(G.Max(m(G.Reshape(m(G.Concat(0, p, p)), tensor.Shape{4, 2, 3})), 1))
		},
		"larger":     func(p *G.Node) *G.Node { return m(G.MaxBetween(p, m(soft(m(G.Neg(p)))))) },
		"smaller":    func(p *G.Node) *G.Node { return m(G.MinBetween(p, m(soft(m(G.Neg(p)))))) },
		"other axis": func(p *G.Node) *G.Node { return m(G.Transpose(m(soft(m(G.Transpose(p, 1, 0)))), 1, 0)) },
	}
}

// doors are the functions that take logits.
func doors(logits, labels, other *G.Node) map[string]func() (*G.Node, error) {
	index := indexTensor(tensor.Int, []int{0, 1, 2, 0})
	return map[string]func() (*G.Node, error){
		"Apply": func() (*G.Node, error) { return graph.Apply(losses.Criterion{}, logits, labels) },
		"focal": func() (*G.Node, error) {
			return graph.Apply(losses.Criterion{Loss: losses.Focal{Gamma: 2}}, logits, index)
		},
		"cross entropy": func() (*G.Node, error) {
			return graph.SoftLabelCrossEntropyWithLogits(logits, labels, 0.1, losses.Mean)
		},
		"MAE": func() (*G.Node, error) { return graph.ClassificationMAEWithLogits(logits, labels, losses.Sum) },
		"smoothing": func() (*G.Node, error) {
			return graph.LabelSmoothingCrossEntropy(logits, index, 0.1, losses.None)
		},
		"divergence": func() (*G.Node, error) { return graph.JensenShannon(G.Nodes{other, logits}, losses.Mean) },
	}
}

// TestSoftmaxTwice gives a loss of logits the output of a softmax, as it is and behind ops that do
// not change its numbers: every door returns an error that says to drop it, and takes it when it is
// told that these are probabilities.
func TestSoftmaxTwice(t *testing.T) {
	for name, soft := range softmaxes {
		for behind, move := range moves(t, soft) {
			g := G.NewGraph()
			p := move(must(t)(soft(input(g, "z", f64(normals(newRand(1), 12), 4, 3)))))
			labels := input(g, "y", f64(softRows(newRand(2), 4, 3), 4, 3))
			other := input(g, "o", f64(normals(newRand(3), 12), 4, 3))
			before := len(g.AllNodes())
			for door, f := range doors(p, labels, other) {
				_, err := f()
				require.ErrorIs(t, err, graph.ErrNode, "%s %s %s", name, behind, door)
				require.ErrorContains(t, err, "drop", "%s %s %s", name, behind, door)
			}
			require.Len(t, g.AllNodes(), before)
			_, err := graph.SoftLabelCrossEntropy(p, labels, 0, losses.Mean)
			require.NoError(t, err, "%s %s", name, behind)
		}
	}
}

// TestSoftmaxOnce takes what is no softmax any more, or has none in it but inside.
func TestSoftmaxOnce(t *testing.T) {
	m := must(t)
	for name, f := range map[string]func(z *G.Node) *G.Node{
		"logits":         func(z *G.Node) *G.Node { return z },
		"log-softmax":    func(z *G.Node) *G.Node { return m(graph.LogSoftmax(z)) },
		"Gorgonia's log": func(z *G.Node) *G.Node { return m(G.LogSoftMax(z)) },
		"log of softmax": func(z *G.Node) *G.Node { return m(G.Log(m(graph.Softmax(z)))) },
		"scaled":         func(z *G.Node) *G.Node { return m(G.HadamardProd(m(graph.Softmax(z)), z)) },
		"attention": func(z *G.Node) *G.Node {
			return m(G.Mul(m(graph.Softmax(m(G.Mul(z, m(G.Transpose(z, 1, 0)))))), z))
		},
		"half of a concat": func(z *G.Node) *G.Node {
			return m(G.Slice(m(G.Concat(1, m(graph.Softmax(z)), z)), nil, G.S(2, 5)))
		},
		"larger of it and logits": func(z *G.Node) *G.Node { return m(G.MaxBetween(m(graph.Softmax(z)), z)) },
		"reshaped logits":         func(z *G.Node) *G.Node { return m(G.Reshape(m(G.Square(z)), tensor.Shape{4, 3})) },
	} {
		z := input(G.NewGraph(), "z", f64(normals(newRand(1), 12), 4, 3))
		_, err := graph.Apply(losses.Criterion{}, f(z), indexTensor(tensor.Int, []int{0, 1, 2, 0}))
		require.NoError(t, err, name)
	}
}

// TestSigmoidTwice gives a loss with SigmoidLink what has been through a sigmoid or a softmax; a
// sigmoid before a softmax loss is a network's own business.
func TestSigmoidTwice(t *testing.T) {
	m := must(t)
	z := input(G.NewGraph(), "z", f64(normals(newRand(1), 12), 4, 3))
	labels := input(z.Graph(), "y", f64(softRows(newRand(2), 4, 3), 4, 3))
	for name, p := range map[string]*G.Node{
		"sigmoid": m(G.Sigmoid(z)), "softmax": m(graph.Softmax(z)),
		"behind reshape": m(G.Reshape(m(G.Reshape(m(G.Sigmoid(z)), tensor.Shape{12})), tensor.Shape{4, 3})),
	} {
		_, err := graph.BinaryCrossEntropyWithLogits(p, labels, 0, losses.Mean)
		require.ErrorIs(t, err, graph.ErrNode, name)
		require.ErrorContains(t, err, "drop", name)
		_, err = graph.Apply(losses.Criterion{Link: losses.SigmoidLink, FromProbs: true}, p, labels)
		require.NoError(t, err, name)
	}
	_, err := graph.Apply(losses.Criterion{}, m(G.Sigmoid(z)), labels)
	require.NoError(t, err)
	_, err = graph.BinaryCrossEntropyWithLogits(m(G.Tanh(z)), labels, 0, losses.Mean)
	require.NoError(t, err)
}
