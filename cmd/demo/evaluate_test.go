package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/cmd/demo/internal/record"
)

// A saved model is as good as the run said, on the test rows it had; columns may stand in any
// order.
func TestEvaluate(t *testing.T) {
	inPairs(t)
	s := summaryOf(t, "-data a-x.npy -labels a-y.npy -testdata b-x.npy -testlabels b-y.npy -epochs 8 -calibrate -noplots")
	code, stdout, stderr := demo(t, "evaluate", "demo-out/model.safetensors", "b-x.npy", "-labels",
		"b-y.npy", "-json", "-")
	require.Equal(t, exitDone, code, stderr)
	var got struct {
		Rows    int
		ECE     record.Float
		Verdict record.Verdict
	}
	require.NoError(t, json.Unmarshal([]byte(stdout), &got))
	assert.Equal(t, 100, got.Rows)
	assert.InDelta(t, float64(s.Calibration.ECEAfter), float64(got.ECE), 1e-5)
	assert.InDelta(t, float64(s.Test.Verdict.Accuracy), float64(got.Verdict.Accuracy), 0)
	assert.InDelta(t, float64(s.Test.Verdict.NLL), float64(got.Verdict.NLL), 1e-5)
	assert.Contains(t, stderr, "\nmean of the classes ")
}

// The columns of a table are found by their names; what does not fit the model is said.
func TestEvaluateTables(t *testing.T) {
	inPairs(t)
	model := shapesModel(t)
	table := "id,kind,colour,height,width\n1,disc,red,2.84,3.47\n2,plate,blue,2.27,6.56\n" +
		"3,rod,green,6.46,0.55\n4,rod,green,6.4,0.5\n"
	require.NoError(t, os.WriteFile("t.csv", []byte(table), 0o666))
	code, stdout, stderr := demo(t, "evaluate", model, "t.csv", "-label", "kind")
	require.Equal(t, exitDone, code, stderr)
	assert.Contains(t, stdout, "\ndata     t.csv: 4 rows\n\naccuracy 100.00 %, calibration error ")

	code, named, stderr := demo(t, "evaluate", model, "t.csv")
	require.Equal(t, exitDone, code, stderr)
	assert.Equal(t, stdout, named, "the model knows the name of the column")
	require.NoError(t, os.WriteFile("rods.csv", []byte("kind,colour,height,width\nrod,green,6.46,0.55\n"), 0o666))
	code, stdout, stderr = demo(t, "evaluate", model, "rods.csv")
	require.Equal(t, exitDone, code, stderr)
	assert.Contains(t, stdout, "\naccuracy 100.00 %", "one class is enough")
	require.NoError(t, os.WriteFile("gap.csv", []byte("kind,colour,height,width\nrod,green,,0.55\n"), 0o666))
	require.NoError(t, os.WriteFile("sort.csv", []byte(strings.ReplaceAll(table, "kind", "sort")), 0o666))

	require.NoError(t, os.WriteFile("u.csv", []byte(strings.ReplaceAll(table, "disc", "sphere")), 0o666))
	require.NoError(t, os.WriteFile("pink.csv", []byte(strings.ReplaceAll(table, "blue", "pink")), 0o666))
	code, _, stderr = demo(t, "evaluate", model, "pink.csv", "-label", "kind", "-unseen", "zeros")
	assert.Equal(t, exitDone, code, stderr)
	for args, want := range map[string]string{
		model + " pink.csv -label kind": `pink\.csv: line 3 column 3 \("colour"\): got "pink", .+; -unseen zeros takes it ` +
			`for none of these`,
		model + " u.csv -label kind": `u\.csv: line 2 column 2 \("kind"\): got "sphere", want one of the classes "disc", ` +
			`"plate", "rod"; -label NAME .+`,
		model: `got 1 argument, want two: demo evaluate MODEL FILE`,
		model + " sort.csv": `-label kind: no such column in sort\.csv; the columns are "id", "sort", "colour", ` +
			`"height", "width"`,
		model + " gap.csv": `gap\.csv: line 2 column 3 \("height"\): got "", want .+; a model trained with -missing impute ` +
			`fills it in`,
		"nosuch t.csv":                  `nosuch: no such file; demo train saves one`,
		model + " nosuch":               `nosuch: no such file; want digits, digits-labels, housing or the path of a file`,
		model + " t.csv -json t.csv/x":  `-json t\.csv/x: its parent is no folder`,
		model + " t.csv -json no/x":     `-json no/x: no such file or directory; want a file in a folder that exists`,
		model + " t.csv -json ./t.csv":  `-json \./t\.csv: is a file that is read, want another one`,
		model + " t.csv -json " + model: `-json .+: is a file that is read, want another one`,
		model + " digits":               `digits: .+ as in the model`,
		model + " digits -drop id -unseen zeros": `-drop and -unseen are for data from a file, but FILE is ` +
			`digits`,
		model + " digits -labels a-x.npy": `-labels is for an IDX or NPY file, but FILE is digits, which has its labels`,
		model + " t.csv -counts":          `-counts needs -soft K: the last K columns count the votes for each class`,
		model + " a-x.npy":                `a-x\.npy: an NPY file has no labels in it; give them with -labels FILE`,
	} {
		refused(t, "evaluate "+args, want)
	}
}

// In a table without a header the features are the columns in their order, but for those of the
// labels, wherever they stand.
func TestEvaluateWithoutHeader(t *testing.T) {
	t.Chdir(t.TempDir())
	write := func(head, row string) {
		text := head
		for i := range 40 {
			text += fmt.Sprintf(row, i%7, i%5, []string{"no", "yes"}[i%2], []string{"no", "yes"}[i/20])
		}
		require.NoError(t, os.WriteFile("t.csv", []byte(text), 0o666))
	}
	evaluation := func(flags string) string {
		code, stdout, stderr := demo(t, strings.Fields("evaluate demo-out/model.safetensors t.csv "+flags)...)
		require.Equal(t, exitDone, code, stderr)
		return stdout
	}
	for _, tc := range []struct{ train, evaluate string }{
		{"-label kind -drop late", "-drop 3,5 -label 1"}, {"-label kind,late", "-drop 3 -label 1,5"},
	} {
		write("a,b,kind,late\n", "%d,%d,%s,%s\n")
		code, _, stderr := demo(t, strings.Fields("-data t.csv -noplots -hidden 2 -epochs 1 "+tc.train)...)
		require.Equal(t, exitDone, code, stderr)
		want := evaluation("")
		write("", "%[3]s,%[1]d,9,%[2]d,%[4]s\n")
		assert.Equal(t, want, evaluation("-header no "+tc.evaluate), tc.train)
	}
	refused(t, "evaluate demo-out/model.safetensors t.csv -header no",
		`-header no: the labels of the model are .+; -label says which columns they are, by their numbers`)
	write("a,b,kind\n", "%d,%d,%s\n%.0[4]s")
	code, _, stderr := demo(t, strings.Fields("-data t.csv -noplots -hidden 2 -epochs 1")...)
	require.Equal(t, exitDone, code, stderr)
	want := evaluation("")
	write("", "%d,%d,%s\n%.0[4]s")
	assert.Equal(t, want, evaluation("-header no"), "the class is in the last column")
}
