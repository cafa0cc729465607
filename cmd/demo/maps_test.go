package main

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/losses"
	"softloss/train"
)

// A loss with a map of its own from logits to probabilities: what the run says, the saved model,
// evaluate and predict all go by the map, and no ONNX file, not that of an earlier run either, says
// otherwise.
func TestLossWithItsOwnMap(t *testing.T) {
	t.Chdir(t.TempDir())
	s := summaryOf(t, "-epochs 3 -hidden 16")
	assert.FileExists(t, "demo-out/model.onnx")
	assert.Contains(t, s.Files, "demo-out/model.onnx")

	code, stdout, stderr := demo(t, "-epochs", "5", "-lr", "0.01", "-loss", "sparsemax", "-alpha", "0", "-noplots")
	require.Equal(t, exitDone, code, stderr)
	assert.Contains(t, stdout, "\nnote     probabilities are those of the map of sparsemax, not of a softmax: ONNX has "+
		"no such map, and there will be no model.onnx; a class that it gives 0 and that is the right one costs 87 nats ")
	assert.NoFileExists(t, "demo-out/model.onnx")
	assert.NotContains(t, stdout, "demo-out/model.onnx\n")
	saved, err := train.Load("demo-out/model.safetensors")
	require.NoError(t, err)
	assert.Equal(t, losses.Criterion{Loss: losses.Sparsemax{}}, saved.Model.Criterion())

	code, stdout, stderr = demo(t, "evaluate", "demo-out/model.safetensors", "digits")
	require.Equal(t, exitDone, code, stderr)
	assert.Regexp(t, `\naccuracy 9\d\.\d\d %`, stdout)
	row := "0,0,5,13,9,1,0,0,0,0,13,15,10,15,5,0,0,3,15,2,0,11,8,0,0,4,12,0,0,8,8,0,0,5,8,0,0,9,8,0,0,4,11," +
		"0,1,12,7,0,0,2,14,5," +
		"10,12,0,0,0,0,6,13,10,0,0,0\n"
	require.NoError(t, os.WriteFile("zero.csv", []byte(row), 0o666))
	code, stdout, stderr = demo(t, "predict", "-header", "no", "-format", "csv", "zero.csv")
	require.Equal(t, exitDone, code, stderr)
	assert.Regexp(t, `(,0){5}`, stdout, "classes far behind have probability 0")

	for _, args := range []string{"-calibrate", "-teacher demo-out/model.safetensors"} {
		refused(t, args+" -loss entmax15 -alpha 0", "-loss entmax15: predicts with a map of its own, but -calibrate and "+
			"-teacher are of a softmax or a sigmoid")
	}
	said := notes(t, "-epochs 1 -hidden 4 -loss 2*bitempered -alpha 0 -noplots")
	require.Len(t, said, 1)
	assert.NotContains(t, said[0], "87 nats", "its probabilities are above 0, in a sum too")
	refused(t, "-loss ce+sparsemax", ".+its terms have different ones.+")
}
