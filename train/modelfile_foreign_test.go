package train

import (
	"math"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/train/internal/safetensors"
)

// Sealed files that are no model: what a program other than this one, or a later version, could write.
func TestLoadForeign(t *testing.T) {
	good := savedSample()
	parts := func() (map[string]string, []safetensors.Tensor) {
		return map[string]string{"kind": modelKind, "formula": modelFormula}, layerTensors("layer.", good.Model.layers)
	}
	for name, c := range map[string]struct {
		change func(metadata map[string]string, tensors []safetensors.Tensor) []safetensors.Tensor
		text   string
	}{
		"kind": {func(m map[string]string, x []safetensors.Tensor) []safetensors.Tensor {
			m["kind"] = "softloss model 2"
			return x
		}, `got a file of kind "softloss model 2", want "softloss model 1"`},
		"no kind": {func(m map[string]string, x []safetensors.Tensor) []safetensors.Tensor { delete(m, "kind"); return x }, `got a file of kind ""`},
		"formula": {func(m map[string]string, x []safetensors.Tensor) []safetensors.Tensor {
			m["formula"] = "tanh"
			return x
		}, `got the formula "tanh"`},
		"more metadata":   {func(m map[string]string, x []safetensors.Tensor) []safetensors.Tensor { m["more"] = "1"; return x }, `unknown key "more"`},
		"no tensors":      {func(_ map[string]string, _ []safetensors.Tensor) []safetensors.Tensor { return nil }, `got no tensor "layer.0.weight"`},
		"no bias":         {func(_ map[string]string, x []safetensors.Tensor) []safetensors.Tensor { return x[:3] }, `got no tensor "layer.1.bias"`},
		"a layer between": {func(_ map[string]string, x []safetensors.Tensor) []safetensors.Tensor { return x[2:] }, `got no tensor "layer.0.weight"`},
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
		}, `got no tensor "scaler.std"`},
		"std alone": {func(_ map[string]string, x []safetensors.Tensor) []safetensors.Tensor {
			return append(x, safetensors.Doubles("scaler.std", make([]float64, 3)))
		}, `unknown tensor "scaler.std"`},
		"std 0": {func(_ map[string]string, x []safetensors.Tensor) []safetensors.Tensor {
			return append(x, safetensors.Doubles("scaler.mean", make([]float64, 3)), safetensors.Doubles("scaler.std", make([]float64, 3)))
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
		}, "temperature: got -1"},
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
	// A safetensors file of someone else has no checksum.
	path := filepath.Join(t.TempDir(), "foreign.safetensors")
	require.NoError(t, os.WriteFile(path, rawFile(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, "12345678"), 0o600))
	_, err := Load(path)
	requireFileError(t, err, "foreign.safetensors: got a header without a checksum")
}

// Of a large foreign file, no more than its start is read.
func TestLoadReadsNoMoreThanNeeded(t *testing.T) {
	for name, start := range map[string]string{
		"zeros":   "",
		"foreign": string(rawFile(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`+string(make([]byte, 100)), "")),
	} {
		path := filepath.Join(t.TempDir(), "large")
		require.NoError(t, os.WriteFile(path, []byte(start), 0o600))
		require.NoError(t, os.Truncate(path, 1<<30))
		allocated := allocatedBy(func() {
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

// allocatedBy returns how many bytes a function allocated, all goroutines counted.
func allocatedBy(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
