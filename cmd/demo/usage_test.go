package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/cmd/demo/internal/cli"
	"softloss/losses"
)

// What is wrong on a command line is said in one line, with what is accepted.
func TestWrongFlags(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, tc := range []struct{ args, want string }{
		{"-nosuch 1", `unknown flag -nosuch; demo train -h lists all`},
		{"-epoch 3", `unknown flag -epoch, did you mean -epochs? demo train -h lists all`},
		{"digits", `unknown command "digits", want train, compare, predict or evaluate; see demo -h`},
		{"trian", `unknown command "trian", did you mean train? see demo -h`},
		{"train digits", `unexpected argument "digits", want flags only; a data file is given with -data`},
		{"-epochs", `flag -epochs needs a value; see demo train -h`},
		{"-epochs 0", `invalid value "0" for flag -epochs: want a whole number from 1 to 1000000`},
		{"-epochs 1.5", `invalid value "1.5" for flag -epochs: want a whole number from 1 to 1000000`},
		{"-batch -1", `invalid value "-1" for flag -batch: want a whole number from 1 to 1000000`},
		{"-lr 0", `invalid value "0" for flag -lr: want a number > 0`},
		{"-lr NaN", `invalid value "NaN" for flag -lr: want a number > 0`},
		{"-lr Inf", `invalid value "Inf" for flag -lr: want a number > 0`},
		{"-alpha -0.1", `invalid value "-0.1" for flag -alpha: want a number >= 0`},
		{"-smoothing no", `invalid value "no" for flag -smoothing: want notebook, uniform or prior`},
		{"-loss hinge", `invalid value "hinge" for flag -loss: loss: "hinge" is unknown, want one of ` +
			strings.Join(losses.LossNames(), ", ")},
		{"-loss ce:q=1", `invalid value "ce:q=1" for flag -loss: loss ce: "q" is no parameter, want ce`},
		{"-hidden 12,,3", `invalid value "12,,3" for flag -hidden: want whole numbers from 1 to 16384 such as 256 or ` +
			`128,64, or none`},
		{"-hidden 0", `invalid value "0" for flag -hidden: want whole numbers from 1 to 16384 such as 256 or 128,64, or ` +
			`none`},
		{"-noise 1.1", `invalid value "1.1" for flag -noise: want a number from 0 to 1`},
		{"-test 1", `invalid value "1" for flag -test: want a number between 0 and 1, both excluded`},
		{"-seed -1", `invalid value "-1" for flag -seed: want a whole number >= 0`},
		{"-header maybe", `invalid value "maybe" for flag -header: want auto, yes or no`},
		{"-quiet=perhaps", `invalid value "perhaps" for flag -quiet: want true or false, or nothing`},
		{"-data=", `invalid value "" for flag -data: want digits, digits-labels, housing or the path of a file`},
		{"-schedule step", `invalid value "step" for flag -schedule: want constant or cosine`},
		{"-mixup -1", `invalid value "-1" for flag -mixup: want a number >= 0`},
		{"-data two.csv -comma ab", `invalid value "ab" for flag -comma: want one character that is no quote, such as ; or ` +
			`the word tab`},
		{"-loss 0*ce", `invalid value "0*ce" for flag -loss: loss 0*ce: every weight is 0, want one above 0: there is ` +
			`nothing to learn`},
		{"-classes cat,,dog", `invalid value "cat,,dog" for flag -classes: number 1 has no name, want one for each class`},
		{"-classes cat,dog,cat", `invalid value "cat,dog,cat" for flag -classes: "cat" is there twice, want each class once`},
		{"compare -seeds 0", `invalid value "0" for flag -seeds: want a whole number from 1 to 1000000`},
		{"compare -epochs 0", `invalid value "0" for flag -epochs: want a whole number from 1 to 1000000`},
		{"compare -lr 0", `invalid value "0" for flag -lr: want a number > 0`},
		{"help nothing", `unknown command "nothing", want train, compare, predict or evaluate; see demo -h`},
	} {
		refused(t, tc.args, regexp.QuoteMeta(tc.want))
	}
	nothingWritten(t)
}

// So are flags that do not go together, and what they name that is not as it must be.
func TestWrongRuns(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("two.csv", []byte("a,kind\n1,x\n2,y\n"), 0o666))
	for _, tc := range []struct{ args, want string }{
		{"-alpha 1.5 -smoothing uniform", `-alpha 1.5: with -smoothing uniform want a number from 0 to 1`},
		{"-noplots -mixup 1e9", `-mixup: got 1e+09, want a number from 0.001 to 1000 (0 is off)`},
		{"-noplots -clip 1e300", `-clip: got 1e+300, want at most 3.4e+38, the largest float32`},
		{"-noplots -lr 1e39", `-lr: got 1e+39, want at most 3.4e+38, the largest float32`},
		{"-noplots -batch 64 -shards 65", `-shards: got 65, want at least 0 (0 means 1) and at most the batch size 64`},
		{"-resume", `-resume needs -checkpoint DIR: the folder of the run to go on with`},
		{"-noplots -checkpoint none -resume", `-resume: no checkpoint in none`},
		{"-label kind", `-label is for data from a file, but -data is digits`},
		{"-data two.csv -label kind -soft 2",
			`-label and -soft exclude each other: the class is in one column or in the last K`},
		{"-data two.csv -soft 1", `-soft 1: want 2 or more columns, one for each class`},
		{"-data two.csv -counts", `-counts needs -soft K: the last K columns count the votes for each class`},
		{"-data mnist", `-data mnist: no such file; want digits, digits-labels, housing or the path of a file`},
		{"-out two.csv", `-out two.csv: not a directory; want a folder, or a name for a new one`},
		{"-data two.csv -label kind -header no",
			`-label kind and -header no exclude each other: the column is found by its name in the header, or by its number`},
		{"-counts", `-counts is for data from a file, but -data is digits`},
		{"-comma tab", `-comma is for data from a file, but -data is digits`},
		{"-noplots -json demo-out/model.onnx", `-json demo-out/model.onnx: is a file that something else is written to, ` +
			`want another one`},
		{"-noplots -json .", `-json .: is a folder, want a file`},
		{"-noplots -json no/where.json", `-json no/where.json: no such file or directory; want a file in a folder that ` +
			`exists`},
		{"-noplots -json two.csv/x.json", `-json two.csv/x.json: its parent is no folder`},
	} {
		refused(t, tc.args, regexp.QuoteMeta(tc.want))
	}
	nothingWritten(t, "two.csv")
}

// And what is wrong in a table.
func TestWrongTables(t *testing.T) {
	t.Chdir(t.TempDir())
	var prices strings.Builder
	prices.WriteString("a,price\n")
	for i := range 1001 {
		fmt.Fprintf(&prices, "1,%d\n", i)
	}
	for name, text := range map[string]string{
		"bad.csv": "a,kind\n1,x\noops,y\n3,x\n", "words.csv": "a,kind\nred,x\nblue,y\n", "one.csv": "a,kind\n1,x\n2,x\n",
		"bars.csv": "a/kind\n1/x\n2/y\n", "price.csv": prices.String(), "two.csv": "a,kind\n1,x\n2,y\n",
	} {
		require.NoError(t, os.WriteFile(name, []byte(text), 0o666))
	}
	for _, tc := range []struct{ args, want string }{
		{"-data bad.csv", `-data bad\.csv: line 3 column 1 \("a"\): got "oops", want a number.*`},
		{"-data two.csv -label sort", `-label sort: no such column in two\.csv; the columns are "a", "kind"`},
		{"-data bars.csv", `-data bars\.csv: line 1: got 1 column, want .+; -comma CHAR says what separates them`},
		{"-data two.csv -drop a", `-data two\.csv: line 1: got 1 column beside 1 dropped, want at least 2: one feature and ` +
			`1 label column`},
		{"-data price.csv", `-data price\.csv: line 1002 column 2 \("price"\): got "1000", want at most 1000 different ` +
			`values \(is this a quantity\?\); -label NAME takes another column for the class`},
		{"-data price.csv -testdata two.csv -label price", `-data price\.csv: .+`},
		{"-data .", `-data \.: is a folder, want a file`},
		{"-data one.csv", `-data one\.csv: .*"kind".*only the class "x".*`},
		{"-data two.csv -test 0.1", `-test 0\.1 of 2 rows: .+`},
		{"-data words.csv", `-data words\.csv: line 1: got a line that may or may not be a header \(.+\); say -header yes ` +
			`or -header no`},
	} {
		refused(t, tc.args, tc.want)
	}
	nothingWritten(t, "bad.csv", "bars.csv", "one.csv", "price.csv", "two.csv", "words.csv")
}

// nothingWritten wants nothing in the folder but these files.
func nothingWritten(t *testing.T, but ...string) {
	t.Helper()
	found, err := filepath.Glob("*")
	require.NoError(t, err)
	assert.ElementsMatch(t, but, found)
}

// What could not be written is an error.
func TestFullOutput(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, line := range []string{"-epochs 1 -hidden 8 -noplots", "-h", "predict -h", "help compare"} {
		var stderr bytes.Buffer
		c := cli.Console{Stdout: fullDisk{}, Stderr: &stderr, Program: "demo"}
		assert.Equal(t, exitFailed, execute(context.Background(), nil, strings.Fields(line), c), line)
		assert.Equal(t, "demo: no space left\n", stderr.String())
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left") }
