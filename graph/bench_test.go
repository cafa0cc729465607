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

// composed is the mean soft-label cross entropy of Gorgonia's built-ins, written as
// one has to: with the row maximum that its own SoftMax gets wrong.
func composed(logits, labels *G.Node) (*G.Node, error) {
	m, err := G.Max(logits, 1)
	if err != nil {
		return nil, err
	}
	shifted, err := G.BroadcastSub(logits, m, nil, []byte{1})
	if err != nil {
		return nil, err
	}
	e, err := G.Exp(shifted)
	if err != nil {
		return nil, err
	}
	sum, err := G.Sum(e, 1)
	if err != nil {
		return nil, err
	}
	lse, err := G.Log(sum)
	if err != nil {
		return nil, err
	}
	l, err := G.BroadcastSub(shifted, lse, nil, []byte{1})
	if err != nil {
		return nil, err
	}
	prod, err := G.HadamardProd(labels, l)
	if err != nil {
		return nil, err
	}
	perRow, err := G.Sum(prod, 1)
	if err != nil {
		return nil, err
	}
	mean, err := G.Mean(perRow)
	if err != nil {
		return nil, err
	}
	return G.Neg(mean)
}

// builtin is the same through Gorgonia's SoftMax, whose row maximum is wrong.
func builtin(logits, labels *G.Node) (*G.Node, error) {
	p, err := G.SoftMax(logits)
	if err != nil {
		return nil, err
	}
	l, err := G.Log(p)
	if err != nil {
		return nil, err
	}
	prod, err := G.HadamardProd(labels, l)
	if err != nil {
		return nil, err
	}
	perRow, err := G.Sum(prod, 1)
	if err != nil {
		return nil, err
	}
	mean, err := G.Mean(perRow)
	if err != nil {
		return nil, err
	}
	return G.Neg(mean)
}

func ours(logits, labels *G.Node) (*G.Node, error) {
	return graph.Apply(losses.Criterion{}, logits, labels)
}

func reused(logits, labels *G.Node) (*G.Node, error) {
	return graph.ApplyWith(losses.Criterion{}, logits, labels, graph.Options{ReuseGrad: true})
}

// BenchmarkRunAll times RunAll and Reset of the mean soft-label cross entropy and its gradient.
func BenchmarkRunAll(b *testing.B) {
	for _, bc := range []struct {
		name string
		loss func(logits, labels *G.Node) (*G.Node, error)
	}{{"softloss", ours}, {"reuse", reused}, {"composed", composed}, {"builtin", builtin}} {
		for _, s := range [][2]int{{64, 10}, {256, 1000}, {4096, 1000}} {
			n, k := s[0], s[1]
			b.Run(fmt.Sprintf("loss=%s/n=%d/k=%d", bc.name, n, k), func(b *testing.B) {
				r := rand.New(rand.NewPCG(1, 2))
				z, y := make([]float32, n*k), make([]float32, n*k)
				for i := range z {
					z[i] = float32(r.NormFloat64())
					y[i] = 1 / float32(k)
				}
				g := G.NewGraph()
				logits := G.NewMatrix(g, tensor.Float32, G.WithShape(n, k), G.WithName("logits"),
					G.WithValue(tensor.New(tensor.WithShape(n, k), tensor.WithBacking(z))))
				labels := G.NewMatrix(g, tensor.Float32, G.WithShape(n, k), G.WithName("labels"),
					G.WithValue(tensor.New(tensor.WithShape(n, k), tensor.WithBacking(y))))
				z2, err := G.Neg(logits) // not an input, as in a network
				require.NoError(b, err)
				cost, err := bc.loss(z2, labels)
				require.NoError(b, err)
				_, err = G.Grad(cost, logits)
				require.NoError(b, err)
				vm := G.NewTapeMachine(g)
				defer vm.Close()
				b.SetBytes(int64(n * k * 4))
				b.ReportAllocs()
				for b.Loop() {
					if err := vm.RunAll(); err != nil {
						b.Fatal(err)
					}
					vm.Reset()
				}
			})
		}
	}
}
