package safetensors

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// What safetensors 0.8.0 for Python wrote for {"b": float32 [[1, -2]], "a": float64 [0.5], "i":
// int64 7} with metadata {"k": "v"}.
const ofPython = "" +
	"c0000000000000007b225f5f6d657461646174615f5f223a7b226b223a2276227d2c2269223a7b226474797065223a22493634222c227368" +
	"617065223a5b5d2c22646174615f6f666673657473223a5b302c385d7d2c2261223a7b226474797065223a22463634222c22736861706522" +
	"3a5b315d2c22646174615f6f666673657473223a5b382c31365d7d2c2262223a7b226474797065223a22463332222c227368617065223a5b" +
	"312c325d2c22646174615f6f666673657473223a5b31362c32345d7d7d2020200700000000000000000000000000e03f0000803f000000c0"

func TestSafetensorsOfPython(t *testing.T) {
	file, err := hex.DecodeString(ofPython)
	require.NoError(t, err)
	metadata, tensors, err := Parse(file)
	require.NoError(t, err)
	require.Equal(t, map[string]string{"k": "v"}, metadata)
	require.Len(t, tensors, 3)
	for _, x := range tensors {
		switch x.Name {
		case "a":
			require.Equal(t, []float64{.5}, x.Float64s())
		case "b":
			require.Equal(t, []int64{1, 2}, x.Shape)
			require.Equal(t, []float32{1, -2}, x.Float32s())
		default:
			require.Equal(t, Tensor{Name: "i", Dtype: "I64", Shape: []int64{}, Data: []byte{7, 0, 0, 0, 0, 0, 0, 0}}, x)
		}
	}
}

// The Go side of testdata/check_safetensors.py.
func TestReadFromPython(t *testing.T) {
	dir := os.Getenv("SOFTLOSS_CHECK_SAFETENSORS")
	if dir == "" {
		t.Skip("run by testdata/check_safetensors.py")
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*.safetensors"))
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		file, err := os.ReadFile(path)
		require.NoError(t, err)
		metadata, tensors, err := Parse(file)
		require.NoError(t, err, path)
		text, err := os.ReadFile(path[:len(path)-len("safetensors")] + "json")
		require.NoError(t, err)
		var want struct {
			Metadata map[string]string
			Tensors  map[string]struct {
				Dtype, Data string
				Shape       []int64
			}
		}
		require.NoError(t, json.Unmarshal(text, &want))
		require.Len(t, tensors, len(want.Tensors))
		for _, x := range tensors {
			w := want.Tensors[x.Name]
			require.Equal(t, w.Dtype, x.Dtype)
			require.Equal(t, w.Shape, x.Shape)
			require.Equal(t, w.Data, hex.EncodeToString(x.Data))
		}
		require.Len(t, metadata, len(want.Metadata))
		for k, v := range want.Metadata {
			require.Equal(t, v, metadata[k])
		}
		_, err = Decode(file, "any")
		requireError(t, err, "without a checksum")
	}
}
