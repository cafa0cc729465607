package graph_test

import (
	"errors"
	"fmt"
	"log"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/graph"
	"softloss/losses"
)

// A linear classifier learns from soft labels: three steps of gradient descent.
func Example() {
	g := gorgonia.NewGraph()
	x := gorgonia.NewMatrix(g, tensor.Float64, gorgonia.WithName("x"), gorgonia.WithShape(2, 2),
		gorgonia.WithValue(tensor.New(tensor.WithShape(2, 2), tensor.WithBacking([]float64{1, 0, 0, 1}))))
	w := gorgonia.NewMatrix(g, tensor.Float64, gorgonia.WithName("w"), gorgonia.WithShape(2, 3),
		gorgonia.WithInit(gorgonia.Zeroes()))
	labels := tensor.New(tensor.WithShape(2, 3), tensor.WithBacking([]float64{0.7, 0.3, 0, 0, 0, 1}))

	logits := gorgonia.Must(gorgonia.Mul(x, w))
	loss, err := graph.SoftLabelCrossEntropyWithLogits(logits, labels, 0.1, losses.Mean)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := gorgonia.Grad(loss, w); err != nil {
		log.Fatal(err)
	}
	var value gorgonia.Value
	gorgonia.Read(loss, &value)
	vm := gorgonia.NewTapeMachine(g, gorgonia.BindDualValues(w))
	defer vm.Close()
	solver := gorgonia.NewVanillaSolver(gorgonia.WithLearnRate(1))
	for range 3 {
		if err := vm.RunAll(); err != nil {
			log.Fatal(err)
		}
		fmt.Printf("loss %.4f\n", value.Data())
		if err := solver.Step(gorgonia.NodesToValueGrads(gorgonia.Nodes{w})); err != nil {
			log.Fatal(err)
		}
		vm.Reset()
	}
	// Output:
	// loss 1.0986
	// loss 0.9261
	// loss 0.8092
}

// The target may be an index of classes, the loss any of package losses.
func ExampleApply() {
	g := gorgonia.NewGraph()
	logits := gorgonia.NewMatrix(g, tensor.Float32, gorgonia.WithName("logits"), gorgonia.WithShape(2, 3),
		gorgonia.WithValue(tensor.New(tensor.WithShape(2, 3), tensor.WithBacking([]float32{2, 0, 0, 0, 1, 0}))))
	index := tensor.New(tensor.WithShape(2), tensor.WithBacking([]int{0, 2}))

	loss, err := graph.Apply(losses.Criterion{Loss: losses.MAE{}}, logits, index)
	if err != nil {
		log.Fatal(err)
	}
	grads, err := gorgonia.Grad(loss, logits)
	if err != nil {
		log.Fatal(err)
	}
	var value, grad gorgonia.Value
	gorgonia.Read(loss, &value)
	gorgonia.Read(grads[0], &grad)
	vm := gorgonia.NewTapeMachine(g)
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.3f\n%.3f", value, grad)
	// Output:
	// 1.001
	// ⎡-0.168   0.084   0.084⎤
	// ⎣ 0.045   0.122  -0.167⎦
}

// A smaller last batch is padded; rows of weight 0 count for nothing.
func ExampleApplyWith() {
	g := gorgonia.NewGraph()
	logits := gorgonia.NewMatrix(g, tensor.Float64, gorgonia.WithName("logits"), gorgonia.WithShape(3, 2),
		gorgonia.WithValue(tensor.New(tensor.WithShape(3, 2), tensor.WithBacking([]float64{1, 0, 0, 1, 0, 0}))))
	weights := gorgonia.NewVector(g, tensor.Float64, gorgonia.WithName("weights"), gorgonia.WithShape(3),
		gorgonia.WithValue(tensor.New(tensor.WithShape(3), tensor.WithBacking([]float64{1, 1, 0}))))
	index := tensor.New(tensor.WithShape(3), tensor.WithBacking([]int{0, 1, -1}))

	loss, err := graph.ApplyWith(losses.Criterion{}, logits, index, graph.Options{SampleWeights: weights})
	if err != nil {
		log.Fatal(err)
	}
	var value gorgonia.Value
	gorgonia.Read(loss, &value)
	vm := gorgonia.NewTapeMachine(g)
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.4f\n", value)
	// Output:
	// 0.3133
}

// One large logit does no harm to other rows, and Softmax and LogSoftmax may share a graph.
func ExampleLogSoftmax() {
	g := gorgonia.NewGraph()
	logits := gorgonia.NewMatrix(g, tensor.Float32, gorgonia.WithName("logits"), gorgonia.WithShape(2, 2),
		gorgonia.WithValue(tensor.New(tensor.WithShape(2, 2), tensor.WithBacking([]float32{1000, 0, 1, 1}))))
	p, err := graph.Softmax(logits)
	if err != nil {
		log.Fatal(err)
	}
	l, err := graph.LogSoftmax(logits)
	if err != nil {
		log.Fatal(err)
	}
	var probs, logs gorgonia.Value
	gorgonia.Read(p, &probs)
	gorgonia.Read(l, &logs)
	vm := gorgonia.NewTapeMachine(g)
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		log.Fatal(err)
	}
	fmt.Println(probs.Data())
	fmt.Println(logs.Data())
	// Output:
	// [1 0 0.5 0.5]
	// [0 -1000 -0.6931472 -0.6931472]
}

// What is wrong with the data is the error of a run; Cause takes the machine's wrapping off.
func ExampleCause() {
	g := gorgonia.NewGraph()
	logits := gorgonia.NewMatrix(g, tensor.Float64, gorgonia.WithName("logits"), gorgonia.WithShape(2, 2),
		gorgonia.WithInit(gorgonia.Zeroes()))
	labels := tensor.New(tensor.WithShape(2, 2), tensor.WithBacking([]float64{1, 0, 1.2, -0.2}))
	if _, err := graph.Apply(losses.Criterion{}, logits, labels); err != nil {
		log.Fatal(err)
	}
	vm := gorgonia.NewTapeMachine(g)
	defer vm.Close()
	err := graph.Cause(vm.RunAll())
	fmt.Println(errors.Is(err, losses.ErrLabel))
	var e *losses.Error
	if errors.As(err, &e) {
		fmt.Println(e)
	}
	// Output:
	// true
	// losses: labels: row 1 column 1: -0.2 is negative, want a finite number >= 0
}
