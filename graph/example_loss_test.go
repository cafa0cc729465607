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

// Bounded is a loss of one's own: cross entropy that levels off at Limit.
//
//	loss = Limit·tanh(-Σ_k t_k l_k / Limit)
type Bounded struct{ Limit float64 }

// Row implements losses.Loss. The chain rule through the softmax is not its business.
func (b Bounded) Row(r losses.Row) float64 {
	ce := 0.0
	for k, t := range r.Target {
		if t > 0 {
			ce -= t * r.LogP[k]
		}
	}
	y := math.Tanh(ce / b.Limit)
	if r.Grad != nil {
		for k, t := range r.Target {
			r.Grad[k] = -t * (1 - y*y)
		}
	}
	return b.Limit * y
}

// A struct with a method Row works on every target, with every reduction, in a graph and out of it.
func ExampleApply_ownLoss() {
	g := gorgonia.NewGraph()
	logits := gorgonia.NewMatrix(g, tensor.Float64, gorgonia.WithName("logits"), gorgonia.WithShape(2, 2),
		gorgonia.WithValue(tensor.New(tensor.WithShape(2, 2), tensor.WithBacking([]float64{1, 0, 50, 0}))))
	index := tensor.New(tensor.WithShape(2), tensor.WithBacking([]int{0, 1}))

	loss, err := graph.Apply(losses.Criterion{Loss: Bounded{Limit: 3}, Reduction: losses.None}, logits, index)
	if err != nil {
		log.Fatal(err)
	}
	cost := gorgonia.Must(gorgonia.Sum(loss))
	grads, err := gorgonia.Grad(cost, logits)
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
	fmt.Printf("%.4f\n%.4f", value, grad)
	// Output:
	// [0.3121  3.0000]
	// ⎡-0.2660   0.2660⎤
	// ⎣ 0.0000  -0.0000⎦
}
