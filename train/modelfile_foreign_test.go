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
	type tensors = []safetensors.Tensor
	as := func(key, value string) func(map[string]string, tensors) tensors {
		return func(m map[string]string, x tensors) tensors {
			m[key] = value
			return x
		}
	}
	with := func(at int, other safetensors.Tensor) func(map[string]string, tensors) tensors {
		return func(_ map[string]string, x tensors) tensors {
			if at == len(x) {
				return append(x, other)
			}
			other.Name = x[at].Name
			x[at] = other
			return x
		}
	}
	part := func(from, to int) func(map[string]string, tensors) tensors {
		return func(_ map[string]string, x tensors) tensors { return x[from:to] }
	}
	zeros := safetensors.Doubles("scaler.mean", make([]float64, 3))
	for _, c := range []struct {
		change func(map[string]string, tensors) tensors
		text   string
	}{
		{as("kind", "softloss model 2"), `got a file of kind "softloss model 2", want "softloss model 1"`},
		{as("formula", "tanh"), `got the formula "tanh"`},
		{as("more", "1"), `unknown key "more"`},
		{as("temperature", "warm"), `temperature: got "warm"`},
		{as("temperature", "0"), `temperature: got "0"`},
		{as("temperature", "-1"), `temperature: got "-1"`},
		{as("class_names", "[1,2]"), `class_names: got "[1,2]", want a JSON list`},
		{as("class_names", "null"), "want a JSON list"},
		{as("class_names", `["a",null]`), "got null"},
		{as("class_names", `["a"]`), "class names: got 1, want 2"},
		{part(0, 0), `got no tensor "layer.0.weight"`},
		{part(0, 3), `got no tensor "layer.1.bias"`},
		{part(2, 4), `got no tensor "layer.0.weight"`},
		{with(4, safetensors.Doubles("x", nil)), `unknown tensor "x"`},
		{with(1, safetensors.Doubles("", make([]float64, 4))), "got F64 of shape [4], want F32 with 1 dimension"},
		{with(0, safetensors.Singles("", make([]float32, 12), 12)), "want F32 with 2 dimensions"},
		{with(0, safetensors.Singles("", nil, 0, 4)), "shape [0 4]"},
		{with(0, safetensors.Singles("", make([]float32, 12), 4, 3)), "layer 1: bias"},
		{with(1, safetensors.Singles("", []float32{1, 2, 3, float32(math.NaN())}, 4)), "NaN or infinite"},
		{with(4, zeros), "scaler: got 3 means and 0 standard deviations"},
		{with(4, safetensors.Doubles("scaler.std", make([]float64, 3))), "scaler: got 0 means and 3 standard deviations"},
		{func(_ map[string]string, x tensors) tensors {
			return append(x, zeros, safetensors.Doubles("scaler.std", make([]float64, 3)))
		}, "scaler: column 0"},
	} {
		metadata, m := map[string]string{"kind": modelKind, "formula": modelFormula(losses.Criterion{})}, savedSample().Model
		content := safetensors.Encode(metadata, c.change(metadata, layerTensors("layer.", m, m.params())))
		path := filepath.Join(t.TempDir(), "m.safetensors")
		require.NoError(t, os.WriteFile(path, content, 0o600))
		s, err := Load(path)
		requireFileError(t, err, "m.safetensors: ", c.text)
		require.Nil(t, s, c.text)
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
