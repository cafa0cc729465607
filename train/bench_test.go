package train

import (
	"context"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/graph"
	"softloss/losses"
	"softloss/train/dataset"
)

// BenchmarkStep is one mini-batch of the default network on digits (64-256-10, batch 64): run is loss and gradients, step the
// same with Adam. layers=own is this package; the others compose the layers from Gorgonia's pieces.
func BenchmarkStep(b *testing.B) {
	set, err := dataset.Digits()
	if err != nil {
		b.Fatal(err)
	}
	rows := make([]int, 64)
	for i := range rows {
		rows[i] = i
	}
	c := losses.SoftLabelCriterion(0.1, losses.Mean)
	for _, layers := range []string{"own", "mul", "broadcast"} {
		for _, adam := range []bool{false, true} {
			name := map[bool]string{false: "/run", true: "/step"}[adam]
			b.Run("layers="+layers+name, func(b *testing.B) {
				m := newModel([]int{64, 256, 10}, 1)
				n, err := newNetwork(m, c, 64, 1e-3)
				if layers != "own" {
					n, err = gorgoniaNetwork(m, c, 64, layers == "broadcast")
				}
				if err != nil {
					b.Fatal(err)
				}
				b.ReportAllocs()
				for b.Loop() {
					if err := n.load(set, rows, nil); err != nil {
						b.Fatal(err)
					}
					if _, err := n.run(); err != nil {
						b.Fatal(err)
					}
					if !adam {
						continue
					}
					if err := n.step(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// gorgoniaNetwork is newNetwork from Gorgonia's own pieces: the bias by BroadcastAdd, or as the product of a column of ones with it.
func gorgoniaNetwork(m *Model, c losses.Criterion, rows int, broadcast bool) (*network, error) {
	g := gorgonia.NewGraph()
	input := func(name string, t *tensor.Dense) *gorgonia.Node {
		return gorgonia.NewTensor(g, tensor.Float32, t.Dims(), gorgonia.WithShape(t.Shape().Clone()...), gorgonia.WithName(name), gorgonia.WithValue(t))
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
	loss, err := graph.ApplyWith(c, h, input("labels", n.labels), graph.Options{SampleWeights: input("weights", n.weights)})
	if err != nil {
		return nil, err
	}
	gorgonia.Read(loss, &n.value)
	if _, err := gorgonia.Grad(loss, params...); err != nil {
		return nil, err
	}
	n.vm = gorgonia.NewTapeMachine(g, gorgonia.BindDualValues(params...))
	n.params, n.adam = gorgonia.NodesToValueGrads(params), gorgonia.NewAdamSolver()
	return n, nil
}

// BenchmarkEpoch is an epoch of the default run on the digits' training part: 1258 rows, 20 batches.
func BenchmarkEpoch(b *testing.B) {
	set, err := dataset.Digits()
	if err != nil {
		b.Fatal(err)
	}
	trainSet, _, err := set.Split(0.3, 1)
	if err != nil {
		b.Fatal(err)
	}
	cfg := Config{Epochs: b.N, Criterion: losses.SoftLabelCriterion(0.1, losses.Mean)}
	b.ReportAllocs()
	if _, _, err := Fit(context.Background(), cfg, trainSet, nil, nil); err != nil {
		b.Fatal(err)
	}
}
