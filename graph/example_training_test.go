package graph_test

import (
	"fmt"
	"log"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/graph"
	"softloss/losses"
)

// layers are the weights of a classifier of two layers. Graphs of any batch size stand on them.
type layers struct{ w, v []float64 }

// network is a graph that turns n rows of features into logits.
type network struct {
	graph     *gorgonia.ExprGraph
	x, logits *gorgonia.Node
	weights   gorgonia.Nodes
}

// on returns a network for batches of n rows. Each graph has tensors of its own over the same
// numbers: Gorgonia's Mul transposes tensors in place.
func (l layers) on(n int) network {
	g := gorgonia.NewGraph()
	matrix := func(name string, rows, cols int, numbers []float64) *gorgonia.Node {
		return gorgonia.NewMatrix(g, tensor.Float64, gorgonia.WithName(name), gorgonia.WithShape(rows, cols),
			gorgonia.WithValue(tensor.New(tensor.WithShape(rows, cols), tensor.WithBacking(numbers))))
	}
	x, w, v := matrix("x", n, 3, make([]float64, 3*n)), matrix("w", 3, 4, l.w), matrix("v", 4, 3, l.v)
	hidden := gorgonia.Must(gorgonia.Tanh(gorgonia.Must(gorgonia.Mul(x, w))))
	return network{graph: g, x: x, logits: gorgonia.Must(gorgonia.Mul(hidden, v)), weights: gorgonia.Nodes{w, v}}
}

// rows returns the features of rows of three classes, a constant 1 among them, and the classes: i
// modulo 3.
func rows(from, to int) (x []float64, y []int) {
	for i := from; i < to; i++ {
		class := i % 3
		x = append(x, float64(class)+0.2*float64(i%5), float64(class*class)-0.1*float64(i%7), 1)
		y = append(y, class)
	}
	return x, y
}

// Training: mini-batches by Let, the last one padded, and between the epochs a validation on a
// second graph with the same weights, which gives loss, probabilities and accuracy.
func Example_training() {
	const n, batch, validation = 28, 8, 12
	l := layers{w: make([]float64, 12), v: make([]float64, 12)}
	for i := range l.w {
		l.w[i], l.v[i] = 0.3*float64(i%5-2), 0.2*float64(i%7-3)
	}

	// The graph to train on, with a weight a row for the padding.
	net := l.on(batch)
	index := gorgonia.NewVector(net.graph, tensor.Int, gorgonia.WithName("index"), gorgonia.WithShape(batch))
	kept := gorgonia.NewVector(net.graph, tensor.Float64, gorgonia.WithName("kept"), gorgonia.WithShape(batch))
	cost, err := graph.ApplyWith(losses.Criterion{Smoothing: losses.Smoothing{Alpha: 0.05}}, net.logits, index,
		graph.Options{SampleWeights: kept})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := gorgonia.Grad(cost, net.weights...); err != nil {
		log.Fatal(err)
	}
	vm := gorgonia.NewTapeMachine(net.graph, gorgonia.BindDualValues(net.weights...))
	defer vm.Close()
	solver := gorgonia.NewAdamSolver(gorgonia.WithLearnRate(0.05))

	// The graph to validate and to predict with.
	vx, vy := rows(n, n+validation)
	test := l.on(validation)
	truth := tensor.New(tensor.WithBacking(vy))
	loss, err := graph.Apply(losses.Criterion{}, test.logits, truth)
	if err != nil {
		log.Fatal(err)
	}
	probs, err := graph.Softmax(test.logits) // beside the loss, not in front of it
	if err != nil {
		log.Fatal(err)
	}
	var lossValue, probsValue gorgonia.Value
	gorgonia.Read(loss, &lossValue)
	gorgonia.Read(probs, &probsValue)
	predict := gorgonia.NewTapeMachine(test.graph)
	defer predict.Close()
	if err := gorgonia.Let(test.x, tensor.New(tensor.WithShape(validation, 3), tensor.WithBacking(vx))); err != nil {
		log.Fatal(err)
	}

	for epoch := range 41 {
		if epoch%20 == 0 {
			if err := predict.RunAll(); err != nil {
				log.Fatal(err)
			}
			fmt.Printf("epoch %2d: loss %.2f, accuracy %.2f\n", epoch, lossValue.Data(),
				accuracy(probsValue.Data().([]float64), vy))
			predict.Reset()
		}
		for from := 0; from < n; from += batch {
			x, y := rows(from, min(from+batch, n))
			weights := make([]float64, batch)
			for i := range y {
				weights[i] = 1
			}
			x, y = append(x, make([]float64, 3*(batch-len(y)))...), append(y, make([]int, batch-len(y))...)
			for node, value := range map[*gorgonia.Node]*tensor.Dense{
				net.x: tensor.New(tensor.WithShape(batch, 3), tensor.WithBacking(x)),
				index: tensor.New(tensor.WithBacking(y)),
				kept:  tensor.New(tensor.WithBacking(weights)),
			} {
				if err := gorgonia.Let(node, value); err != nil {
					log.Fatal(err)
				}
			}
			if err := vm.RunAll(); err != nil {
				log.Fatal(graph.Cause(err))
			}
			if err := solver.Step(gorgonia.NodesToValueGrads(net.weights)); err != nil {
				log.Fatal(err)
			}
			vm.Reset()
		}
	}
	fmt.Printf("a row of class %d: %.1f\n", vy[0], probsValue.Data().([]float64)[:3])
	// Output:
	// epoch  0: loss 1.10, accuracy 0.33
	// epoch 20: loss 0.04, accuracy 1.00
	// epoch 40: loss 0.04, accuracy 1.00
	// a row of class 1: [0.0 1.0 0.0]
}

// accuracy returns the share of rows whose class has the largest of three probabilities.
func accuracy(probs []float64, y []int) float64 {
	right := 0
	for i, class := range y {
		row := probs[3*i : 3*i+3]
		best := 0
		for k := range row {
			if row[k] > row[best] {
				best = k
			}
		}
		if best == class {
			right++
		}
	}
	return float64(right) / float64(len(y))
}
