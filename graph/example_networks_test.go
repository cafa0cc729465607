package graph_test

import (
	"fmt"
	"log"
	"math"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/graph"
	"softloss/losses"
)

// weight is an input of small fixed numbers, which stand for random ones.
func weight(g *gorgonia.ExprGraph, name string, shape ...int) *gorgonia.Node {
	x := make([]float64, tensor.Shape(shape).TotalSize())
	for i := range x {
		x[i] = 0.4 * math.Sin(float64(7*i+len(name)+shape[0]))
	}
	return inputOf(g, name, x, shape...)
}

// inputOf is an input that holds x.
func inputOf(g *gorgonia.ExprGraph, name string, x []float64, shape ...int) *gorgonia.Node {
	return gorgonia.NewTensor(g, tensor.Float64, len(shape), gorgonia.WithName(name), gorgonia.WithShape(shape...),
		gorgonia.WithValue(tensor.New(tensor.WithShape(shape...), tensor.WithBacking(x))))
}

// train runs steps of Adam on a cost and prints it before the first and after the last.
func train(cost *gorgonia.Node, steps int, weights ...*gorgonia.Node) {
	if _, err := gorgonia.Grad(cost, weights...); err != nil {
		log.Fatal(err)
	}
	var value gorgonia.Value
	gorgonia.Read(cost, &value)
	vm := gorgonia.NewTapeMachine(cost.Graph(), gorgonia.BindDualValues(weights...))
	defer vm.Close()
	solver := gorgonia.NewAdamSolver(gorgonia.WithLearnRate(0.1))
	for i := range steps {
		if err := vm.RunAll(); err != nil {
			log.Fatal(graph.Cause(err))
		}
		if i == 0 || i == steps-1 {
			fmt.Printf("step %d: %.2f\n", i, value.Data())
		}
		if err := solver.Step(gorgonia.NodesToValueGrads(weights)); err != nil {
			log.Fatal(err)
		}
		vm.Reset()
	}
}

// A convolutional network: the loss takes the logits of its last layer.
func Example_convnet() {
	const n, size, filters, classes = 4, 6, 4, 2
	g := gorgonia.NewGraph()
	images := make([]float64, n*size*size) // a line, down or across
	for i := range n {
		for j := range size {
			at := i*size*size + j*size + i/2 + 1
			if i%2 == 1 {
				at = i*size*size + (i/2+1)*size + j
			}
			images[at] = 1
		}
	}
	x := inputOf(g, "images", images, n, 1, size, size)
	filter, dense := weight(g, "filter", filters, 1, 3, 3), weight(g, "dense", filters*2*2, classes)
	c := gorgonia.Must(gorgonia.Conv2d(x, filter, tensor.Shape{3, 3}, []int{0, 0}, []int{1, 1}, []int{1, 1}))
	pooled := gorgonia.Must(gorgonia.MaxPool2D(gorgonia.Must(gorgonia.Rectify(c)), tensor.Shape{2, 2}, []int{0, 0},
		[]int{2, 2}))
	logits := gorgonia.Must(gorgonia.Mul(gorgonia.Must(gorgonia.Reshape(pooled, tensor.Shape{n, filters * 2 * 2})),
		dense))

	loss, err := graph.LabelSmoothingCrossEntropy(logits, tensor.New(tensor.WithBacking([]uint8{0, 1, 0, 1})), 0.01,
		losses.Mean)
	if err != nil {
		log.Fatal(err)
	}
	train(loss, 100, filter, dense)
	// Output:
	// step 0: 0.84
	// step 99: 0.03
}

// A recurrent network with a loss a step. A mask, one sample weight a row and step, ends the
// shorter sequence; what costs is divided by the number of steps that count.
func Example_lstm() {
	const n, steps, symbols, hidden = 2, 4, 3, 6
	g := gorgonia.NewGraph()
	gates := map[string][3]*gorgonia.Node{}
	var weights gorgonia.Nodes
	for _, gate := range []string{"input", "forget", "output", "new"} {
		w := [3]*gorgonia.Node{weight(g, gate+"x", symbols, hidden), weight(g, gate+"h", hidden, hidden),
			weight(g, gate+"b", 1, hidden)}
		gates[gate], weights = w, append(weights, w[:]...)
	}
	out := weight(g, "out", hidden, symbols)
	weights = append(weights, out)

	must := gorgonia.Must
	h := inputOf(g, "h0", make([]float64, n*hidden), n, hidden)
	c := inputOf(g, "c0", make([]float64, n*hidden), n, hidden)
	sequences := [n][steps + 1]int{{0, 1, 2, 0, 1}, {2, 2, 1, 0, 0}}
	mask := [steps][]float64{{1, 1}, {1, 1}, {1, 0}, {1, 0}}
	var cost *gorgonia.Node
	for step := range steps {
		x, next := make([]float64, n*symbols), make([]int, n)
		for i, s := range sequences {
			x[i*symbols+s[step]], next[i] = 1, s[step+1]
		}
		in := inputOf(g, fmt.Sprint("x", step), x, n, symbols)
		gate := func(name string, f func(*gorgonia.Node) (*gorgonia.Node, error)) *gorgonia.Node {
			w := gates[name]
			z := must(gorgonia.Add(must(gorgonia.Mul(in, w[0])), must(gorgonia.Mul(h, w[1]))))
			return must(f(must(gorgonia.BroadcastAdd(z, w[2], nil, []byte{0}))))
		}
		c = must(gorgonia.Add(must(gorgonia.HadamardProd(gate("forget", gorgonia.Sigmoid), c)),
			must(gorgonia.HadamardProd(gate("input", gorgonia.Sigmoid), gate("new", gorgonia.Tanh)))))
		h = must(gorgonia.HadamardProd(gate("output", gorgonia.Sigmoid), must(gorgonia.Tanh(c))))
		l, err := graph.ApplyWith(losses.Criterion{Reduction: losses.Sum}, must(gorgonia.Mul(h, out)),
			tensor.New(tensor.WithBacking(next)),
			graph.Options{SampleWeights: inputOf(g, fmt.Sprint("mask", step), mask[step], n)})
		if err != nil {
			log.Fatal(err)
		}
		if cost == nil {
			cost = l
		} else {
			cost = must(gorgonia.Add(cost, l))
		}
	}
	kept := gorgonia.NewScalar(g, tensor.Float64, gorgonia.WithName("kept"), gorgonia.WithValue(6.0))
	train(must(gorgonia.Div(cost, kept)), 60, weights...)
	// Output:
	// step 0: 1.10
	// step 59: 0.00
}

// Two heads on one trunk: Grad once, of the sum of the costs.
func Example_twoHeads() {
	g := gorgonia.NewGraph()
	x := inputOf(g, "x", []float64{1, 0, 0, 1, 1, 1}, 3, 2)
	trunk, species, size := weight(g, "trunk", 2, 4), weight(g, "species", 4, 3), weight(g, "size", 4, 2)
	hidden := gorgonia.Must(gorgonia.Tanh(gorgonia.Must(gorgonia.Mul(x, trunk))))

	a, err := graph.Apply(losses.Criterion{}, gorgonia.Must(gorgonia.Mul(hidden, species)),
		tensor.New(tensor.WithBacking([]int{0, 1, 2})))
	if err != nil {
		log.Fatal(err)
	}
	b, err := graph.Apply(losses.Criterion{Loss: losses.GCE{Q: 0.7}}, gorgonia.Must(gorgonia.Mul(hidden, size)),
		tensor.New(tensor.WithBacking([]int{0, 0, 1})))
	if err != nil {
		log.Fatal(err)
	}
	train(gorgonia.Must(gorgonia.Add(a, b)), 60, trunk, species, size)
	// Output:
	// step 0: 1.65
	// step 59: 0.00
}
