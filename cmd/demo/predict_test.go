package main

import (
	"bytes"
	"compress/gzip"
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
		require.Equal(t, exitDone, execute(context.Background(), nil, []string{"predict", "-model", model, "-format",
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
		"few.csv":   "width\n1\n",
		"empty.csv": "", "head.csv": "width,height,colour\n", "twice.csv": "width,height,colour,width\n1,2,red,3\n",
		"wide.csv": "1,2,3\n", "bad.safetensors": "no model", "words.csv": "a,b\nx,y\n",
	} {
		require.NoError(t, os.WriteFile(name, []byte(text), 0o666))
	}
	require.NoError(t, os.Mkdir("folder", 0o777))
	require.NoError(t, os.WriteFile(filepath.Join("folder", record.OnnxFile), []byte("a graph of operators"), 0o666))
	require.NoError(t, os.WriteFile("x.npy", npyBytes("<f4", []float32{1, 2}, 1, 2), 0o666))
	require.NoError(t, os.WriteFile("y.npy", npyBytes("<i8", []int64{1, 2}, 2), 0o666))
	for _, tc := range []struct{ args, want string }{
		{"few.csv", `few\.csv: columns are missing that the model needs: "height", "colour"; the file has "width"; the ` +
			`model is .+model\.safetensors, which tells apart "disc", "plate", "rod"`},
		{"twice.csv", `twice\.csv: columns 1 and 4: got the name "width" for both, want one, which the model needs; .+`},
		{"-id nr head.csv", `-id nr: no such column in head\.csv; the columns are "width", "height", "colour"`},
		{"-id 1 x.npy", `-id is for a table, but x\.npy is an NPY file`},
		{"empty.csv", `empty\.csv: got no rows, want at least one`},
		{"head.csv", `head\.csv: line 1: got a header and nothing below it, want at least one row`},
		{"words.csv", `words\.csv: line 1: got a line that may or may not be a header .+; say -header yes or -header no`},
		{"-header no wide.csv", `wide\.csv: line 1: got 3 columns, want 5, the features of the model in their order`},
		{"-header maybe wide.csv", `invalid value "maybe" for flag -header: want auto, yes or no`},
		{"folder", `folder: is a folder, want a file`},
		{"-model folder few.csv", `-model folder: is a folder; want the model file in it, folder/model\.safetensors`},
		{"-model folder/model.onnx few.csv",
			`-model folder/model\.onnx: is an ONNX file, which is for other programs; want the one beside it, ` +
				`folder/model\.safetensors`},
		{"none.csv", `none\.csv: no such file`},
		{"", `got 0 files, want the file to predict, or - for stdin: demo predict -model .+ FILE`},
		{"-model none few.csv", `-model none: no such file; demo train saves one`},
		{"x.npy", `x\.npy: got 2 features, want 5, the features of the model`},
		{"y.npy", `y\.npy: .+are these the labels\?.+`},
		{"-model bad.safetensors few.csv", `-model: bad\.safetensors: is no safetensors file, or cut off: .*`},
	} {
		refused(t, "predict -model "+model+" "+tc.args, tc.want)
	}
}

// A row that cannot be read is an error of its own: the others are answered, and it keeps its
// place.
func TestPredictRowErrors(t *testing.T) {
	model := shapesModel(t)
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("t.csv", []byte("nr,width,height,colour\na,6.56,2.27,blue\nb,1,2,pink\n"+
		"\"c\nd\",1,x,red\ne,NaN,1,red\nf,1\ng,0.55,6.46,green\n"), 0o666))
	faults := []string{
		`line 3 column 4 \("colour"\): got "pink", want one of "blue", "green", "red", which the model was trained with; ` +
			`-unseen zeros takes it for none of these`,
		`line 5 column 3 \("height"\): got "x", want a number`,
		`line 6 column 2 \("width"\): got "NaN", want a number; a model trained with -missing impute fills it in`,
		`line 7: got 2 cells, want 4, as on line 1`,
	}
	for format, want := range map[string]string{
		"text": `^  row  class  probability  nr\n    1  plate +\d+\.\d\d %  a\n    2 +error  b\n    3 +error  c d\n` +
			`    4 +error  e\n    5 +error\n    6  rod  .* %  g\n$`,
		"csv": `^row,nr,class,probability,disc,plate,rod\n` +
			`1,a,plate,.+\n2,b,,,,,\n3,"c\nd",,,,,\n4,e,,,,,\n5,,,,,,\n6,g,rod,.+\n$`,
		"jsonl": `^{"row":1,"id":"a","class":"plate",.+}\n{"row":2,"id":"b","error":"line 3 ` +
			`.+"}\n{"row":3,"id":"c\\nd","error":.+}` +
			`\n{"row":4,.+}\n{"row":5,"error":.+}\n{"row":6,"id":"g","class":"rod",.+}\n$`,
	} {
		code, stdout, stderr := demo(t, "predict", "-model", model, "-id", "nr", "-format", format, "t.csv")
		assert.Equal(t, exitUsage, code)
		assert.Regexp(t, want, stdout)
		assert.Regexp(t, "^demo: t.csv: "+strings.Join(faults, "\ndemo: t.csv: ")+
			"\ndemo: t.csv: 4 of 6 rows could not be read and have no prediction\n$", stderr)
	}
}

// So is a row whose numbers leave float32 as they are scaled, or in a sum of the model.
func TestPredictTooLargeRows(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{
		"t.csv":     "a,b,kind\n" + strings.Repeat("1,2,x\n9,7,y\n8,8,y\n2,1,x\n", 4),
		"small.csv": "a,b,kind\n" + strings.Repeat("0.1,0.2,x\n0.3,0.1,y\n", 8),
		"new.csv":   "a,b\n1,2\n3e38,-3e38\n9,9\n",
		"rows.csv":  "a,b,kind\n1,2,x\n3e38,-3e38,y\n",
	} {
		require.NoError(t, os.WriteFile(name, []byte(text), 0o666))
	}
	for _, file := range []string{"t.csv", "small.csv"} {
		code, _, stderr := demo(t, "train", "-data", file, "-epochs", "30", "-noplots")
		require.Equal(t, exitDone, code, stderr)
		code, stdout, stderr := demo(t, "predict", "-format", "jsonl", "new.csv")
		assert.Equal(t, exitUsage, code)
		assert.Regexp(t, `^{"row":1,"class":.+}\n{"row":2,"error":"row 2: .+"}\n{"row":3,"class":.+}\n$`, stdout)
		assert.Equal(t, "demo: new.csv: row 2: its numbers are too large for the model\n"+
			"demo: new.csv: 1 of 3 rows could not be read and have no prediction\n", stderr)
	}
	code, _, stderr := demo(t, "train", "-data", "t.csv", "-epochs", "30", "-noplots")
	require.Equal(t, exitDone, code, stderr)
	refused(t, "evaluate demo-out/model.safetensors rows.csv", `rows\.csv: row 2: its numbers are too large for the model`)
}

// Where a table ends, by a quote that is not closed or by damage, the rows above have been
// answered.
func TestPredictEndsEarly(t *testing.T) {
	model := shapesModel(t)
	t.Chdir(t.TempDir())
	rows := "width,height,colour\n6.56,2.27,blue\n"
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	z.Write([]byte(rows + strings.Repeat("1,1,red\n", 5000))) // more than is looked at first
	require.NoError(t, z.Flush())
	require.NoError(t, os.WriteFile("quote.csv", []byte(rows+"1,1,\"red\n1,1,red\n1,1,red\n"), 0o666))
	require.NoError(t, os.WriteFile("cut.csv.gz", packed.Bytes(), 0o666))
	for name, want := range map[string]string{
		"quote.csv": "line 3: got a quote that is not closed: everything from it to the end of the file, line 5, is one " +
			"cell, .+\ndemo: quote.csv: 1 of 2 rows could not be read and have no prediction",
		"cut.csv.gz": "gzip data: ends early, want the whole file",
	} {
		code, stdout, stderr := demo(t, "predict", "-model", model, "-format", "csv", name)
		assert.Equal(t, exitUsage, code)
		assert.Contains(t, stdout, "\n1,plate,")
		assert.Regexp(t, "^demo: "+name+": "+want+"\n$", stderr)
	}
}

// A table may be longer than what is read at once; its lines are counted from its beginning.
func TestPredictLongTable(t *testing.T) {
	model := shapesModel(t)
	const rows = 9000
	var b strings.Builder
	for i := range rows {
		fmt.Fprintf(&b, "%d,0.55,6.46,0,%d,0\n\n", i, i%2)
	}
	b.WriteString("x,y,1,0,0,0\n")
	var out, errs bytes.Buffer
	c := cli.Console{Stdin: strings.NewReader(b.String()), Stdout: &out, Stderr: &errs, Program: "demo"}
	code := execute(context.Background(), nil, strings.Fields("predict -model "+model+" -header no -id 1 -format csv -"),
		c)
	assert.Equal(t, exitUsage, code)
	assert.Regexp(t, fmt.Sprintf(`^demo: stdin: line %d column 2: got "y", want a number\n`, 2*rows+1), errs.String())
	lines := strings.Split(out.String(), "\n")
	require.Len(t, lines, rows+3)
	assert.Equal(t, "row,1,class,probability,disc,plate,rod", lines[0])
	for i := range rows {
		require.True(t, strings.HasPrefix(lines[i+1], fmt.Sprintf("%d,%d,", i+1, i)), lines[i+1])
		require.Equal(t, strings.SplitN(lines[i+1], ",", 3)[2], strings.SplitN(lines[1+i%2], ",", 3)[2])
	}
	assert.Equal(t, fmt.Sprintf("%d,x,,,,,", rows+1), lines[rows+1])
}
