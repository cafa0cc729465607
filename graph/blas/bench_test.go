package blas

import (
	"fmt"
	"testing"

	"gonum.org/v1/gonum/blas/gonum"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/graph"
	"softloss/losses"
)

// BenchmarkTraining measures a step of training, forward, backward and Adam, of Gorgonia models on
// images of 28×28, with gonum's products and with this package's.
func BenchmarkTraining(b *testing.B) {
	defer tensor.Use(gonum.Implementation{})
	for _, m := range []struct {
		name  string
		model func(x *gorgonia.Node) (logits *gorgonia.Node, params gorgonia.Nodes)
	}{{"mlp", perceptron}, {"convnet", convnet}} {
		for _, implementation := range []struct {
			name string
			use  tensor.BLAS
		}{{"gonum", gonum.Implementation{}}, {"softloss", Implementation{}}} {
			b.Run(fmt.Sprintf("model=%s/blas=%s", m.name, implementation.name), func(b *testing.B) {
				tensor.Use(implementation.use)
				benchmarkTraining(b, m.model)
			})
		}
	}
}

func benchmarkTraining(b *testing.B, model func(x *gorgonia.Node) (logits *gorgonia.Node, params gorgonia.Nodes)) {
	const n = 64
	g := gorgonia.NewGraph()
	x := newTensor(g, "x", n, 1, 28, 28)
	logits, params := model(x)
	index := make([]int, n)
	for i := range index {
		index[i] = i % 10
	}
	cost, err := graph.Apply(losses.Criterion{}, logits, tensor.New(tensor.WithBacking(index)))
	if err != nil {
		b.Fatal(err)
	}
	if _, err := gorgonia.Grad(cost, params...); err != nil {
		b.Fatal(err)
	}
	vm := gorgonia.NewTapeMachine(g, gorgonia.BindDualValues(params...))
	defer vm.Close()
	solver := gorgonia.NewAdamSolver()
	for b.Loop() {
		if err := vm.RunAll(); err != nil {
			b.Fatal(err)
		}
		if err := solver.Step(gorgonia.NodesToValueGrads(params)); err != nil {
			b.Fatal(err)
		}
		vm.Reset()
	}
}

// perceptron is 784-128-10.
func perceptron(x *gorgonia.Node) (logits *gorgonia.Node, params gorgonia.Nodes) {
	w, v := newTensor(x.Graph(), "w", 784, 128), newTensor(x.Graph(), "v", 128, 10)
	must := gorgonia.Must
	flat := must(gorgonia.Reshape(x, tensor.Shape{x.Shape()[0], 784}))
	h := must(gorgonia.Rectify(must(gorgonia.Mul(flat, w))))
	return must(gorgonia.Mul(h, v)), gorgonia.Nodes{w, v}
}

// convnet has two convolutions with 16 and 32 filters of 3×3, each with a pooling behind it, and a
// layer to ten classes.
func convnet(x *gorgonia.Node) (logits *gorgonia.Node, params gorgonia.Nodes) {
	f, h, w := newTensor(x.Graph(), "f", 16, 1, 3, 3), newTensor(x.Graph(), "h", 32, 16, 3, 3),
		newTensor(x.Graph(), "w", 32*7*7, 10)
	must := gorgonia.Must
	one, two, none := []int{1, 1}, []int{2, 2}, []int{0, 0}
	for _, filters := range []*gorgonia.Node{f, h} {
		x = must(gorgonia.Rectify(must(gorgonia.Conv2d(x, filters, tensor.Shape{3, 3}, one, one, one))))
		x = must(gorgonia.MaxPool2D(x, tensor.Shape{2, 2}, none, two))
	}
	flat := must(gorgonia.Reshape(x, tensor.Shape{x.Shape()[0], 32 * 7 * 7}))
	return must(gorgonia.Mul(flat, w)), gorgonia.Nodes{f, h, w}
}

// newTensor returns an input of small float32 numbers.
func newTensor(g *gorgonia.ExprGraph, name string, shape ...int) *gorgonia.Node {
	x := random[float32](tensor.Shape(shape).TotalSize())
	for i := range x {
		x[i] *= 0.05
	}
	return gorgonia.NewTensor(g, tensor.Float32, len(shape), gorgonia.WithName(name), gorgonia.WithShape(shape...),
		gorgonia.WithValue(tensor.New(tensor.WithShape(shape...), tensor.WithBacking(x))))
}
