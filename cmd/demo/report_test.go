package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/cmd/demo/internal/record"
	"softloss/cmd/demo/internal/show"
)

// The page has everything in it: whatever it refers to is inside.
func TestReportStandsAlone(t *testing.T) {
	t.Chdir(t.TempDir())
	code, _, stderr := demo(t, "-epochs", "1", "-hidden", "8", "-noise", "0.1", "-quiet")
	require.Equal(t, exitDone, code, stderr)
	content, err := os.ReadFile(filepath.Join("demo-out", record.ReportFile))
	require.NoError(t, err)
	page := string(content)
	for _, m := range regexp.MustCompile(`(?:src|srcset|href)="([^"]{0,40})`).FindAllStringSubmatch(page, -1) {
		assert.True(t, strings.HasPrefix(m[1], "data:image/png;base64,"), m[1])
	}
	assert.Less(t, len(page), 300_000)
	assert.Equal(t, 10, strings.Count(page, "<figure "), "curves 2, mistakes, confusion, reliability 2, alpha 4")
	for _, name := range []string{"dark", "light", "on-desk", "on-phone"} {
		assert.Equal(t, 1, strings.Count(page, `<div class="`+name+`"><svg`), name)
	}
	assert.NotContains(t, page, "<script")
	assert.NotContains(t, page, "http")
	assert.NotContains(t, page, "ZgotmplZ", "what html/template refuses to write")
	for _, text := range []string{"test accuracy", "label noise", "<h2>Mistakes</h2>", "none of it is your data",
		"most frequent mistakes", "prefers-color-scheme: dark"} {
		assert.Contains(t, page, text)
	}
}

// A run and every study have a report each, beside one another in a folder.
func TestReportOfEach(t *testing.T) {
	t.Chdir(t.TempDir())
	const common = " -epochs 1 -hidden 8 -quiet"
	for _, args := range []string{
		"train", "compare -seeds 1 -noise 0,0.5 -losses ce;mae", "compare -seeds 1 -data housing"} {
		code, _, stderr := demo(t, strings.Fields(args+common)...)
		require.Equal(t, exitDone, code, stderr)
	}
	titles := regexp.MustCompile(`<h2>[^<]*</h2>`)
	for file, want := range map[string][]string{
		"report.html": {"<h2>Run</h2>", "<h2>Verdict</h2>", "<h2>Training</h2>", "<h2>Mistakes</h2>", "<h2>Confusion</h2>",
			"<h2>Reliability</h2>", "<h2>Example: what label smoothing does</h2>"}, // which is the same in every one
		"compare.html":         {"<h2>Losses under label noise</h2>"},
		"compare_answers.html": {"<h2>Answers of people against their majority</h2>"},
	} {
		page, err := os.ReadFile(filepath.Join("demo-out", file))
		require.NoError(t, err)
		assert.Equal(t, want, titles.FindAllString(string(page), -1), file)
		if file == "compare.html" {
			assert.Contains(t, string(page), `<th scope="col">noise 0.5</th>`)
			assert.Equal(t, 2, strings.Count(string(page), "<figure "), "the last and the best epoch")
		}
	}
}

// Pictures of the run before that this one has not are removed, those of others stay.
func TestOldPicturesAreRemoved(t *testing.T) {
	t.Chdir(t.TempDir())
	code, _, stderr := demo(t, "-epochs", "1", "-hidden", "8", "-quiet")
	require.Equal(t, exitDone, code, stderr)
	mine := filepath.Join("demo-out", record.MistakesFile)
	require.FileExists(t, mine)
	code, _, stderr = demo(t, "-data", "housing", "-epochs", "1", "-quiet")
	require.Equal(t, exitDone, code, stderr)
	assert.NoFileExists(t, mine, "soft labels have no pictures of mistakes")
	assert.FileExists(t, filepath.Join("demo-out", record.ReliabilityFile))

	code, _, stderr = demo(t, "-data", "housing", "-epochs", "1", "-quiet", "-noplots")
	require.Equal(t, exitDone, code, stderr)
	left, err := filepath.Glob("demo-out/*")
	require.NoError(t, err)
	assert.Equal(t, []string{"demo-out/model.onnx", "demo-out/model.safetensors", "demo-out/summary.json"}, left,
		"no pictures")

	require.NoError(t, os.WriteFile(mine, []byte("a picture of someone else"), 0o666))
	code, _, stderr = demo(t, "-data", "housing", "-epochs", "1", "-quiet")
	require.Equal(t, exitDone, code, stderr)
	assert.FileExists(t, mine)
	require.NoError(t, os.WriteFile(filepath.Join("demo-out", record.SummaryFile), []byte("{"), 0o666))
	require.NoError(t, show.RemoveOld("demo-out", nil), "a summary that cannot be read lists nothing")
}

// What a terminal or a browser would obey is shown, not sent: names come from files of others.
func TestControlCharactersAreShown(t *testing.T) {
	t.Chdir(t.TempDir())
	var b strings.Builder
	b.WriteString("x,\x1b]0;kind\a\n")
	for i := range 40 {
		fmt.Fprintf(&b, "%d,%s\n", i%2, []string{"a\x1b[2J", "b\u202e\r"}[i%2])
	}
	require.NoError(t, os.WriteFile("t.csv", []byte(b.String()), 0o666))
	code, stdout, stderr := demo(t, "-data", "t.csv", "-header", "yes", "-epochs", "1", "-hidden", "none")
	require.Equal(t, exitDone, code, stderr)
	page, err := os.ReadFile("demo-out/report.html")
	require.NoError(t, err)
	code, predicted, stderr := demo(t, "predict", "t.csv")
	require.Equal(t, exitDone, code, stderr)
	code, _, message := demo(t, "-data", "t\x1b.csv")
	require.Equal(t, exitUsage, code)
	for _, text := range []string{stdout, string(page), predicted, message} {
		assert.NotContains(t, text, "\x1b")
		assert.NotContains(t, text, "\u202e")
	}
	assert.Contains(t, stdout, `a\x1b[2J`)
	assert.Contains(t, string(page), `<td>b\u202e</td>`, "a carriage return at the end of a cell is a line's end")
}
