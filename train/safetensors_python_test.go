package train

import (
	"encoding/hex"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/train/dataset"
)

// What safetensors 0.8.0 for Python wrote for {"b": float32 [[1, -2]], "a": float64 [0.5], "i": int64 7} with metadata {"k": "v"}.
const ofPython = "c0000000000000007b225f5f6d657461646174615f5f223a7b226b223a2276227d2c2269223a7b226474797065223a22493634222c22736861706522" +
	"3a5b5d2c22646174615f6f666673657473223a5b302c385d7d2c2261223a7b226474797065223a22463634222c227368617065223a5b315d2c226461" +
	"74615f6f666673657473223a5b382c31365d7d2c2262223a7b226474797065223a22463332222c227368617065223a5b312c325d2c22646174615f6f" +
	"666673657473223a5b31362c32345d7d7d2020200700000000000000000000000000e03f0000803f000000c0"

// The tests below are the Go side of testdata/check_safetensors.py and testdata/check_onnx.py.

// checkFolder is the folder that a variable names; without one the test is skipped.
func checkFolder(t *testing.T, variable string) string {
	dir := os.Getenv(variable)
	if dir == "" {
		t.Skip("run by a script of testdata, which sets " + variable)
	}
	return dir
}

// writeGiven writes JSON beside a file.
func writeGiven(t *testing.T, path string, v any) {
	text, err := json.Marshal(v)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, text, 0o600))
}

// tableJSON returns the rows of a tensor.
func tableJSON(d *tensor.Dense) (rows [][]float32) {
	k := d.Shape()[1]
	for i := range d.Shape()[0] {
		rows = append(rows, d.Float32s()[i*k:(i+1)*k])
	}
	return rows
}

func TestWriteForPython(t *testing.T) {
	dir := checkFolder(t, "SOFTLOSS_CHECK_SAFETENSORS")
	s, state := onnxSample(), stateSample(4)
	require.NoError(t, s.Save(filepath.Join(dir, "model.safetensors")))
	require.NoError(t, WriteCheckpoint(dir, state))
	probs, err := s.Predict(onnxFeatures(true))
	require.NoError(t, err)
	writeGiven(t, filepath.Join(dir, "given.json"), map[string]any{
		"features": tableJSON(onnxFeatures(true)), "probs": tableJSON(probs),
		"class_names": s.ClassNames, "feature_names": s.FeatureNames, "epoch": state.Epoch,
	})
}

func TestReadFromPython(t *testing.T) {
	dir := checkFolder(t, "SOFTLOSS_CHECK_SAFETENSORS")
	paths, err := filepath.Glob(filepath.Join(dir, "*.safetensors"))
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		file, err := os.ReadFile(path)
		require.NoError(t, err)
		metadata, tensors, err := parseSafetensors(file)
		require.NoError(t, err, path)
		text, err := os.ReadFile(path[:len(path)-len("safetensors")] + "json")
		require.NoError(t, err)
		var want struct {
			Metadata map[string]string
			Tensors  map[string]struct {
				Dtype, Data string
				Shape       []int
			}
		}
		require.NoError(t, json.Unmarshal(text, &want))
		require.Len(t, tensors, len(want.Tensors))
		for _, x := range tensors {
			w := want.Tensors[x.name]
			require.Equal(t, w.Dtype, x.dtype)
			require.Equal(t, w.Shape, x.shape)
			require.Equal(t, w.Data, hex.EncodeToString(x.data))
		}
		require.Len(t, metadata, len(want.Metadata))
		for k, v := range want.Metadata {
			require.Equal(t, v, metadata[k])
		}
		_, err = parseSealed(file, modelKind)
		requireFileError(t, err, "without a checksum")
	}
}

func TestSafetensorsOfPython(t *testing.T) {
	file, err := hex.DecodeString(ofPython)
	require.NoError(t, err)
	metadata, tensors, err := parseSafetensors(file)
	require.NoError(t, err)
	require.Equal(t, map[string]string{"k": "v"}, metadata)
	require.Len(t, tensors, 3)
	for _, x := range tensors {
		switch x.name {
		case "a":
			require.Equal(t, []float64{.5}, x.float64s())
		case "b":
			require.Equal(t, []int{1, 2}, x.shape)
			require.Equal(t, []float32{1, -2}, x.float32s())
		default:
			require.Equal(t, stTensor{"i", "I64", []int{}, []byte{7, 0, 0, 0, 0, 0, 0, 0}}, x)
		}
	}
}

func TestWriteForONNXRuntime(t *testing.T) {
	dir := checkFolder(t, "SOFTLOSS_CHECK_ONNX")
	r := rand.New(rand.NewPCG(1, 1))
	random := func(n, d int) *tensor.Dense {
		x := make([]float32, n*d)
		for i := range x {
			x[i] = float32(r.NormFloat64())
		}
		return dense(x, n, d)
	}
	full := onnxSample()
	large := &Saved{Model: newModel([]int{784, 128, 10}, 3), Scaler: &dataset.Scaler{}, Temperature: math.Pi}
	for j := range 784 {
		large.Scaler.Mean = append(large.Scaler.Mean, math.Sin(float64(j))*100)
		large.Scaler.Std = append(large.Scaler.Std, 1+math.Cos(float64(j))/2)
	}
	pictures := random(33, 784)
	for i, v := range pictures.Float32s() {
		j := i % 784
		pictures.Float32s()[i] = v*float32(large.Scaler.Std[j]) + float32(large.Scaler.Mean[j])
	}
	for name, c := range map[string]struct {
		s *Saved
		x *tensor.Dense
	}{
		"full":        {full, onnxFeatures(true)},
		"model":       {bare(full.Model), random(20, 3)},
		"scaler":      {&Saved{Model: full.Model, Scaler: full.Scaler}, onnxFeatures(true)},
		"temperature": {&Saved{Model: full.Model, Temperature: 2.5, ClassNames: full.ClassNames}, random(20, 3)},
		"linear":      {bare(newModel([]int{5, 3}, 2)), random(20, 5)},
		"one":         {bare(newModel([]int{1, 1, 1}, 2)), random(20, 1)},
		"large":       {large, pictures},
	} {
		f, err := os.Create(filepath.Join(dir, name+".onnx"))
		require.NoError(t, err)
		require.NoError(t, c.s.WriteONNX(f))
		require.NoError(t, f.Close())
		probs, err := c.s.Predict(c.x)
		require.NoError(t, err)
		scaled := c.x
		if c.s.Scaler != nil {
			scaled, err = c.s.Scaler.Transform(c.x)
			require.NoError(t, err)
		}
		logits, err := c.s.Model.Logits(scaled)
		require.NoError(t, err)
		writeGiven(t, filepath.Join(dir, name+".json"), map[string]any{
			"features": tableJSON(c.x), "probs": tableJSON(probs), "logits": tableJSON(logits),
			"class_names": c.s.ClassNames, "feature_names": c.s.FeatureNames,
		})
	}
}
