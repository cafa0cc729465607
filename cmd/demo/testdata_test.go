package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/cmd/demo/internal/demotest"
	"softloss/cmd/demo/internal/record"
)

// The columns of -testdata are found by their names, as those of predict are, the class among them;
// a cell without a value becomes what the training set fills in. So the run and evaluate agree.
func TestTestDataInAnotherOrder(t *testing.T) {
	t.Chdir(t.TempDir())
	write := func(name, text string) { require.NoError(t, os.WriteFile(name, []byte(text), 0o666)) }
	var table, bare strings.Builder
	table.WriteString("x,colour,y,kind\n0,red,1,a\n,blue,2,b\n")
	for i := range 60 {
		fmt.Fprintf(&table, "%d,%s,%d,%s\n", i%3, []string{"red", "red", "blue"}[i%3], i%7, []string{"a", "b"}[i%2])
		fmt.Fprintf(&bare, "%d,%d,%s\n", i%3, i%7, []string{"a", "b"}[i%2])
	}
	write("t.csv", table.String())
	write("same.csv", "x,colour,y,kind\n9,red,4,a\n1,blue,5,b\n7,red,6,a\n")
	write("other.csv", "kind,note,y,colour,x\na,0,4,red,9\nb,0,5,blue,\na,0,6,red,7\n")
	write("bare.csv", bare.String())
	const common = " -epochs 5 -hidden none -noplots"
	run := func(args string) record.Run {
		s := summaryOf(t, args+common)
		s.Seconds, s.Data.TestName = 0, ""
		return s
	}
	s := run("-data t.csv -missing impute -testdata same.csv")
	demotest.Same(t, s, run("-data t.csv -missing impute -testdata other.csv"))
	code, stdout, stderr := demo(t, strings.Fields("evaluate demo-out/model.safetensors other.csv -label kind -json -")...)
	require.Equal(t, exitDone, code, stderr)
	var got struct{ Verdict record.Verdict }
	require.NoError(t, json.Unmarshal([]byte(stdout), &got))
	assert.InDelta(t, float64(s.Test.Verdict.NLL), float64(got.Verdict.NLL), 1e-6)
	assert.Equal(t, 60, run("-data bare.csv -testdata bare.csv").Data.TestRows, "without a header")

	write("few.csv", "kind,x\na,9\nb,7\n")
	write("pink.csv", "x,colour,y,kind\n9,pink,4,a\n1,red,5,b\n")
	for name, want := range map[string]string{
		"few.csv": `got 1 feature without .+ as in -data`,
		"pink.csv": `column "colour": got the text "pink", want one of those in -data; -unseen zeros takes it for none of ` +
			`these`,
	} {
		refused(t, "-data t.csv -missing impute -testdata "+name+common, "-testdata "+name+": "+want)
	}
	s = run("-data t.csv -missing impute -unseen zeros -testdata pink.csv")
	assert.Equal(t, 2, s.Data.TestRows)
	code, stdout, stderr = demo(t, strings.Fields("evaluate demo-out/model.safetensors pink.csv -unseen zeros -json -")...)
	require.Equal(t, exitDone, code, stderr)
	require.NoError(t, json.Unmarshal([]byte(stdout), &got))
	assert.InDelta(t, float64(s.Test.Verdict.NLL), float64(got.Verdict.NLL), 1e-6)
	refused(t, "-data t.csv -unseen zeros",
		"-unseen is for the words of a table of -testdata: all words of -data are known")
}
