package blas_test

import (
	"fmt"
	"log"

	"gonum.org/v1/gonum/blas/gonum"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/graph"
	"softloss/graph/blas"
	"softloss/losses"
)

// A small convolutional network with a perceptron of two layers on top learns to tell horizontal
// bars from vertical ones. All products in it, those of the convolution too, are this package's.
func ExampleImplementation() {
	tensor.Use(blas.Implementation{})
	defer tensor.Use(gonum.Implementation{})

	const n, side = 16, 8
	g := gorgonia.NewGraph()
	x := gorgonia.NewTensor(g, tensor.Float32, 4, gorgonia.WithName("x"), gorgonia.WithValue(bars(n, side)))
	param := func(name string, init gorgonia.InitWFn, shape ...int) *gorgonia.Node {
		return gorgonia.NewTensor(g, tensor.Float32, len(shape), gorgonia.WithName(name), gorgonia.WithShape(shape...),
			gorgonia.WithInit(init))
	}
	filters := param("filters", ramp(0.3), 4, 1, 3, 3)
	hidden := param("hidden", ramp(0.1), 4*side*side, 8)
	output := param("output", ramp(0.3), 8, 2)
	params := gorgonia.Nodes{filters, hidden, output}

	must := gorgonia.Must
	one := []int{1, 1} // padding, stride and dilation
	h := must(gorgonia.Conv2d(x, filters, tensor.Shape{3, 3}, one, one, one))
	h = must(gorgonia.Rectify(h))
	h = must(gorgonia.Reshape(h, tensor.Shape{n, 4 * side * side}))
	h = must(gorgonia.Rectify(must(gorgonia.Mul(h, hidden))))
	logits := must(gorgonia.Mul(h, output))

	index := tensor.New(tensor.Of(tensor.Int), tensor.WithShape(n))
	for i := range n {
		index.Set(i, i%2)
	}
	loss, err := graph.Apply(losses.Criterion{}, logits, index)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := gorgonia.Grad(loss, params...); err != nil {
		log.Fatal(err)
	}
	vm := gorgonia.NewTapeMachine(g, gorgonia.BindDualValues(params...))
	defer vm.Close()
	solver := gorgonia.NewVanillaSolver(gorgonia.WithLearnRate(0.5))
	for step := range 41 {
		if err := vm.RunAll(); err != nil {
			log.Fatal(err)
		}
		if step%10 == 0 {
			fmt.Printf("step %2d: loss %.2f\n", step, loss.Value().Data())
		}
		if err := solver.Step(gorgonia.NodesToValueGrads(params)); err != nil {
			log.Fatal(err)
		}
		vm.Reset()
	}
	// Output:
	// step  0: loss 0.69
	// step 10: loss 0.63
	// step 20: loss 0.27
	// step 30: loss 0.07
	// step 40: loss 0.05
}

// bars returns n images [n, 1, side, side]: horizontal bars in those with even numbers, vertical
// ones in the others, each in another place.
func bars(n, side int) *tensor.Dense {
	data := make([]float32, n*side*side)
	for i := range n {
		at := i / 2 % side
		for j := range side {
			if i%2 == 0 {
				data[(i*side+at)*side+j] = 1
			} else {
				data[(i*side+j)*side+at] = 1
			}
		}
	}
	return tensor.New(tensor.WithShape(n, 1, side, side), tensor.WithBacking(data))
}

// ramp returns numbers between -scale and scale without any order to speak of, and without a seed.
func ramp(scale float32) gorgonia.InitWFn {
	return func(dt tensor.Dtype, shape ...int) any {
		data := make([]float32, tensor.Shape(shape).TotalSize())
		for i := range data {
			data[i] = scale * (float32(i*37%101)/50 - 1)
		}
		return data
	}
}
