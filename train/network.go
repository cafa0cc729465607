package train

import (
	"fmt"
	"sync"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/graph"
	"softloss/losses"
	"softloss/train/dataset"
)

// network is a model with a criterion as a static Gorgonia graph of a fixed number of rows.
type network struct {
	features *tensor.Dense // [B, D]; the graph's inputs, written to before every run
	labels   *tensor.Dense // [B, K]
	weights  *tensor.Dense // [B], the rows' sample weights; 0 is padding

	vm     gorgonia.VM
	value  gorgonia.Value       // of the loss, after a run
	params []gorgonia.ValueGrad // the model's own tensors with their gradients; nil without training
	adam   *gorgonia.AdamSolver
}

// building keeps two runs from building graphs at once, as package graph asks of its users.
var building sync.Mutex

// newNetwork returns the model's graph for batches of so many rows. The graph works on the model's own tensors. With
// a learn rate above 0 it can step; with 0 it only evaluates.
func newNetwork(m *Model, c losses.Criterion, rows int, learnRate float64) (*network, error) {
	building.Lock()
	defer building.Unlock()

	sizes := m.Sizes()
	n := &network{
		features: tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(rows, sizes[0])),
		labels:   tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(rows, sizes[len(sizes)-1])),
		weights:  tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(rows)),
	}
	g := gorgonia.NewGraph()
	input := func(name string, t *tensor.Dense) *gorgonia.Node {
		return gorgonia.NewTensor(g, tensor.Float32, t.Dims(), gorgonia.WithShape(t.Shape().Clone()...),
			gorgonia.WithName(name), gorgonia.WithValue(t))
	}

	h := input("features", n.features)
	var params gorgonia.Nodes
	for i, l := range m.layers {
		w, b := input(fmt.Sprintf("w%d", i+1), l.Weights), input(fmt.Sprintf("b%d", i+1), l.Bias)
		params = append(params, w, b)
		var err error
		if h, err = gorgonia.ApplyOp(newLayerOp(i < len(m.layers)-1, i == 0), h, w, b); err != nil {
			return nil, fmt.Errorf("train: layer %d: %w", i+1, err)
		}
	}
	if c.FromProbs {
		var err error
		if h, err = graph.Softmax(h); err != nil {
			return nil, fmt.Errorf("train: softmax: %w", err)
		}
	}
	loss, err := graph.ApplyWith(c, h, input("labels", n.labels), graph.Options{SampleWeights: input("weights", n.weights)})
	if err != nil {
		return nil, fmt.Errorf("train: criterion: %w", err)
	}
	gorgonia.Read(loss, &n.value)
	if learnRate == 0 {
		n.vm = gorgonia.NewTapeMachine(g)
		return n, nil
	}
	if _, err := gorgonia.Grad(loss, params...); err != nil {
		return nil, fmt.Errorf("train: gradient: %w", err)
	}
	n.vm = gorgonia.NewTapeMachine(g, gorgonia.BindDualValues(params...))
	n.params = gorgonia.NodesToValueGrads(params)
	n.adam = gorgonia.NewAdamSolver(gorgonia.WithLearnRate(learnRate))
	return n, nil
}

// load puts rows of a set, with their sample weights (nil for 1 each), into the graph's inputs and pads with zeros.
func (n *network) load(set *dataset.Dataset, rows []int, weights []float32) error {
	if err := dataset.Gather(n.features, set.Features, rows); err != nil {
		return err
	}
	if err := dataset.Gather(n.labels, set.Labels, rows); err != nil {
		return err
	}
	w := n.weights.Float32s()
	clear(w)
	for i, r := range rows {
		w[i] = 1
		if weights != nil {
			w[i] = weights[r]
		}
	}
	return nil
}

// run computes the loss of what is loaded and, for a network that can step, its gradients.
func (n *network) run() (float64, error) {
	err := n.vm.RunAll()
	n.vm.Reset()
	if err != nil {
		return 0, graph.Cause(err)
	}
	loss, ok := n.value.(*gorgonia.F32)
	if !ok {
		return 0, fail(ErrDtype, "loss: got %T, want a float32 scalar", n.value)
	}
	return float64(*loss), nil
}

// step changes the weights by the gradients of the last run, and zeroes these.
func (n *network) step() error { return n.adam.Step(n.params) }
