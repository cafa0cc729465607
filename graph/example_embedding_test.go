package graph_test

import (
	"fmt"
	"log"
	"math"
	"math/rand/v2"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/graph"
	"softloss/losses"
)

// rings has rows of three classes, each on a circle of its own around 0, so that no line divides
// them.
func rings(seed uint64, n int) (x []float64, y []int) {
	r := rand.New(rand.NewPCG(seed, 0))
	for i := range n {
		class, angle := i%3, 2*math.Pi*r.Float64()
		radius := float64(class) + 0.5 + 0.1*r.NormFloat64()
		x = append(x, radius*math.Cos(angle), radius*math.Sin(angle), 1)
		y = append(y, class)
	}
	return x, y
}

// encoder maps rows of three features to vectors of as many numbers.
type encoder struct{ w, v []float64 }

func newEncoder() encoder {
	const hidden = 16
	e := encoder{make([]float64, 3*hidden), make([]float64, 3*hidden)}
	r := rand.New(rand.NewPCG(7, 0))
	for i := range e.w {
		e.w[i], e.v[i] = r.NormFloat64(), 0.3*r.NormFloat64()
	}
	return e
}

// on returns the vectors of the rows x, and the weights, as nodes of a graph.
func (e encoder) on(x []float64) (vectors *gorgonia.Node, weights gorgonia.Nodes) {
	g, hidden := gorgonia.NewGraph(), len(e.w)/3
	in, w, v := matrix(g, "x", 3, x), matrix(g, "w", hidden, e.w), matrix(g, "v", 3, e.v)
	vectors = gorgonia.Must(gorgonia.Mul(gorgonia.Must(gorgonia.Tanh(gorgonia.Must(gorgonia.Mul(in, w)))), v))
	return vectors, gorgonia.Nodes{w, v}
}

// matrix is an input [N, cols].
func matrix(g *gorgonia.ExprGraph, name string, cols int, x []float64) *gorgonia.Node {
	rows := len(x) / cols
	return gorgonia.NewMatrix(g, tensor.Float64, gorgonia.WithName(name), gorgonia.WithShape(rows, cols),
		gorgonia.WithValue(tensor.New(tensor.WithShape(rows, cols), tensor.WithBacking(x))))
}

// minimise takes 150 steps of Adam on the cost.
func minimise(cost *gorgonia.Node, weights gorgonia.Nodes) {
	if _, err := gorgonia.Grad(cost, weights...); err != nil {
		log.Fatal(err)
	}
	vm := gorgonia.NewTapeMachine(cost.Graph(), gorgonia.BindDualValues(weights...))
	defer vm.Close()
	solver := gorgonia.NewAdamSolver(gorgonia.WithLearnRate(0.03))
	for range 150 {
		if err := vm.RunAll(); err != nil {
			log.Fatal(err)
		}
		if err := solver.Step(gorgonia.NodesToValueGrads(weights)); err != nil {
			log.Fatal(err)
		}
		vm.Reset()
	}
}

// values runs the graph of a node and returns its numbers.
func values(n *gorgonia.Node) []float64 {
	var v gorgonia.Value
	gorgonia.Read(n, &v)
	vm := gorgonia.NewTapeMachine(n.Graph())
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		log.Fatal(err)
	}
	return v.Data().([]float64)
}

// An embedding learns from SupCon that rows of one class belong together, without a classifier.
// Then the class of a new row is that of the mean of training vectors which has the largest cosine
// with its own.
func Example_contrastive() {
	e := newEncoder()
	x, y := rings(1, 90)
	vectors, weights := e.on(x)
	cost, err := graph.SupCon(vectors, tensor.New(tensor.WithBacking(y)), 0.2, losses.Mean)
	if err != nil {
		log.Fatal(err)
	}
	minimise(cost, weights)

	trained, _ := e.on(x)
	means := make([]float64, 9)
	for i, v := range values(trained) {
		means[3*y[i/3]+i%3] += v
	}
	newX, newY := rings(2, 300)
	embedded, _ := e.on(newX)
	cosines, err := graph.CosineLogits(embedded, matrix(embedded.Graph(), "means", 3, means))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("accuracy %.2f\n", accuracy(values(cosines), newY))
	// Output:
	// accuracy 0.95
}

// An ArcFace head: cosines with a vector of each class, the own one's angle larger by the margin
// while training. The rows of a class come closer to its vector than without.
func ExampleCosineLogits() {
	x, y := rings(1, 90)
	newX, newY := rings(2, 300)
	for _, margin := range []float64{0, 0.3} {
		e, classes := newEncoder(), []float64{1, 0, 0, 0, 1, 0, 0, 0, 1}
		vectors, weights := e.on(x)
		head := matrix(vectors.Graph(), "classes", 3, classes)
		cosines, err := graph.CosineLogits(vectors, head)
		if err != nil {
			log.Fatal(err)
		}
		c := losses.Criterion{AngularMargin: margin, Temperature: 1. / 8}
		cost, err := graph.Apply(c, cosines, tensor.New(tensor.WithBacking(y)))
		if err != nil {
			log.Fatal(err)
		}
		minimise(cost, append(weights, head))

		embedded, _ := e.on(newX)
		if cosines, err = graph.CosineLogits(embedded, matrix(embedded.Graph(), "classes", 3, classes)); err != nil {
			log.Fatal(err)
		}
		z, own := values(cosines), 0.0
		for i, class := range newY {
			own += math.Acos(z[3*i+class]) / float64(len(newY))
		}
		fmt.Printf("margin %.1f: accuracy %.2f, mean angle to the own class %.2f\n", margin, accuracy(z, newY), own)
	}
	// Output:
	// margin 0.0: accuracy 0.95, mean angle to the own class 0.63
	// margin 0.3: accuracy 0.99, mean angle to the own class 0.37
}
