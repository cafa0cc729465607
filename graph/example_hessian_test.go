package graph_test

import (
	"fmt"
	"log"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/graph"
	"softloss/losses"
)

// The curvature of a linear classifier's loss along a direction of its weights. Gorgonia's Grad of
// a Grad in one graph would return the gradient again.
func ExampleHessianVector() {
	g := gorgonia.NewGraph()
	x := gorgonia.NewMatrix(g, tensor.Float64, gorgonia.WithName("x"), gorgonia.WithShape(2, 2),
		gorgonia.WithValue(tensor.New(tensor.WithShape(2, 2), tensor.WithBacking([]float64{1, 0, 1, 2}))))
	w := gorgonia.NewMatrix(g, tensor.Float64, gorgonia.WithName("w"), gorgonia.WithShape(2, 3),
		gorgonia.WithInit(gorgonia.Zeroes()))
	logits := gorgonia.Must(gorgonia.Mul(x, w))
	index := tensor.New(tensor.WithShape(2), tensor.WithBacking([]int{0, 2}))
	cost, err := graph.Apply(losses.Criterion{}, logits, index)
	if err != nil {
		log.Fatal(err)
	}
	v := tensor.New(tensor.WithShape(2, 3), tensor.WithBacking([]float64{3, 0, 0, 0, 0, 3}))
	h, err := graph.HessianVector(cost, gorgonia.Nodes{w}, []*tensor.Dense{v})
	if err != nil {
		log.Fatal(err)
	}
	vm := gorgonia.NewTapeMachine(h.Graph)
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("gradient %.3f\n", h.GradientValues[0].Data())
	fmt.Printf("product  %.3f\n", h.ProductValues[0].Data())
	// Output:
	// gradient [-0.167 0.333 -0.167 0.333 0.333 -0.667]
	// product  [0.333 -0.667 0.333 0.000 -1.000 1.000]
}
