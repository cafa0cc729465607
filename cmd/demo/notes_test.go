package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/cmd/demo/internal/cli"
	"softloss/cmd/demo/internal/record"
	"softloss/internal/numtest"
)

// notes are the notes of a run, one a line.
func notes(t *testing.T, args string) []string {
	t.Helper()
	code, stdout, stderr := demo(t, strings.Fields(args)...)
	require.Equal(t, exitDone, code, stderr)
	var out []string
	for line := range strings.Lines(stdout) {
		if text, ok := strings.CutPrefix(line, "note     "); ok {
			out = append(out, strings.TrimSpace(text))
		}
	}
	return out
}

func TestNotes(t *testing.T) {
	shapes := testdata("shapes.csv")
	t.Chdir(t.TempDir())
	write := func(name, text string) { require.NoError(t, os.WriteFile(name, []byte(text), 0o666)) }
	write("flowers.csv", "kind;petal\n"+strings.Repeat("a;0.5\nb;1.5\n", 10))
	write("few.csv", "x,kind\n1,a\n2,a\n1,a\n2,b\n")
	write("three.csv", "x,kind\n1,a\n2,b\n3,c\n")
	write("numbers.csv", "length,petal\n"+strings.Repeat("1,0.5\n2,1.5\n", 10))
	const quick = " -epochs 1 -hidden none -noplots"
	for args, want := range map[string]string{
		"-data flowers.csv":           `the classes are numbers of "petal"; -label NAME takes another column`,
		"-patience 1 -data " + shapes: "-patience is unreliable with so few validation rows; -validation 0.3 holds out more",
		"-patience 1 -calibrate -validation 0.3 -data " + shapes: "-patience and -calibrate are unreliable with so few " +
			"validation rows",
		"-patience 1 -calibrate -thresholds -data few.csv -test 0.25 -validation 0.4": "-patience, -calibrate and " +
			"-thresholds are unreliable with so few validation rows",
		"-data few.csv -test 0.25":          "1 of 2 classes has no test row: the test says nothing of it",
		"-data three.csv -testdata few.csv": "1 of 3 classes has no test row: the test says nothing of it",
		"-noise 0.4 -calibrate": "validation labels have the noise, too: on clean rows, such as those of the test, do " +
			"not trust -calibrate",
		"-alpha 3": "-alpha 3 is above 1: smoothed labels are no longer shares of one row",
		"-warmup 99": "-warmup 99 is longer than the training, 1 epoch: the learning rate stays " +
			"below 0.001",
	} {
		assert.Contains(t, notes(t, args+quick), want, args)
	}
	for args, column := range map[string]string{"flowers.csv -label kind": "kind", "numbers.csv": "petal",
		shapes: "kind"} {
		_, stdout, _ := demo(t, strings.Fields("-data "+args+quick)...)
		assert.Contains(t, stdout, fmt.Sprintf(" classes in the column %q\n", column))
		assert.NotContains(t, stdout, "-label NAME", args)
	}
	assert.Empty(t, notes(t, "-alpha 1 -warmup 1 -patience 1"+quick))
	assert.Empty(t, notes(t, "-noise 0.4 -patience 1"+quick), "the best epoch is about the same")
}

// A small file is trained for about a thousand steps, built-in data as long as always.
func TestDefaultEpochs(t *testing.T) {
	for args, want := range map[string]string{
		"FILE":                       "1000 epochs in batches of 64, learning rate 0.03, L2 0.021",
		"FILE -batch 10":             "200 epochs in batches of 10, learning rate 0.03, L2 0.021",
		"FILE -batch 1":              "30 epochs in batches of 1, learning rate 0.03, L2 0.021",
		"FILE -epochs 1 -l2 0 -lr 1": "1 epoch in batches of 64, learning rate 1",
		"FILE -epochs 1":             "1 epoch in batches of 64, learning rate 0.03, L2 0.021",
		"housing":                    "300 epochs in batches of 64, learning rate 0.01",
		"housing -epochs 2 -lr 0.1":  "2 epochs in batches of 64, learning rate 0.1",
	} {
		isFile := strings.HasPrefix(args, "FILE")
		args = "-data " + strings.Replace(args, "FILE", testdata("shapes.csv"), 1)
		code, stdout, stderr := demo(t, strings.Fields(args+" -noplots -hidden none -json -")...)
		require.Equal(t, exitDone, code, stderr)
		assert.Contains(t, stderr, "\ntraining "+want+", seed 1\n", args)
		s := decode(t, []byte(stdout))
		assert.Len(t, s.History, s.Config.Epochs, args)
		if isFile {
			assert.Equal(t, "kind", s.Data.Label)
		}
	}
}

// A run that Ctrl-C would replace is named, and how to go on with it.
func TestOldRun(t *testing.T) {
	t.Chdir(t.TempDir())
	stop := func(args string) string {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		stdout := &cancelAt{text: "    1  ", cancel: cancel}
		var stderr bytes.Buffer
		require.Equal(t, exitInterrupted, execute(ctx, nil, strings.Fields(args), cli.Console{Stdout: stdout, Stderr: &stderr,
			Program: "demo"}), stderr.String())
		return stdout.String()
	}
	stop("-out a -epochs 100 -hidden 8")
	dir := filepath.Join("a", record.CheckpointFolder)
	assert.Contains(t, notes(t, "-out a -epochs 1 -hidden 8"),
		fmt.Sprintf("%s holds a run stopped after 1 epoch; -checkpoint %s -resume goes on with it, Ctrl-C would replace it",
			dir, dir))
	assert.Empty(t, notes(t, "-out b -epochs 1 -hidden 8"))
	assert.Contains(t, stop("-noplots -epochs 100 -hidden 8 -out c"), "saved in "+filepath.Join("c",
		record.CheckpointFolder)+"; to go on:\n")
}

// What may be a fault of the table, and is learned from all the same.
func TestNotesAboutColumns(t *testing.T) {
	t.Chdir(t.TempDir())
	var b strings.Builder
	b.WriteString("Unnamed: 0,x,kind\n")
	for i := range 300 {
		fmt.Fprintf(&b, "%d,%d,%s\n", i, i%7, []string{"yes", "no", "Yes"}[i%3])
	}
	require.NoError(t, os.WriteFile("t.csv", []byte(b.String()), 0o666))
	assert.Equal(t, []string{`the column "Unnamed: 0" counts the rows: -drop 'Unnamed: 0' leaves it out`,
		`"Yes" and "yes" differ in capital letters alone: are they the same?`}, notes(t, "-data t.csv -epochs 1 -noplots"))
	b.Reset()
	b.WriteString("size,day,kind\n")
	for i := range 60 {
		fmt.Fprintf(&b, "A%d,2024-01-%02d,%s\n", i%3, i%9+1, []string{"a", "b"}[i%2])
	}
	require.NoError(t, os.WriteFile("days.csv", []byte(b.String()), 0o666))
	assert.Contains(t, notes(t, "-data days.csv -header yes -epochs 1 -noplots"), `what stands in the column "day", `+
		`such as "2024-01-01", is no number as it is read here: each is taken for a word of its own; -drop day leaves it out`)
}

// Classes that no row is of, such as the first of labels that count from 1.
func TestNotesAboutClasses(t *testing.T) {
	t.Chdir(t.TempDir())
	from1, of3, some := make([]byte, 40), make([]byte, 40), make([]byte, 40)
	for i := range from1 {
		from1[i], of3[i], some[i] = byte(1+i%3), byte(i%3), byte(7*(i%3))
	}
	for name, labels := range map[string][]byte{"from1": from1, "of3": of3, "some": some} {
		require.NoError(t, os.WriteFile(name, numtest.IDX(labels, 40), 0o666))
	}
	require.NoError(t, os.WriteFile("x", numtest.IDX(slices.Repeat(of3, 4), 40, 2, 2), 0o666))
	for labels, want := range map[string]string{
		"from1": "no row is of the first class: the classes of -labels count from 0; if these do from 1, take 1 from each",
		"some":  "12 of 15 classes have no training row: nothing is learnt of them",
	} {
		assert.Contains(t, notes(t, "-epochs 1 -noplots -data x -labels "+labels), want)
	}
	for _, note := range notes(t, "-epochs 1 -noplots -data x -labels of3") {
		assert.NotContains(t, note, "classes")
	}
}
