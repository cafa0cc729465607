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
// Beside it stand the kernel, in the caller's memory and without a graph, and what a loss that
// computes nothing takes: Gorgonia's own part, and with a new gradient in each run what every op
// without a state takes besides.
func BenchmarkRunAll(b *testing.B) {
	for _, bc := range []struct {
		name string
		loss func(logits, labels *G.Node) (*G.Node, error)
	}{{"softloss", ours}, {"reuse", reused}, {"nothing", nothing}, {"fresh", fresh}, {"kernel", nil},
		{"composed", composed}, {"builtin", builtin}} {
		for _, s := range [][2]int{{64, 10}, {256, 1000}, {4096, 1000}} {
			n, k := s[0], s[1]
			b.Run(fmt.Sprintf("loss=%s/n=%d/k=%d", bc.name, n, k), func(b *testing.B) {
				r := rand.New(rand.NewPCG(1, 2))
				z, y := make([]float32, n*k), make([]float32, n*k)
				for i := range z {
					z[i] = float32(r.NormFloat64())
					y[i] = 1 / float32(k)
				}
				logits := tensor.New(tensor.WithShape(n, k), tensor.WithBacking(z))
				labels := tensor.New(tensor.WithShape(n, k), tensor.WithBacking(y))
				run := evaluation(logits, labels)
				if bc.loss != nil {
					run = machine(b, bc.loss, logits, labels)
				}
				b.SetBytes(int64(n * k * 4))
				b.ReportAllocs()
				for b.Loop() {
					if err := run(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// evaluation returns loss and gradient without a graph.
func evaluation(logits, labels *tensor.Dense) (run func() error) {
	out := losses.Outputs{Loss: tensor.New(tensor.FromScalar(float32(0))), Grad: logits.Clone().(*tensor.Dense)}
	return func() error { return losses.Criterion{}.EvalInto(out, losses.Inputs{Logits: logits, Target: labels}) }
}

// machine returns a run of a graph of the loss and its gradient.
func machine(b *testing.B, loss func(logits, labels *G.Node) (*G.Node, error), logits, labels *tensor.Dense) (
	run func() error) {
	g := G.NewGraph()
	x := G.NewMatrix(g, logits.Dtype(), G.WithShape(logits.Shape()...), G.WithName("x"), G.WithValue(logits))
	y := G.NewMatrix(g, labels.Dtype(), G.WithShape(labels.Shape()...), G.WithName("y"), G.WithValue(labels))
	z, err := through(x)
	require.NoError(b, err)
	cost, err := loss(z, y)
	require.NoError(b, err)
	_, err = G.Grad(cost, x)
	require.NoError(b, err)
	vm := G.NewTapeMachine(g)
	b.Cleanup(func() { vm.Close() })
	return func() error {
		defer vm.Reset()
		return vm.RunAll()
	}
}
