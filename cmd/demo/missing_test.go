package main

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/train"
	"softloss/train/dataset"
)

// A model that was trained on a table with empty cells fills them in where it predicts and where it
// is evaluated, with the values of its training: the median of x is 1, the most frequent word red.
func TestFillIsSavedWithTheModel(t *testing.T) {
	t.Chdir(t.TempDir())
	write := func(name, text string) { require.NoError(t, os.WriteFile(name, []byte(text), 0o666)) }
	var b strings.Builder
	b.WriteString("x,colour,kind\n1,NA,a\n,red,a\n")
	for i := range 60 {
		fmt.Fprintf(&b, "%d,%s,%s\n", i%3, []string{"red", "red", "blue"}[i%3], []string{"a", "a", "b"}[i%3])
	}
	write("t.csv", b.String())
	code, stdout, stderr := demo(t, strings.Fields("-data t.csv -missing impute -epochs 20 -lr 0.01 -noplots")...)
	require.Equal(t, exitDone, code, stderr)
	assert.Contains(t, stdout, "note     empty cells became the median, or the most frequent word, of their column; "+
		"the saved model fills them in so\n")

	write("gaps.csv", "x,colour,kind\n9,?,a\n,blue,b\n9,,a\n")
	write("full.csv", "x,colour,kind\n9,red,a\n1,blue,b\n9,red,a\n")
	for _, args := range []string{"predict -format csv %s", "evaluate demo-out/model.safetensors %s"} {
		var outputs []string
		for _, name := range []string{"gaps.csv", "full.csv"} {
			code, stdout, stderr := demo(t, strings.Fields(fmt.Sprintf(args, name))...)
			require.Equal(t, exitDone, code, stderr)
			outputs = append(outputs, strings.ReplaceAll(stdout, name, ""))
		}
		assert.Equal(t, outputs[1], outputs[0], args)
	}
}

// What stands for missing values is learned from the training rows alone.
func TestFillIsThatOfTheTrainingRows(t *testing.T) {
	t.Chdir(t.TempDir())
	var b strings.Builder
	b.WriteString("x,kind\n")
	for i := range 61 {
		fmt.Fprintf(&b, "%d,%s\n", i*i, []string{"a", "b"}[i%2])
	}
	b.WriteString(",a\n,b\n")
	require.NoError(t, os.WriteFile("t.csv", []byte(b.String()), 0o666))
	code, _, stderr := demo(t,
		strings.Fields("-data t.csv -missing impute -test 0.5 -seed 3 -epochs 1 -noplots -quiet")...)
	require.Equal(t, exitDone, code, stderr)
	saved, err := train.Load("demo-out/model.safetensors")
	require.NoError(t, err)
	set, err := dataset.ReadCSVFile("t.csv", dataset.CSVOptions{Missing: dataset.MissingNaN})
	require.NoError(t, err)
	all, err := dataset.FitFill(set)
	require.NoError(t, err)
	learned, _, err := set.Split(0.5, 3)
	require.NoError(t, err)
	want, err := dataset.FitFill(learned)
	require.NoError(t, err)
	assert.Equal(t, want, saved.Fill)
	assert.NotEqual(t, all, saved.Fill)
}
