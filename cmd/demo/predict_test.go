package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/cmd/demo/internal/cli"
	"softloss/cmd/demo/internal/predict"
	"softloss/cmd/demo/internal/record"
)

// shapesModel trains on shapes.csv in a folder of its own and returns the path of the model.
func shapesModel(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	code, _, stderr := demo(t, "-data", testdata("shapes.csv"), "-epochs", "40", "-lr", "0.01", "-quiet", "-out", dir)
	require.Equal(t, exitDone, code, stderr)
	return filepath.Join(dir, record.ModelFile)
}

func TestPredict(t *testing.T) {
	model := shapesModel(t)
	t.Chdir(t.TempDir())
	// The columns of testdata/shapes.csv in another order, without the class and with one that is
	// not asked for.
	table := "colour,note,height,width\nred,hello,2.84,3.47\nblue,,2.27,6.56\ngreen,,6.46,0.55\n"
	require.NoError(t, os.WriteFile("new.csv", []byte(table), 0o666))
	code, stdout, stderr := demo(t, "predict", "new.csv", "-model", model)
	require.Equal(t, exitDone, code, stderr)
	assert.Regexp(t, `^  row  class  probability
    1  disc +\d+\.\d\d %
    2  plate +\d+\.\d\d %
    3  rod +\d+\.\d\d %
$`, stdout)

	code, stdout, _ = demo(t, "predict", "-json", "-model", model, "new.csv")
	require.Equal(t, exitDone, code)
	var got []predict.Prediction
	require.NoError(t, json.Unmarshal([]byte(stdout), &got))
	require.Len(t, got, 3)
	assert.Equal(t, "plate", got[1].Class)
	assert.Equal(t, got[1].Probability, got[1].Probabilities["plate"])
	var sum float32
	for _, p := range got[1].Probabilities {
		sum += p
	}
	assert.InDelta(t, 1, sum, 1e-6)

	require.NoError(t, os.WriteFile("new.csv", []byte(strings.ReplaceAll(table, ",", "|")), 0o666))
	code, bars, stderr := demo(t, "predict", "-comma", "|", "-json", "-model", model, "new.csv")
	require.Equal(t, exitDone, code, stderr)
	assert.Equal(t, stdout, bars)

	require.NoError(t, os.WriteFile("pink.csv", []byte("colour,height,width\npink,0.55,6.46\n"), 0o666))
	code, _, stderr = demo(t, "predict", "-unseen", "zeros", "-model", model, "pink.csv")
	assert.Equal(t, exitDone, code, stderr)

	// Without a header: numbers in the order of the model's features, colours as 0 and 1.
	require.NoError(t, os.WriteFile("bare.csv", []byte("6.56,2.27,1,0,0\n"), 0o666))
	code, stdout, stderr = demo(t, "predict", "-header", "no", "-model", model, "bare.csv")
	require.Equal(t, exitDone, code, stderr)
	assert.Contains(t, stdout, "plate")
}

// A filter: rows from stdin, every format with the same numbers.
func TestPredictFormats(t *testing.T) {
	model := shapesModel(t)
	const rows = "width,height,colour\n3.47,2.84,red\n6.56,2.27,blue\n"
	run := func(format string) string {
		var out, err bytes.Buffer
		c := cli.Console{Stdin: strings.NewReader(rows), Stdout: &out, Stderr: &err, Program: "demo"}
		require.Equal(t, exitDone, execute(context.Background(), []string{"predict", "-model", model, "-format",
			format, "-"}, c),
			err.String())
		return out.String()
	}
	var list []predict.Prediction
	require.NoError(t, json.Unmarshal([]byte(run("json")), &list))
	lines := strings.Split(strings.TrimSpace(run("jsonl")), "\n")
	table, err := csv.NewReader(strings.NewReader(run("csv"))).ReadAll()
	require.NoError(t, err)
	require.Equal(t, []int{2, 2, 3}, []int{len(list), len(lines), len(table)})
	assert.Equal(t, []string{"row", "class", "probability", "disc", "plate", "rod"}, table[0])
	for i, p := range list {
		var line predict.Prediction
		require.NoError(t, json.Unmarshal([]byte(lines[i]), &line))
		assert.Equal(t, p, line)
		assert.Equal(t, []string{fmt.Sprint(p.Row), p.Class, fmt.Sprint(p.Probability)}, table[i+1][:3])
		assert.Equal(t, fmt.Sprint(p.Probabilities["rod"]), table[i+1][5])
	}
	assert.Equal(t, 3, strings.Count(run("text"), "\n"))
	_, _, stderr := demo(t, "predict", "-model", model, "-format", "xml", "-")
	assert.Equal(t, "demo: invalid value \"xml\" for flag -format: want text, csv, jsonl or json\n", stderr)
}

// The model file and the run that saved it say the same of the same rows.
func TestPredictIsTheTrainedModel(t *testing.T) {
	dir := t.TempDir()
	code, _, stderr := demo(t, "-data", testdata("shapes.csv"), "-epochs", "3", "-quiet", "-out", dir)
	require.Equal(t, exitDone, code, stderr)
	text, err := os.ReadFile(filepath.Join(dir, record.SummaryFile))
	require.NoError(t, err)
	s := decode(t, text)
	code, stdout, _ := demo(t, "predict", "-json", "-model", filepath.Join(dir, record.ModelFile), testdata("shapes.csv"))
	require.Equal(t, exitDone, code)
	var got []predict.Prediction
	require.NoError(t, json.Unmarshal([]byte(stdout), &got))
	rows, err := os.ReadFile(testdata("shapes.csv"))
	require.NoError(t, err)
	right := 0
	for i, line := range strings.Split(strings.TrimSpace(string(rows)), "\n")[1:] {
		if strings.HasSuffix(line, ","+got[i].Class) {
			right++
		}
	}
	want := float64(s.TrainAccuracy)*float64(s.Data.TrainRows) + float64(s.TestAccuracy)*float64(s.Data.TestRows)
	assert.InDelta(t, want, float64(right), 1e-6, "right rows of training and test together")
}

func TestPredictErrors(t *testing.T) {
	model := shapesModel(t)
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{
		"few.csv": "width\n1\n", "word.csv": "width,height,colour\n1,x,red\n",
		"pink.csv":  "width,height,colour\n1,2,red\n1,2,pink\n",
		"empty.csv": "", "head.csv": "width,height,colour\n", "ragged.csv": "width,height,colour\n1,2\n",
		"wide.csv": "1,2,3\n", "bad.safetensors": "no model",
		"nan.csv": "width,height,colour\nNaN,1,red\n", "gap.csv": "width;height;colour\n;1;red\n", "words.csv": "a,b\nx,y\n",
	} {
		require.NoError(t, os.WriteFile(name, []byte(text), 0o666))
	}
	require.NoError(t, os.Mkdir("folder", 0o777))
	require.NoError(t, os.WriteFile(filepath.Join("folder", record.OnnxFile), []byte("a graph of operators"), 0o666))
	require.NoError(t, os.WriteFile("x.npy", npyBytes("<f4", []float32{1, 2}, 1, 2), 0o666))
	require.NoError(t, os.WriteFile("y.npy", npyBytes("<i8", []int64{1, 2}, 2), 0o666))
	for _, tc := range []struct{ args, want string }{
		{"few.csv", `few\.csv: columns are missing that the model needs: "height", "colour"; the file has "width"; the model is .+model\.safetensors, which tells apart "disc", "plate", "rod"`},
		{"word.csv", `word\.csv: line 2 column 2 \("height"\): got "x", want a number`},
		{"nan.csv", `nan\.csv: line 2 column 1 \("width"\): got "NaN", want a number; a model trained with -missing impute fills it in`},
		{"pink.csv", `pink\.csv: line 3 column 3 \("colour"\): got "pink", want one of "blue", "green", "red", which the model was trained with; -unseen zeros takes it for none of these`},
		{"empty.csv", `empty\.csv: got no rows, want at least one`},
		{"head.csv", `head\.csv: line 1: got a header and nothing below it, want at least one row`},
		{"ragged.csv", `ragged\.csv: line 2: got 2 cells, want 3, as on line 1`},
		{"gap.csv", `gap\.csv: line 2 column 1 \("width"\): got "", want a number; a model trained with -missing impute fills it in`},
		{"words.csv", `words\.csv: line 1: got a line that may or may not be a header .+; say -header yes or -header no`},
		{"-header no wide.csv", `wide\.csv: line 1: got 3 columns, want 5, the features of the model in their order`},
		{"-header maybe wide.csv", `invalid value "maybe" for flag -header: want auto, yes or no`},
		{"folder", `folder: is a folder, want a file`},
		{"-model folder few.csv", `-model folder: is a folder; want the model file in it, folder/model\.safetensors`},
		{"-model folder/model.onnx few.csv",
			`-model folder/model\.onnx: is an ONNX file, which is for other programs; want the one beside it, folder/model\.safetensors`},
		{"none.csv", `none\.csv: no such file`},
		{"", `got 0 files, want the file to predict, or - for stdin: demo predict -model .+ FILE`},
		{"-model none few.csv", `-model none: no such file; demo train saves one`},
		{"x.npy", `x\.npy: got 2 features, want 5, the features of the model`},
		{"y.npy", `y\.npy: .+are these the labels\?.+`},
		{"-model bad.safetensors few.csv", `-model: bad\.safetensors: is no safetensors file, or cut off: .*`},
	} {
		args := append([]string{"predict", "-model", model}, strings.Fields(tc.args)...)
		code, stdout, stderr := demo(t, args...)
		assert.Equal(t, exitUsage, code, tc.args)
		assert.Empty(t, stdout)
		assert.Regexp(t, "^demo: "+tc.want+"\n$", stderr)
	}
}
