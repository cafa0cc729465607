package graph_test

import (
	"fmt"
	"log"
	"sync"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/graph"
	"softloss/losses"
)

// A rare class weighs more. WeightedMean divides by the weights, as PyTorch does for an index; Mean
// by the rows.
func Example_classWeights() {
	g := gorgonia.NewGraph()
	logits := gorgonia.NewMatrix(g, tensor.Float64, gorgonia.WithName("logits"), gorgonia.WithShape(4, 2),
		gorgonia.WithInit(gorgonia.Zeroes()))
	index := tensor.New(tensor.WithBacking([]int{0, 0, 0, 1}))
	var values [2]gorgonia.Value
	for i, reduction := range []losses.Reduction{losses.Mean, losses.WeightedMean} {
		loss, err := graph.Apply(losses.Criterion{ClassWeights: []float64{0.5, 3}, Reduction: reduction}, logits, index)
		if err != nil {
			log.Fatal(err)
		}
		gorgonia.Read(loss, &values[i])
	}
	vm := gorgonia.NewTapeMachine(g)
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("Mean %.4f, WeightedMean %.4f\n", values[0].Data(), values[1].Data())
	// Output:
	// Mean 0.7798, WeightedMean 0.6931
}

// Several labels a row: every element is a question of its own. PosWeight makes up for labels that
// are rarely 1.
func Example_multiLabel() {
	g := gorgonia.NewGraph()
	logits := gorgonia.NewMatrix(g, tensor.Float64, gorgonia.WithName("logits"), gorgonia.WithShape(2, 3),
		gorgonia.WithValue(tensor.New(tensor.WithShape(2, 3), tensor.WithBacking([]float64{2, -1, 0, -3, 1, 0}))))
	labels := tensor.New(tensor.WithShape(2, 3), tensor.WithBacking([]float64{1, 0, 1, 0, 1, 0}))
	c := losses.Criterion{Link: losses.SigmoidLink, PosWeight: []float64{1, 1, 5}, Reduction: losses.None}
	loss, err := graph.Apply(c, logits, labels)
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
	fmt.Printf("%.3f\n", value.Data())
	// Output:
	// [0.127 0.313 3.466 0.049 0.313 0.693]
}

// A schedule of the smoothing: the labels are an input, smoothed outside of the graph and let in
// anew when alpha changes. A criterion's own alpha is fixed with its node.
func Example_alphaSchedule() {
	g := gorgonia.NewGraph()
	logits := gorgonia.NewMatrix(g, tensor.Float64, gorgonia.WithName("logits"), gorgonia.WithShape(1, 3),
		gorgonia.WithValue(tensor.New(tensor.WithShape(1, 3), tensor.WithBacking([]float64{3, 0, 0}))))
	labels := gorgonia.NewMatrix(g, tensor.Float64, gorgonia.WithName("labels"), gorgonia.WithShape(1, 3))
	loss, err := graph.Apply(losses.Criterion{}, logits, labels)
	if err != nil {
		log.Fatal(err)
	}
	var value gorgonia.Value
	gorgonia.Read(loss, &value)
	vm := gorgonia.NewTapeMachine(g)
	defer vm.Close()

	hard := tensor.New(tensor.WithShape(1, 3), tensor.WithBacking([]float64{1, 0, 0}))
	for _, alpha := range []float64{0.3, 0.15, 0} {
		soft, err := losses.Smoothing{Alpha: alpha}.Apply(hard)
		if err != nil {
			log.Fatal(err)
		}
		if err := gorgonia.Let(labels, soft); err != nil {
			log.Fatal(err)
		}
		if err := vm.RunAll(); err != nil {
			log.Fatal(graph.Cause(err))
		}
		fmt.Printf("alpha %.2f: %.4f\n", alpha, value.Data())
		vm.Reset()
	}
	// Output:
	// alpha 0.30: 0.6949
	// alpha 0.15: 0.3949
	// alpha 0.00: 0.0949
}

// Several goroutines, each with a graph, a machine and tensors of its own. The graphs are built one
// after the other; the weights are one array of numbers.
func Example_goroutines() {
	weights := []float64{1, 0, -1, 0.5, 2, 0}
	const workers = 3
	var values [workers]gorgonia.Value
	var machines [workers]gorgonia.VM
	for i := range workers {
		g := gorgonia.NewGraph()
		x := gorgonia.NewMatrix(g, tensor.Float64, gorgonia.WithName("x"), gorgonia.WithShape(1, 2),
			gorgonia.WithValue(tensor.New(tensor.WithShape(1, 2), tensor.WithBacking([]float64{float64(i), 1}))))
		w := gorgonia.NewMatrix(g, tensor.Float64, gorgonia.WithName("w"), gorgonia.WithShape(2, 3),
			gorgonia.WithValue(tensor.New(tensor.WithShape(2, 3), tensor.WithBacking(weights))))
		loss, err := graph.Apply(losses.Criterion{}, gorgonia.Must(gorgonia.Mul(x, w)),
			tensor.New(tensor.WithShape(1), tensor.WithBacking([]int{0})))
		if err != nil {
			log.Fatal(err)
		}
		gorgonia.Read(loss, &values[i])
		machines[i] = gorgonia.NewTapeMachine(g)
	}
	var wg sync.WaitGroup
	var errs [workers]error
	for i, vm := range machines {
		wg.Go(func() { errs[i] = vm.RunAll() })
	}
	wg.Wait()
	for i, vm := range machines {
		if errs[i] != nil {
			log.Fatal(errs[i])
		}
		fmt.Printf("%.4f\n", values[i].Data())
		vm.Close()
	}
	// Output:
	// 1.8064
	// 1.0046
	// 0.4810
}

// Two views of three images: with the number of the image as the index SupCon is SimCLR's loss.
func ExampleSupCon() {
	g := gorgonia.NewGraph()
	views := gorgonia.NewMatrix(g, tensor.Float64, gorgonia.WithName("views"), gorgonia.WithShape(6, 2),
		gorgonia.WithValue(tensor.New(tensor.WithShape(6, 2),
			tensor.WithBacking([]float64{1, 0, 0, 1, -1, 0, 2, 0.2, 0.1, 1, -3, 0}))))
	loss, err := graph.SupCon(views, tensor.New(tensor.WithBacking([]int{0, 1, 2, 0, 1, 2})), 0.5, losses.Mean)
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
	fmt.Printf("%.3f\n", value)
	// Output:
	// 0.342
}
