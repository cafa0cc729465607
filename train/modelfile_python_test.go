package train

import (
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

// tableJSON returns the rows of a tensor, with nil for NaN.
func tableJSON(d *tensor.Dense) [][]*float32 {
	rows, k := make([][]*float32, d.Shape()[0]), d.Shape()[1]
	for i, v := range d.Float32s() {
		cell := &v
		if v != v {
			cell = nil
		}
		rows[i/k] = append(rows[i/k], cell)
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

func TestWriteForONNXRuntime(t *testing.T) {
	dir := checkFolder(t, "SOFTLOSS_CHECK_ONNX")
	r := rand.New(rand.NewPCG(1, 1))
	random := func(n, d int) *tensor.Dense {
		x := make([]float32, n*d)
		for i := range x {
			x[i] = float32(r.NormFloat64())
		}
		return table(x, n, d)
	}
	full, questions := onnxSample(), onnxSample()
	questions.Model = asked(t, questions.Model)
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
		"questions":   {questions, onnxFeatures(true)},
		"model":       {bare(full.Model), random(20, 3)},
		"scaler":      {&Saved{Model: full.Model, Scaler: full.Scaler}, onnxFeatures(true)},
		"fill":        {&Saved{Model: full.Model, Scaler: full.Scaler, Fill: onnxFill}, withHoles(onnxFeatures(true))},
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
		if c.s.Fill != nil {
			scaled, err = dataset.FillIn(scaled, c.s.Fill)
			require.NoError(t, err)
		}
		if c.s.Scaler != nil {
			scaled, err = c.s.Scaler.Transform(scaled)
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
