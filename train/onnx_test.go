package train

import (
	"bytes"
	"errors"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/internal/numtest"
	"softloss/train/dataset"
)

func TestWriteONNX(t *testing.T) {
	full := onnxSample()
	for name, c := range map[string]struct {
		saved    *Saved
		ops      string
		metadata map[string]string
	}{
		"full": {full, "Cast Sub Div Cast Gemm Relu Gemm Relu Gemm Cast Div Cast Softmax ",
			map[string]string{"class_names": `["0","é","2","3"]`, "feature_names": `["a","b","c"]`}},
		"model": {bare(full.Model), "Gemm Relu Gemm Relu Gemm Softmax ", nil},
		"scaler": {&Saved{Model: full.Model, Scaler: full.Scaler},
			"Cast Sub Div Cast Gemm Relu Gemm Relu Gemm Softmax ", nil},
		"fill": {&Saved{Model: full.Model, Fill: []float64{0.5, -3, 1}},
			"Cast IsNaN Where Cast Gemm Relu Gemm Relu Gemm Softmax ", nil},
		"fill and scaler": {&Saved{Model: full.Model, Scaler: full.Scaler, Fill: onnxFill},
			"Cast IsNaN Where Sub Div Cast Gemm Relu Gemm Relu Gemm Softmax ", nil},
		"temperature": {&Saved{Model: full.Model, Temperature: full.Temperature},
			"Gemm Relu Gemm Relu Gemm Cast Div Cast Softmax ", nil},
		"one":    {&Saved{Model: full.Model, Temperature: 1}, "Gemm Relu Gemm Relu Gemm Softmax ", nil},
		"linear": {bare(newModel([]int{3, 2}, 1)), "Gemm Softmax ", nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := c.saved
			var b, again bytes.Buffer
			require.NoError(t, s.WriteONNX(&b))
			require.NoError(t, s.WriteONNX(&again))
			require.Equal(t, b.Bytes(), again.Bytes())

			f := readONNX(t, b.Bytes())
			require.EqualValues(t, 7, f.ir)
			require.EqualValues(t, 13, f.opset)
			k := int64(s.Model.Sizes()[len(s.Model.Sizes())-1])
			require.Equal(t, map[string][2]any{"features": {"N", int64(3)}}, f.inputs)
			require.Equal(t, map[string][2]any{"probs": {"N", k}, "logits": {"N", k}}, f.outputs)
			ops := ""
			for _, n := range f.nodes {
				ops += n.op + " "
			}
			require.Equal(t, c.ops, ops)
			require.Len(t, f.metadata, len(c.metadata))
			for key, text := range c.metadata {
				require.Equal(t, text, f.metadata[key])
			}
			requirePredictions(t, s, f)
		})
	}
}

// requirePredictions wants the graph to say what the saved model says.
func requirePredictions(t *testing.T, s *Saved, f onnxFile) {
	x := onnxFeatures(s.Scaler != nil)
	if s.Fill != nil {
		x = withHoles(x)
	}
	probs, scaled := must(s.Predict(x)).Float32s(), x
	if s.Fill != nil {
		scaled = must(dataset.FillIn(x, s.Fill))
	}
	if s.Scaler != nil {
		scaled = must(s.Scaler.Transform(scaled))
	}
	logits := must(s.Model.Logits(scaled)).Float32s()
	k := len(logits) / x.Shape()[0]
	for i := range x.Shape()[0] {
		got := f.run(t, widen(x.Float32s()[3*i:3*i+3]))
		for j := range k {
			require.True(t, numtest.Close(float64(logits[i*k+j]), got["logits"][j], 1e-5, 1e-5))
			require.True(t, numtest.Close(float64(probs[i*k+j]), got["probs"][j], 0, 1e-6))
		}
	}
}

// onnxSample is a model whose scaler needs float64: features around 1e6 that differ by some units.
func onnxSample() *Saved {
	return &Saved{
		Model:        newModel([]int{3, 6, 5, 4}, 7),
		Scaler:       &dataset.Scaler{Mean: []float64{1e6 + 1.0/3, -2, 0}, Std: []float64{0.7, 3, 1e-3}},
		Temperature:  1.0 / 3,
		FeatureNames: []string{"a", "b", "c"},
		ClassNames:   []string{"0", "é", "2", "3"},
	}
}

// onnxFeatures are three rows for it, with its scaler or without.
func onnxFeatures(raw bool) *tensor.Dense {
	x := []float32{0, -2, .001, 1, 4, -.002, -2, -7, 0}
	for i := 0; raw && i < len(x); i += 3 {
		x[i] += 1e6
	}
	return table(x, 3, 3)
}

// onnxFill stands for missing features of onnxSample.
var onnxFill = []float64{1e6 + 0.5, -3, 1.0 / 3}

// withHoles returns features of which one is missing in every row but the first.
func withHoles(x *tensor.Dense) *tensor.Dense {
	x = x.Clone().(*tensor.Dense)
	d := x.Shape()[1]
	for i := d; i < x.Shape().TotalSize(); i += d + 1 {
		x.Float32s()[i] = float32(math.NaN())
	}
	return x
}

// errWriter fails.
type errWriter struct{ err error }

func (w errWriter) Write([]byte) (int, error) { return 0, w.err }

func TestWriteONNXErrors(t *testing.T) {
	boom := errors.New("boom")
	require.ErrorIs(t, bare(newModel([]int{1, 1}, 0)).WriteONNX(errWriter{boom}), boom)
	require.ErrorIs(t, bare(newModel([]int{1, 1}, 0)).WriteONNX(nil), ErrConfig)
	var none *Saved
	require.ErrorIs(t, none.WriteONNX(&bytes.Buffer{}), ErrEmpty)
	require.ErrorIs(t, (&Saved{Model: newModel([]int{1, 1}, 0), Temperature: -1}).WriteONNX(&bytes.Buffer{}), ErrValue)
}
