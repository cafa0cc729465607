package train

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/graph"
	"softloss/losses"
	"softloss/train/dataset"
)

// BenchmarkStep is one mini-batch of the default network on digits (64-256-10, batch 64): loss,
// gradients and Adam's step. What is "own" is this package's; the others compose the layers from
// Gorgonia's pieces, run on its tape machine and use its solver.
func BenchmarkStep(b *testing.B) {
	set, err := dataset.Digits()
	if err != nil {
		b.Fatal(err)
	}
	rows := allRows(64)
	c := losses.SoftLabelCriterion(0.1, losses.Mean)
	for _, own := range []struct{ machine, adam string }{{"own", "none"}, {"gorgonia", "own"}, {"own", "own"}} {
		b.Run(fmt.Sprintf("layers=own/machine=%s/adam=%s", own.machine, own.adam), func(b *testing.B) {
			m := newModel([]int{64, 256, 10}, 1)
			n, err := newNetwork(m, c, 64, purpose{train: true})
			if err != nil {
				b.Fatal(err)
			}
			if own.machine == "gorgonia" {
				gorgonia.Read(n.loss, &n.value)
				n.vm = gorgonia.NewTapeMachine(n.graph)
				defer n.vm.Close()
			}
			a := newAdam(m, Config{})
			b.ReportAllocs()
			for b.Loop() {
				if err := n.load(set, rows, nil); err != nil {
					b.Fatal(err)
				}
				if _, err := n.run(); err != nil {
					b.Fatal(err)
				}
				if own.adam == "own" {
					a.step(n.grads, 1e-3)
				}
			}
		})
	}
	for _, layers := range []string{"mul", "broadcast"} {
		b.Run("layers="+layers+"/machine=gorgonia/adam=gorgonia", func(b *testing.B) {
			n, params, err := gorgoniaNetwork(newModel([]int{64, 256, 10}, 1), c, 64, layers == "broadcast")
			if err != nil {
				b.Fatal(err)
			}
			solver := gorgonia.NewAdamSolver()
			b.ReportAllocs()
			for b.Loop() {
				if err := n.load(set, rows, nil); err != nil {
					b.Fatal(err)
				}
				if _, err := n.run(); err != nil {
					b.Fatal(err)
				}
				if err := solver.Step(params); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// gorgoniaNetwork is newNetwork from Gorgonia's own pieces: the bias by BroadcastAdd, or as the
// product of a column of ones with it.
func gorgoniaNetwork(m *Model, c losses.Criterion, rows int, broadcast bool) (*network, []gorgonia.ValueGrad, error) {
	g := gorgonia.NewGraph()
	input := func(name string, t *tensor.Dense) *gorgonia.Node {
		return gorgonia.NewTensor(g, tensor.Float32, t.Dims(), gorgonia.WithShape(t.Shape().Clone()...),
			gorgonia.WithName(name), gorgonia.WithValue(t))
	}
	zeros := func(shape ...int) *tensor.Dense {
		return tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(shape...))
	}
	sizes := m.Sizes()
	n := &network{features: zeros(rows, sizes[0]), labels: zeros(rows, sizes[len(sizes)-1]), weights: zeros(rows)}
	column := zeros(rows, 1)
	for i := range column.Float32s() {
		column.Float32s()[i] = 1
	}
	h, ones := input("features", n.features), input("ones", column)
	var params gorgonia.Nodes
	for i, l := range m.layers {
		name := string(rune('a' + i))
		w, bias := input("w"+name, l.Weights), input("b"+name, zeros(1, sizes[i+1]))
		params = append(params, w, bias)
		h = gorgonia.Must(gorgonia.Mul(h, w))
		if broadcast {
			h = gorgonia.Must(gorgonia.BroadcastAdd(h, bias, nil, []byte{0}))
		} else {
			h = gorgonia.Must(gorgonia.Add(h, gorgonia.Must(gorgonia.Mul(ones, bias))))
		}
		if i < len(m.layers)-1 {
			h = gorgonia.Must(gorgonia.Rectify(h))
		}
	}
	loss, err := graph.ApplyWith(c, h, input("labels", n.labels),
		graph.Options{SampleWeights: input("weights", n.weights)})
	if err != nil {
		return nil, nil, err
	}
	gorgonia.Read(loss, &n.value)
	if _, err := gorgonia.Grad(loss, params...); err != nil {
		return nil, nil, err
	}
	n.vm = gorgonia.NewTapeMachine(g, gorgonia.BindDualValues(params...))
	return n, gorgonia.NodesToValueGrads(params), nil
}

// BenchmarkAdam is one step of the optimizer: own, and Gorgonia's on the same tensors.
func BenchmarkAdam(b *testing.B) {
	for _, sizes := range [][]int{{64, 256, 10}, {784, 128, 10}} {
		m := newModel(sizes, 1)
		var grads, kept [][]float32
		var params []gorgonia.ValueGrad
		for _, l := range m.layers {
			for _, t := range []*tensor.Dense{l.Weights, l.Bias} {
				d := t.Clone().(*tensor.Dense)
				grads, params = append(grads, d.Float32s()), append(params, valueGrad{t, d})
				kept = append(kept, slices.Clone(d.Float32s()))
			}
		}
		name := fmt.Sprintf("sizes=%v/", sizes)
		b.Run(name+"own", func(b *testing.B) {
			a := newAdam(m, Config{})
			b.ReportAllocs()
			for b.Loop() {
				a.step(grads, 1e-9)
			}
		})
		b.Run(name+"own-clipped", func(b *testing.B) {
			a := newAdam(m, Config{ClipNorm: 1})
			b.ReportAllocs()
			for b.Loop() {
				a.step(grads, 1e-9)
			}
		})
		b.Run(name+"gorgonia", func(b *testing.B) {
			solver := gorgonia.NewAdamSolver(gorgonia.WithLearnRate(1e-9))
			b.ReportAllocs()
			for b.Loop() {
				// It zeroes the gradients; without new ones its moments become denormal, and 10
				// times as slow.
				for i, g := range kept {
					copy(grads[i], g)
				}
				if err := solver.Step(params); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// valueGrad is a tensor with its gradient, as Gorgonia's solvers want it.
type valueGrad struct{ value, grad *tensor.Dense }

func (v valueGrad) Value() gorgonia.Value         { return v.value }
func (v valueGrad) Grad() (gorgonia.Value, error) { return v.grad, nil }

// BenchmarkEpoch is an epoch of the default run on the digits' training part (1258 rows, 20
// batches), and one of 784-128-10, batch 128, on 6000 random rows, half of whose features are 0, as
// in Fashion-MNIST.
func BenchmarkEpoch(b *testing.B) {
	set, err := dataset.Digits()
	if err != nil {
		b.Fatal(err)
	}
	digits, _, err := set.Split(0.3, 1)
	if err != nil {
		b.Fatal(err)
	}
	fashion := randomSet(6000, 784, 10, 1)
	for i, v := range fashion.Features.Float32s() {
		fashion.Features.Float32s()[i] = max(v, 0)
	}
	for _, c := range []struct {
		name string
		cfg  Config
		set  *dataset.Dataset
	}{
		{"digits-64-256-10", Config{}, digits},
		{"fashion-784-128-10", Config{Hidden: []int{128}, BatchSize: 128}, fashion},
	} {
		b.Run(c.name, func(b *testing.B) {
			c.cfg.Epochs, c.cfg.Criterion = b.N, losses.SoftLabelCriterion(0.1, losses.Mean)
			b.ReportAllocs()
			if _, _, err := Fit(context.Background(), c.cfg, c.set, nil, nil); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// BenchmarkFixedSum is what one process does for the sum of a gradient over shards of 784-128-10:
// the largest numbers, integers of all shards, and back. With as many ranks as shards, each
// has one of them.
func BenchmarkFixedSum(b *testing.B) {
	for _, shards := range []int{1, 4} {
		b.Run(fmt.Sprintf("shards=%d", shards), func(b *testing.B) {
			sizes := []int{784 * 128, 128, 1280, 10}
			x, parts, out := fixedSum{shards: shards}, make([]part, shards), [][]float32(nil)
			for _, n := range sizes {
				for i := range parts {
					t := randomSet(1, n, 2, uint64(i)).Features.Float32s()
					parts[i].numbers, parts[i].tensors = make([]float64, 3), append(parts[i].tensors, t)
				}
				out = append(out, make([]float32, n))
			}
			for b.Loop() {
				if err := x.add(nil, parts, make([]float64, 3), out); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
