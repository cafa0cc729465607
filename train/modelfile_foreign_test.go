package train

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
	"softloss/losses"
	"softloss/train/internal/safetensors"
)

// Sealed files that are no model: what a program other than this one, or a later version, could
// write.
func TestLoadForeign(t *testing.T) {
	good := savedSample()
	parts := func() (map[string]string, []safetensors.Tensor) {
		return map[string]string{"kind": modelKind, "formula": modelFormula(losses.Criterion{})},
			layerTensors("layer.", good.Model.layers)
	}
	for name, c := range map[string]struct {
		change func(metadata map[string]string, tensors []safetensors.Tensor) []safetensors.Tensor
		text   string
	}{
		"kind": {func(m map[string]string, x []safetensors.Tensor) []safetensors.Tensor {
			m["kind"] = "softloss model 2"
			return x
		}, `got a file of kind "softloss model 2", want "softloss model 1"`},
		"formula": {func(m map[string]string, x []safetensors.Tensor) []safetensors.Tensor {
			m["formula"] = "tanh"
			return x
		}, `got the formula "tanh"`},
		"more metadata": {func(m map[string]string,
			x []safetensors.Tensor) []safetensors.Tensor {
			m["more"] = "1"
			return x
		}, `unknown key "more"`},
		"no tensors": {func(_ map[string]string, _ []safetensors.Tensor) []safetensors.Tensor { return nil },
			`got no tensor "layer.0.weight"`},
		"no bias": {func(_ map[string]string, x []safetensors.Tensor) []safetensors.Tensor { return x[:3] },
			`got no tensor "layer.1.bias"`},
		"a layer between": {func(_ map[string]string, x []safetensors.Tensor) []safetensors.Tensor { return x[2:] },
			`got no tensor "layer.0.weight"`},
		"more tensors": {func(_ map[string]string, x []safetensors.Tensor) []safetensors.Tensor {
			return append(x, safetensors.Doubles("x", nil))
		}, `unknown tensor "x"`},
		"bias of F64": {func(_ map[string]string, x []safetensors.Tensor) []safetensors.Tensor {
			x[1] = safetensors.Doubles(x[1].Name, make([]float64, 4))
			return x
		}, "got F64 of shape [4], want F32 with 1 dimensions"},
		"weight flat": {func(_ map[string]string, x []safetensors.Tensor) []safetensors.Tensor {
			x[0].Shape = []int64{12}
			return x
		}, "want F32 with 2 dimensions"},
		"no elements": {func(_ map[string]string, x []safetensors.Tensor) []safetensors.Tensor {
			x[0] = safetensors.Singles(x[0].Name, nil, 0, 4)
			return x
		}, "shape [0 4]"},
		"shapes": {func(_ map[string]string, x []safetensors.Tensor) []safetensors.Tensor {
			x[0].Shape = []int64{4, 3}
			return x
		}, "layer 1: bias"},
		"weight NaN": {func(_ map[string]string, x []safetensors.Tensor) []safetensors.Tensor {
			x[1] = safetensors.Singles(x[1].Name, []float32{1, 2, 3, float32(math.NaN())}, 4)
			return x
		}, "NaN or infinite"},
		"mean alone": {func(_ map[string]string, x []safetensors.Tensor) []safetensors.Tensor {
			return append(x, safetensors.Doubles("scaler.mean", make([]float64, 3)))
		}, `scaler: got 3 means and 0 standard deviations`},
		"std alone": {func(_ map[string]string, x []safetensors.Tensor) []safetensors.Tensor {
			return append(x, safetensors.Doubles("scaler.std", make([]float64, 3)))
		}, `scaler: got 0 means and 3 standard deviations`},
		"std 0": {func(_ map[string]string, x []safetensors.Tensor) []safetensors.Tensor {
			return append(x, safetensors.Doubles("scaler.mean", make([]float64, 3)),
				safetensors.Doubles("scaler.std", make([]float64, 3)))
		}, "scaler: column 0"},
		"temperature text": {func(m map[string]string, x []safetensors.Tensor) []safetensors.Tensor {
			m["temperature"] = "warm"
			return x
		}, `temperature: got "warm"`},
		"temperature 0": {func(m map[string]string, x []safetensors.Tensor) []safetensors.Tensor {
			m["temperature"] = "0"
			return x
		}, `temperature: got "0"`},
		"temperature -1": {func(m map[string]string, x []safetensors.Tensor) []safetensors.Tensor {
			m["temperature"] = "-1"
			return x
		}, "temperature: got \"-1\""},
		"names number": {func(m map[string]string, x []safetensors.Tensor) []safetensors.Tensor {
			m["class_names"] = "[1,2]"
			return x
		}, "class_names: got \"[1,2]\", want a JSON list"},
		"names null": {func(m map[string]string, x []safetensors.Tensor) []safetensors.Tensor {
			m["class_names"] = "null"
			return x
		}, "want a JSON list"},
		"name null": {func(m map[string]string, x []safetensors.Tensor) []safetensors.Tensor {
			m["class_names"] = `["a",null]`
			return x
		}, "got null"},
		"names count": {func(m map[string]string, x []safetensors.Tensor) []safetensors.Tensor {
			m["class_names"] = `["a"]`
			return x
		}, "class names: got 1, want 2"},
	} {
		metadata, tensors := parts()
		tensors = c.change(metadata, tensors)
		path := filepath.Join(t.TempDir(), "m.safetensors")
		require.NoError(t, os.WriteFile(path, safetensors.Encode(metadata, tensors), 0o600))
		s, err := Load(path)
		require.Error(t, err, name)
		requireFileError(t, err, "m.safetensors: ", c.text)
		require.Nil(t, s, name)
	}
}

// plainFile returns the bytes of a file of another program: no checksum, the keys in the order
// given.
func plainFile(metadata map[string]string, tensors ...safetensors.Tensor) []byte {
	header := map[string]any{}
	if metadata != nil {
		header["__metadata__"] = metadata
	}
	var data []byte
	for _, x := range tensors {
		header[x.Name] = map[string]any{"dtype": x.Dtype, "shape": x.Shape,
			"data_offsets": []int{len(data), len(data) + len(x.Data)}}
		data = append(data, x.Data...)
	}
	text, err := json.Marshal(header) // keys sorted
	if err != nil {
		panic(err)
	}
	return rawFile(string(text), string(data))
}

// A model file that another program wrote again, with its metadata: the checksum is that of the
// content, not of the bytes.
func TestLoadResaved(t *testing.T) {
	want := savedSample()
	content, err := want.encode()
	require.NoError(t, err)
	metadata, tensors, err := safetensors.Parse(content)
	require.NoError(t, err)
	slices.Reverse(tensors)
	path := filepath.Join(t.TempDir(), "again.safetensors")
	load := func() (*Saved, error) {
		require.NoError(t, os.WriteFile(path, plainFile(metadata, tensors...), 0o600))
		return Load(path)
	}
	got, err := load()
	require.NoError(t, err)
	require.False(t, got.Unverified)
	require.Equal(t, weightsOf(want.Model), weightsOf(got.Model))
	want.Model, got.Model = nil, nil
	require.Equal(t, want, got)

	tensors[0].Data = bytes.Clone(tensors[0].Data)
	tensors[0].Data[0] ^= 1
	_, err = load()
	requireFileError(t, err, "got content with another checksum")
	delete(metadata, "sha256")
	got, err = load()
	require.NoError(t, err)
	require.True(t, got.Unverified, "nobody knows")
}

// Weights from elsewhere: the layers as they are here, and those of a PyTorch Sequential.
func TestLoadWeights(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.safetensors")
	load := func(tensors ...safetensors.Tensor) (*Saved, error) {
		require.NoError(t, os.WriteFile(path, plainFile(map[string]string{"format": "pt"}, tensors...), 0o600))
		return Load(path)
	}
	torch := []safetensors.Tensor{
		safetensors.Singles("0.weight", []float32{1, 2, 3, 4, 5, 6}, 3, 2), safetensors.Singles("0.bias",
			[]float32{.1, .2, .3}, 3),
		safetensors.Singles("10.weight", []float32{1, 2, 3}, 1, 3), safetensors.Singles("10.bias", []float32{7},
			1), // behind 2, not before it
		safetensors.Singles("2.weight", []float32{1, 0, 0, 0, 1, 0, 0, 0, 1}, 3, 3), safetensors.Singles("2.bias",
			[]float32{0, 0, 0}, 3),
	}
	s, err := load(torch...)
	require.NoError(t, err)
	require.True(t, s.Unverified)
	require.Equal(t, []int{2, 3, 3, 1}, s.Model.Sizes())
	layers := s.Model.Layers()
	require.Equal(t, []float32{1, 3, 5, 2, 4, 6}, layers[0].Weights.Float32s())
	require.Equal(t, []float32{7}, layers[2].Bias.Float32s())
	own, err := load(safetensors.Singles("layer.0.weight", []float32{1, 3, 5, 2, 4, 6}, 2, 3),
		safetensors.Singles("layer.0.bias", []float32{.1, .2, .3}, 3))
	require.NoError(t, err)
	require.Equal(t, layers[0].Weights.Float32s(), own.Model.Layers()[0].Weights.Float32s())
	require.True(t, own.Unverified)
	for text, tensors := range map[string][]safetensors.Tensor{
		`got no tensor "0.bias"`:             torch[:1],
		"layers: got none":                   {},
		`got the unknown tensor "fc.weight"`: {safetensors.Singles("fc.weight", []float32{1}, 1, 1)},
		`the unknown tensor "1.running_mean"`: append(slices.Clone(torch),
			safetensors.Singles("1.running_mean", []float32{1}, 1)),
		"layer 2: weights: got 3 rows, want 2": {torch[4], torch[5],
			safetensors.Singles("0.weight", []float32{1, 2}, 2, 1), safetensors.Singles("0.bias", []float32{1, 2}, 2)},
		"layer 1: bias":        {torch[0], safetensors.Singles("0.bias", []float32{1}, 1)},
		"got F64 of shape [1]": {torch[0], safetensors.Doubles("0.bias", []float64{1})},
		"NaN or infinite":      {torch[2], safetensors.Singles("10.bias", []float32{float32(math.NaN())}, 1)},
		`the unknown tensor "more"`: {safetensors.Singles("layer.0.weight", []float32{1}, 1, 1),
			safetensors.Singles("layer.0.bias", []float32{1}, 1), safetensors.Singles("more", nil, 0)},
		`no tensor "layer.0.bias"`: {safetensors.Singles("layer.0.weight", []float32{1}, 1, 1)},
	} {
		s, err := load(tensors...)
		require.Nil(t, s)
		requireFileError(t, err, "w.safetensors: ", text)
	}
}

// Of a large foreign file, no more than its start is read.
func TestLoadReadsNoMoreThanNeeded(t *testing.T) {
	for name, start := range map[string]string{
		"zeros":   "",
		"foreign": string(rawFile(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`+strings.Repeat(" ", 100), "")),
	} {
		path := filepath.Join(t.TempDir(), "large")
		require.NoError(t, os.WriteFile(path, []byte(start), 0o600))
		require.NoError(t, os.Truncate(path, 1<<30))
		allocated := numtest.Allocated(func() {
			_, err := Load(path)
			requireFileError(t, err)
		})
		require.Less(t, allocated, uint64(1<<20), name)
	}
	path := filepath.Join(t.TempDir(), "larger")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	if os.Truncate(path, safetensors.MaxFile+1) == nil {
		_, err := Load(path)
		requireFileError(t, err, "want at most 68719476736")
	}
}
