package main

import (
	"bytes"
	"context"
	"encoding/json"
	"image"
	"image/color"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/cmd/demo/internal/cli"
	"softloss/cmd/demo/internal/demotest"
	"softloss/cmd/demo/internal/figure"
	"softloss/cmd/demo/internal/input"
	"softloss/cmd/demo/internal/record"
	"softloss/losses"
)

// smallStudy are the flags of a study that takes a moment.
func smallStudy(more ...string) []string {
	return append([]string{"compare", "-losses", "ce mae", "-noise", "0,0.5", "-seeds", "2", "-epochs", "2", "-hidden",
		"8"}, more...)
}

// readResults reads the results of a study without the times.
func readResults(t *testing.T, path string) record.Study {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	var s record.Study
	require.NoError(t, json.Unmarshal(text, &s))
	for i := range s.Results {
		s.Results[i].Seconds = 0
	}
	return s
}

func TestStudyDoesNotDependOnItsOrder(t *testing.T) {
	t.Chdir(t.TempDir())
	code, stdout, stderr := demo(t, smallStudy("-jobs", "1", "-out", "one")...)
	require.Equal(t, exitDone, code, stderr)
	assert.Regexp(t, `(?s)^data     digits: 1797 rows, 0\.3 of them for the test.+8 runs\n\n( +\d/8  [^\n]+ %  `+
		`[^\n]+left\n){8}\naccuracy on clean`, stdout)
	code, _, _ = demo(t, smallStudy("-jobs", "5", "-out", "five", "-noplots", "-quiet")...)
	require.Equal(t, exitDone, code)
	one, five := readResults(t, "one/compare.json"), readResults(t, "five/compare.json")
	assert.Equal(t, one, five)
	assert.Equal(t, 8, one.Finished)
	require.Len(t, one.Cells, 4)
	assert.Greater(t, one.Cells[0].LastMean, one.Cells[1].LastMean, "noise costs accuracy")
	demotest.Picture(t, "one/compare.png", image.Pt(1650, 720), figure.LineStyles[0].Color, figure.LineStyles[1].Color)
	assert.FileExists(t, "one/compare.html")
	assert.NoFileExists(t, "five/compare.html")
}

func TestStudyGoesOn(t *testing.T) {
	t.Chdir(t.TempDir())
	_, whole, _ := demo(t, smallStudy("-out", "whole", "-noplots", "-json", "-", "-quiet")...)

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	stdout := &cancelAt{text: "   2/8", cancel: cancel}
	var stderr bytes.Buffer
	args := smallStudy("-out", "part", "-noplots", "-jobs", "1", "-fresh")
	require.Equal(t, exitInterrupted, execute(ctx, nil, args, cli.Console{Stdout: stdout, Stderr: &stderr,
		Program: "demo"}))
	assert.Contains(t, stdout.String(), "stopped: 2 of 8 runs finished and kept in part/compare.jsonl; to go on:\n"+
		"  demo compare -losses 'ce mae' -noise 0,0.5 -seeds 2 -epochs 2 -hidden 8 -out part -noplots -jobs 1\n")

	// What a process leaves that is killed while it writes.
	f, err := os.OpenFile("part/compare.jsonl", os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = f.WriteString(`{"loss":"ce","noi`)
	require.NoError(t, err)
	require.NoError(t, f.Close())

	_, text, _ := demo(t, smallStudy("-out", "part", "-noplots")...)
	assert.Contains(t, text, "8 runs, 2 of them finished before\n")
	assert.Contains(t, text, "   6/6  ")
	require.NoError(t, os.WriteFile("whole.json", []byte(whole), 0o666))
	assert.Equal(t, readResults(t, "whole.json"), readResults(t, "part/compare.json"))

	_, text, _ = demo(t, smallStudy("-out", "part", "-noplots")...)
	assert.Contains(t, text, "8 of them finished before")
	assert.NotContains(t, text, "/8  ", "nothing is made again")

	refused(t, "compare -hidden 8 -losses ce;mae -noise 0,0.5 -seeds 2 -epochs 3 -out part",
		`part/compare\.jsonl has runs of other settings .+epochs 2.+epochs 3.+-fresh to forget them`)
	require.NoError(t, os.WriteFile("part/compare.jsonl", []byte("something\n"), 0o666))
	refused(t, "compare -out part", `part/compare\.jsonl: is no file of finished runs; .+`)
}

// Real answers are worth more than their majority, and smoothing gives a little of it back.
func TestAnswers(t *testing.T) {
	votes := testdata("votes.csv")
	t.Chdir(t.TempDir())
	code, stdout, stderr := demo(t, "compare", "-data", "housing", "-seeds", "6", "-out", "o")
	require.Equal(t, exitDone, code, stderr)
	s := readResults(t, "o/compare_answers.json")
	last := map[string]float64{}
	for _, c := range s.Cells {
		last[c.Loss] = c.LastMean
	}
	assert.Less(t, last["soft"], last["constant"])
	assert.Less(t, last["constant"], last["majority@0.1"])
	assert.Less(t, last["majority@0.1"], last["majority"])
	assert.Contains(t, stdout, "  trained on           KL (nats)\n")
	bar := func(i int) color.Color {
		return figure.Blend(figure.White, figure.LineStyles[i].Color.(color.RGBA), 0.6)
	}
	demotest.Picture(t, "o/compare_answers.png", image.Pt(1650, 720), bar(0), bar(3), color.Black)

	code, _, stderr = demo(t, "compare", "-data", votes, "-soft", "3", "-seeds", "1", "-epochs", "2",
		"-quiet", "-out", "v")
	assert.Equal(t, exitDone, code, stderr)
}

// Rare classes are found less often by cross entropy, and logit adjustment finds more of them.
func TestTail(t *testing.T) {
	t.Chdir(t.TempDir())
	code, stdout, stderr := demo(t, "compare", "-study", "tail", "-tail", "50,1", "-losses", "ce ce@adjusted",
		"-seeds", "2", "-epochs", "20", "-hidden", "32", "-out", "o")
	require.Equal(t, exitDone, code, stderr)
	s := readResults(t, "o/compare_tail.json")
	require.Equal(t, record.MeasureBalanced, s.Measure)
	require.Equal(t, []float64{1, 50}, s.Levels)
	require.Len(t, s.Cells, 4)
	assert.Greater(t, s.Cells[0].LastMean, s.Cells[1].LastMean+0.05)
	assert.Greater(t, s.Cells[3].LastMean, s.Cells[1].LastMean)
	assert.Contains(t, stdout, "balanced accuracy on the test rows in %, last epoch")
	assert.Regexp(t, `ce@adjusted +1 : 50 +seed 2 `, stdout)
	demotest.Picture(t, "o/compare_tail.png", image.Pt(1650, 720), figure.LineStyles[0].Color, figure.LineStyles[1].Color)
}

func TestStudyBar(t *testing.T) {
	t.Chdir(t.TempDir())
	var stdout, stderr bytes.Buffer
	require.Equal(t, exitDone, execute(context.Background(), nil, smallStudy("-seeds", "1", "-noplots"),
		cli.Console{Stdout: &stdout, Stderr: &stderr, Terminal: true, Program: "demo"}))
	assert.Contains(t, stderr.String(), "run 1 of 4")
	assert.Contains(t, stdout.String(), "nothing left\n", "the lines, too")
}

// What is wrong with the data is said before the work.
func TestStudyOfData(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("t.csv", []byte(strings.Repeat("1,a\n2,b\n", 20)), 0o666))
	refused(t, "compare -data t.csv -weights 1,5,6", `-weights 1,5,6: got 3 numbers, want 2, one for each class: a, b`)
	refused(t, "compare -data none.csv", `-data none\.csv: no such file; want digits, housing or the path of a file`)
	refused(t, "compare -data t.csv -json t.csv", `-json t\.csv: is a file that is read, want another one`)
	refused(t, "compare -data t.csv -json demo-out/compare.jsonl",
		`-json .+: is a file that something else is written to, want another one`)
}

func TestStudyUsage(t *testing.T) {
	ofClasses := strings.Join(input.LossNames(losses.SoftmaxLink), ", ")
	t.Chdir(t.TempDir())
	for _, tc := range []struct{ args, want string }{
		{"-losses ce;hinge", `-losses: loss: "hinge" is unknown, want one of .+`},
		{"-losses bce", `-losses: loss: "bce" is unknown, want one of ` + regexp.QuoteMeta(ofClasses)},
		{"-losses asymmetric", `-losses: loss asymmetric:.+: is for labels of which several may be true at once; for rows ` +
			`of one class want one of ` + regexp.QuoteMeta(ofClasses)},
		{"-losses ce;ce+asymmetric", `-losses: loss asymmetric:.+: is for labels of which several may .+`},
		{"-study tail -losses ce@", `-losses: "ce@": behind @ want weights, effective, adjusted or ldam, for .+`},
		{"-losses ce;ce", `invalid value "ce;ce" for flag -losses: ce is there twice`},
		{"-losses ce,mae", `invalid value "ce,mae" for flag -losses: want losses with spaces between them`},
		{"-losses sce:alpha=1,beta=2,gce:q=0.5", `invalid value .+ for flag -losses: want losses with spaces between them`},
		{"-losses sce:alpha=1,beta=2;hinge", `-losses: loss: "hinge" is unknown, want one of .+`},
		{"-losses ce@2", `-losses: "ce@2": behind @ want a number from 0 to 1, the strength of smoothing, such as ce@0\.1`},
		{"-noise 0,0", `invalid value "0,0" for flag -noise: want different numbers from 0 to 1 such as 0,0\.2,0\.4`},
		{"-data housing -noise 0.2", `-noise is for labels, but -data housing has the answers of people`},
		{"-data housing -losses mae", `-losses: "mae": for answers of people want soft, majority, constant or, smoothed, ` +
			`majority@0\.1`},
		{"-study tail -losses ce@hard", `-losses: "ce@hard": behind @ want weights, effective, adjusted or ldam, for ` +
			`example ce@weights`},
		{"-study tail -tail 0.5", `invalid value "0\.5" for flag -tail: want different numbers from 1 to 1000 such as ` +
			`1,10,50`},
		{"-tail 10", `-tail is for -study tail`},
		{"-study tail -noise 0.5", `-noise is for -study noise`},
		{"-study answers", `-study answers: want answers for housing and data with -soft, noise or tail for others`},
		{"-study tail -data housing", `-study tail: want answers for housing and data with -soft, noise or tail for others`},
		{"-label kind", `-label is for data from a file, but -data is digits`},
		{"-soft 1 -data x.csv", `-soft 1: want 2 or more columns, one for each class`},
		{"-scale perhaps", `invalid value "perhaps" for flag -scale: want auto, yes or no`},
		{"more", `unexpected argument "more", want flags only; a data file is given with -data`},
		{"-seeds", `flag -seeds needs a value; see demo compare -h`},
	} {
		refused(t, "compare "+tc.args, tc.want)
	}
	nothingWritten(t)
}
