package train

import (
	"bytes"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/internal/numtest"
	"softloss/train/dataset"
)

func TestWriteONNX(t *testing.T) {
	full := onnxSample()
	for name, s := range map[string]*Saved{
		"full":        full,
		"model":       bare(full.Model),
		"scaler":      {Model: full.Model, Scaler: full.Scaler},
		"temperature": {Model: full.Model, Temperature: full.Temperature},
		"one":         {Model: full.Model, Temperature: 1},
		"linear":      bare(newModel([]int{3, 2}, 1)),
	} {
		var b bytes.Buffer
		require.NoError(t, s.WriteONNX(&b), name)
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
		want := map[string]string{
			"full":        "Cast Sub Div Cast Gemm Relu Gemm Relu Gemm Cast Div Cast Softmax ",
			"model":       "Gemm Relu Gemm Relu Gemm Softmax ",
			"scaler":      "Cast Sub Div Cast Gemm Relu Gemm Relu Gemm Softmax ",
			"temperature": "Gemm Relu Gemm Relu Gemm Cast Div Cast Softmax ",
			"one":         "Gemm Relu Gemm Relu Gemm Softmax ",
			"linear":      "Gemm Softmax ",
		}
		require.Equal(t, want[name], ops)
		if name == "full" {
			require.Equal(t, map[string]string{"class_names": `["0","é","2","3"]`,
				"feature_names": `["a","b","c"]`}, f.metadata)
		} else {
			require.Empty(t, f.metadata)
		}

		x := onnxFeatures(s.Scaler != nil)
		probs, err := s.Predict(x)
		require.NoError(t, err)
		scaled := x
		if s.Scaler != nil {
			scaled, err = s.Scaler.Transform(x)
			require.NoError(t, err)
		}
		logits, err := s.Model.Logits(scaled)
		require.NoError(t, err)
		for i := range x.Shape()[0] {
			got := f.run(t, widen(x.Float32s()[3*i:3*i+3]))
			for j := range int(k) {
				require.True(t, numtest.Close(float64(logits.Float32s()[i*int(k)+j]), got["logits"][j], 1e-5, 1e-5), name)
				require.True(t, numtest.Close(float64(probs.Float32s()[i*int(k)+j]), got["probs"][j], 0, 1e-6), name)
			}
		}

		var again bytes.Buffer
		require.NoError(t, s.WriteONNX(&again))
		require.Equal(t, b.Bytes(), again.Bytes())
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
