package train

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gorgonia.org/tensor"

	"softloss/internal/dense"
	"softloss/internal/gemm"
	"softloss/internal/phrase"
	"softloss/losses"
)

// Layer is one layer of a [Model]: x Weights + Bias, followed by a ReLU unless it is the last.
type Layer struct {
	Weights *tensor.Dense // [in, out] float32, row-major
	Bias    *tensor.Dense // [out] float32
}

// Model is a multi-layer perceptron: what [Fit] returns. Several goroutines may use one at once.
type Model struct {
	layers    []Layer          // one or more, of sizes that follow one another
	criterion losses.Criterion // a Predictor: Link, Temperature and Loss, which make probabilities of the logits
}

// NewModel returns a model with copies of the given layers, the first one first: the inverse of
// [Model.Layers]. It predicts with the softmax: see [Model.WithCriterion].
//
// Errors: [ErrEmpty] for no layer or no tensor, [ErrMismatch] when shapes do not follow one
// another, [ErrDtype], [ErrValue] for a weight that is not finite.
func NewModel(layers []Layer) (*Model, error) {
	if len(layers) == 0 {
		return nil, fail(ErrEmpty, "layers: got none, want at least 1")
	}
	m := &Model{}
	for i, l := range layers {
		w, err := matrixOf(fmt.Sprintf("layer %d: weights", i+1), l.Weights)
		if err != nil {
			return nil, err
		}
		b, err := floatsOf(fmt.Sprintf("layer %d: bias", i+1), l.Bias, 1)
		switch {
		case err != nil:
			return nil, err
		case b.Shape()[0] != w.Cols:
			return nil, fail(ErrMismatch, "layer %d: bias: got shape %v, want (%d), as the weights have columns", i+1,
				b.Shape(), w.Cols)
		case i > 0 && w.Rows != m.layers[i-1].Weights.Shape()[1]:
			return nil, fail(ErrMismatch, "layer %d: weights: got %s, want %d, the size of layer %d", i+1,
				phrase.Plural(w.Rows, "row"), m.layers[i-1].Weights.Shape()[1], i)
		}
		copied := newLayer(w.Rows, w.Cols)
		copy(copied.Weights.Float32s(), w.Data)
		copy(copied.Bias.Float32s(), dense.Rows(b, 0, new([]float32)))
		m.layers = append(m.layers, copied)
	}
	if !m.finite() {
		return nil, fail(ErrValue, "layers: a weight is NaN or infinite, want finite numbers")
	}
	return m, nil
}

// newModel returns a model of the given sizes (D, hidden layers, K) with initial weights: normal
// with variance 2/in before a ReLU, 1/in in the last layer; biases 0.
func newModel(sizes []int, seed uint64) *Model {
	const stream = 0x736f66746c6f7373 // apart from other uses of the seed
	r := rand.New(rand.NewPCG(seed, stream))
	m := &Model{layers: make([]Layer, len(sizes)-1)}
	for i := range m.layers {
		gain := 2.0
		if i == len(m.layers)-1 {
			gain = 1
		}
		m.layers[i] = newLayer(sizes[i], sizes[i+1])
		scale := math.Sqrt(gain / float64(sizes[i]))
		w := m.layers[i].Weights.Float32s()
		for j := range w {
			w[j] = float32(r.NormFloat64() * scale)
		}
	}
	return m
}

func newLayer(in, out int) Layer {
	return Layer{Weights: dense.New(tensor.Float32, in, out), Bias: dense.New(tensor.Float32, out)}
}

// Criterion returns what makes probabilities of the model's logits: the
// [losses.Criterion.Predictor] of the criterion that it was trained with, the zero value for a
// softmax.
func (m *Model) Criterion() losses.Criterion {
	if m == nil {
		return losses.Criterion{}
	}
	return m.criterion
}

// WithCriterion returns the model as one that was trained with c, of which Link, Temperature and
// Loss say what it predicts with; it shares the layers. Errors: those of
// [losses.Criterion.Predictor].
func (m *Model) WithCriterion(c losses.Criterion) (*Model, error) {
	p, err := c.Predictor()
	if err != nil {
		return nil, wrap(err, "criterion")
	}
	return &Model{layers: m.layers, criterion: p}, nil
}

// Layers returns copies of the layers, the first one first.
func (m *Model) Layers() []Layer {
	if m == nil {
		return nil
	}
	out := make([]Layer, len(m.layers))
	for i, l := range m.layers {
		out[i] = newLayer(l.Weights.Shape()[0], l.Weights.Shape()[1])
		copy(out[i].Weights.Float32s(), l.Weights.Float32s())
		copy(out[i].Bias.Float32s(), l.Bias.Float32s())
	}
	return out
}

// params returns the elements of weights 1, bias 1, weights 2, ….
func (m *Model) params() (out [][]float32) {
	for _, l := range m.layers {
		out = append(out, l.Weights.Float32s(), l.Bias.Float32s())
	}
	return out
}

// set copies the numbers of layers of the model's own sizes into it.
func (m *Model) set(layers []Layer) {
	to := m.params()
	for i, from := range (&Model{layers: layers}).params() {
		copy(to[i], from)
	}
}

// Sizes returns the sizes of the layers: the number of features D, those of the hidden layers, the
// number of classes K. It is nil for a model without layers.
func (m *Model) Sizes() []int {
	if m == nil || len(m.layers) == 0 {
		return nil
	}
	s := []int{m.layers[0].Weights.Shape()[0]}
	for _, l := range m.layers {
		s = append(s, l.Weights.Shape()[1])
	}
	return s
}

// finite reports whether all weights are finite numbers.
func (m *Model) finite() bool {
	for _, data := range m.params() {
		for _, v := range data {
			if v-v != 0 {
				return false
			}
		}
	}
	return true
}

// Logits returns the network's output before it becomes probabilities.
//
// Shapes: features [N, D] float32, a view too; the result is [N, K]. Each row depends on its own
// features only. Errors: [ErrEmpty], [ErrMismatch], [ErrDtype], [ErrValue] for features that are
// NaN or infinite.
func (m *Model) Logits(features *tensor.Dense) (*tensor.Dense, error) {
	sizes := m.Sizes()
	if sizes == nil {
		return nil, fail(ErrEmpty, "model: has no layers, want one made by Fit or NewModel")
	}
	if err := checkScaled("features", features); err != nil {
		return nil, err
	}
	x, err := matrixOf("features", features)
	if err != nil {
		return nil, err
	}
	if x.Cols != sizes[0] {
		return nil, fail(ErrMismatch, "features: got %s, want %d, the features of the model",
			phrase.Plural(x.Cols, "column"), sizes[0])
	}
	for i, v := range x.Data {
		if v-v != 0 {
			return nil, fail(ErrValue, "features: row %d column %d: got %v, want a finite number", i/x.Cols, i%x.Cols, v)
		}
	}
	out := dense.New(tensor.Float32, x.Rows, sizes[len(sizes)-1])
	m.logits(matrixIn(out), x)
	return out, nil
}

// chunk is how many rows go through the layers together: their activations stay in the cache.
const chunk = 256

// logits computes the network's output row chunk by row chunk.
func (m *Model) logits(out, x matrix) {
	var buf [2][]float32 // the layers write to one and read from the other in turns
	for lo := 0; lo < x.Rows; lo += chunk {
		hi := min(lo+chunk, x.Rows)
		h := x.Slice(lo, hi, 0, x.Cols)
		for i, l := range m.layers {
			w := matrixIn(l.Weights)
			y := out.Slice(lo, hi, 0, out.Cols)
			last := i == len(m.layers)-1
			if !last {
				y = gemm.RowMajor(hi-lo, w.Cols, w.Cols, dense.Grow(&buf[i%2], (hi-lo)*w.Cols))
			}
			forward(y, h, w, l.Bias.Float32s(), !last)
			h = y
		}
	}
}

// Predict returns the probabilities of the classes, or with SigmoidLink those of a yes to each
// question: of [Model.Logits] the softmax, the sigmoid or the map that the loss of the training has
// in their place, at its Temperature: see [losses.Criterion.Probs]. A row of features so large that
// its logits leave float32 is NaN.
//
// Shapes: features [N, D] float32, a view too; the result is [N, K]. Errors: those of Logits.
func (m *Model) Predict(features *tensor.Dense) (*tensor.Dense, error) {
	z, err := m.Logits(features)
	if err != nil {
		return nil, err
	}
	return m.criterion.Probs(z)
}
