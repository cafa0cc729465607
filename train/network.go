package train

import (
	"fmt"
	"sync"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/graph"
	"softloss/internal/dense"
	"softloss/losses"
	"softloss/train/dataset"
)

// network is a model with a criterion as a static Gorgonia graph of a fixed number of rows.
type network struct {
	features *tensor.Dense // [B, D]; the graph's inputs, written to before every run
	labels   *tensor.Dense // [B, K]
	weights  *tensor.Dense // [B], the rows' sample weights; 0 is padding
	soft     *tensor.Dense // [B, K], the teacher's labels; nil without one
	factors  []float64     // of the losses that what is minimised is the sum of; nil for one loss as it is

	graph  *gorgonia.ExprGraph
	loss   *gorgonia.Node
	vm     gorgonia.VM
	value  gorgonia.Value // of the loss, after a run
	output *op            // whose result are the logits
	params []*op          // whose results are the gradients of weights 1, bias 1, weights 2, …; nil without training
	grads  [][]float32    // the elements of these results after a run
}

// purpose says what a network is for.
type purpose struct {
	train  bool // gradients too
	distil *distillation
	shard  bool // sums over the rows, whatever the reduction, to be divided by those of all shards through factors
}

// building keeps two runs from building graphs at once, as package graph asks of its users.
var building sync.Mutex

// newNetwork returns the model's graph for batches of that many rows. The graph works on the
// model's own tensors.
func newNetwork(m *Model, c losses.Criterion, rows int, p purpose) (*network, error) {
	building.Lock()
	defer building.Unlock()

	sizes := m.Sizes()
	n := &network{features: zeros(rows, sizes[0]), labels: zeros(rows, sizes[len(sizes)-1]), weights: zeros(rows),
		graph: gorgonia.NewGraph()}
	logits, params, err := n.addLayers(m)
	if err != nil {
		return nil, err
	}
	if n.loss, err = n.addLoss(c, m.criterion, logits, p); err != nil {
		return nil, err
	}
	var grads gorgonia.Nodes
	if p.train {
		if grads, err = n.addGradients(params); err != nil {
			return nil, err
		}
	}
	if n.vm, err = newMachine(n.loss, &n.value, grads); err != nil {
		return nil, err
	}
	return n, nil
}

func zeros(shape ...int) *tensor.Dense { return dense.New(tensor.Float32, shape...) }

// input adds a tensor that is written to before every run.
func (n *network) input(name string, t *tensor.Dense) *gorgonia.Node {
	return gorgonia.NewTensor(n.graph, tensor.Float32, t.Dims(), gorgonia.WithShape(t.Shape().Clone()...),
		gorgonia.WithName(name), gorgonia.WithValue(t))
}

// addLayers adds the layers, and returns their logits and parameters.
func (n *network) addLayers(m *Model) (h *gorgonia.Node, params gorgonia.Nodes, err error) {
	h = n.input("features", n.features)
	for i, l := range m.layers {
		w, b := n.input(fmt.Sprintf("w%d", i+1), l.Weights), n.input(fmt.Sprintf("b%d", i+1), l.Bias)
		params = append(params, w, b)
		layer := newLayerOp(i+1, len(m.layers))
		n.output = &layer.op
		if h, err = gorgonia.ApplyOp(layer, h, w, b); err != nil {
			return nil, nil, wrap(err, "layer %d", i+1)
		}
	}
	return h, params, nil
}

// addLoss adds the criterion, of the logits or of the probabilities of the model's predictor, and
// beside it the teacher's part.
func (n *network) addLoss(c, predictor losses.Criterion, logits *gorgonia.Node, p purpose) (*gorgonia.Node, error) {
	options := graph.Options{SampleWeights: n.input("weights", n.weights), ReuseGrad: p.train}
	h := logits
	if c.FromProbs {
		var err error
		if h, err = probabilityNode(predictor, h); err != nil {
			return nil, wrap(err, "%v", c.Link)
		}
	}
	if p.shard {
		c.Reduction, n.factors = losses.Sum, []float64{1}
	}
	loss, err := graph.ApplyWith(c, h, n.input("labels", n.labels), options)
	if err != nil {
		return nil, wrap(err, "criterion")
	}
	terms := gorgonia.Nodes{loss}
	if p.distil != nil {
		n.soft, n.factors = zeros(n.labels.Shape()...), p.distil.factors()
		soft, err := graph.ApplyWith(p.distil.criterion(c), logits, n.input("teacher", n.soft), options)
		if err != nil {
			return nil, wrap(err, "distillation")
		}
		terms = append(terms, soft)
	}
	if n.factors != nil {
		if loss, err = gorgonia.ApplyOp(newSumOp(0, n.factors), terms...); err != nil {
			return nil, wrap(err, "sum of losses")
		}
	}
	return loss, nil
}

// addGradients adds those of the loss by the parameters.
func (n *network) addGradients(params gorgonia.Nodes) (gorgonia.Nodes, error) {
	grads, err := gorgonia.Grad(n.loss, params...)
	if err != nil {
		return nil, wrap(err, "gradient")
	}
	for i, node := range grads {
		o, ok := node.Op().(*op)
		if !ok {
			return nil, fail(ErrDtype, "gradient %d: got the op %v, want one of a layer", i, node.Op())
		}
		n.params = append(n.params, o)
	}
	return grads, nil
}

// load puts rows of a set, with their sample weights (nil for 1 each), into the graph's inputs and
// pads with zeros.
func (n *network) load(set *dataset.Dataset, rows []int, weights []float32) error {
	return gatherRows(n.features, n.labels, n.weights.Float32s(), set, rows, weights)
}

// gatherRows copies rows of a set, with their sample weights (nil for 1 each), to features, labels
// and w, and pads these with zeros.
func gatherRows(features, labels *tensor.Dense, w []float32, set *dataset.Dataset, rows []int,
	weights []float32) error {
	if err := dataset.Gather(features, set.Features, rows); err != nil {
		return err
	}
	if err := dataset.Gather(labels, set.Labels, rows); err != nil {
		return err
	}
	clear(w)
	for i, r := range rows {
		w[i] = 1
		if weights != nil {
			w[i] = weights[r]
		}
	}
	return nil
}

// denominator returns what a criterion divides the losses of what is loaded by, against labels that
// are the network's own.
func (n *network) denominator(c losses.Criterion, labels *tensor.Dense) (float64, error) {
	return c.Denominator(losses.Inputs{Logits: labels, Target: labels, SampleWeights: n.weights})
}

// run computes the loss of what is loaded and, for a network that trains, its gradients.
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
	n.grads = n.grads[:0]
	for _, o := range n.params {
		if o.result == nil {
			return 0, fail(ErrMismatch, "%s: did not run", o.Text)
		}
		n.grads = append(n.grads, o.result.Float32s())
	}
	return float64(*loss), nil
}

// logits returns the elements of the last run's logits [B, K].
func (n *network) logits() []float32 { return n.output.result.Float32s() }

// hits returns how many of the questions of the first rows of the last run the logits answer right,
// see right, and how many there are; rows are counted by their weights.
func (n *network) hits(link losses.Link, rows int) (hit, all float64) {
	z, t, w := n.logits(), n.labels.Float32s(), n.weights.Float32s()
	k := n.labels.Shape()[1]
	for i := range rows {
		hit += float64(w[i]) * float64(right(link, z[i*k:(i+1)*k], t[i*k:(i+1)*k]))
		all += float64(w[i]) * float64(questions(link, k))
	}
	return hit, all
}
