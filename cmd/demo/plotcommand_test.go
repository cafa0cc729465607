package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Pictures and report that are drawn again are those of the run, byte for byte.
func TestPlotDrawsTheSame(t *testing.T) {
	t.Chdir(t.TempDir())
	code, _, stderr := demo(t, "-epochs", "2", "-hidden", "16", "-quiet")
	require.Equal(t, exitDone, code, stderr)
	read := func(dir string) map[string]string {
		out := map[string]string{}
		for _, pattern := range []string{"*.png", "*.html"} {
			paths, err := filepath.Glob(filepath.Join(dir, pattern))
			require.NoError(t, err)
			for _, path := range paths {
				content, err := os.ReadFile(path)
				require.NoError(t, err)
				out[filepath.Base(path)] = string(content)
			}
		}
		return out
	}
	want := read("demo-out")
	require.Len(t, want, 6)
	for name := range want {
		require.NoError(t, os.Remove(filepath.Join("demo-out", name)))
	}
	code, stdout, stderr := demo(t, "plot")
	require.Equal(t, exitDone, code, stderr)
	assert.Equal(t, want, read("demo-out"))
	assert.Equal(t, 6, strings.Count(stdout, "demo-out"))

	code, _, stderr = demo(t, "plot", "-summary", "demo-out/summary.json", "-out", "elsewhere", "-quiet")
	require.Equal(t, exitDone, code, stderr)
	assert.Equal(t, want, read("elsewhere"))
}

func TestPlotLossByAlpha(t *testing.T) {
	t.Chdir(t.TempDir())
	code, stdout, stderr := demo(t, "plot", "-loss-by-alpha", "-out", "o")
	require.Equal(t, exitDone, code, stderr)
	assert.Equal(t, "wrote o/loss_by_alpha.png\n", stdout)
	entries, err := os.ReadDir("o")
	require.NoError(t, err)
	assert.Len(t, entries, 1)
}

func TestPlotErrors(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("bad.json", []byte("{"), 0o666))
	require.NoError(t, os.WriteFile("other.json", []byte("{}"), 0o666))
	for _, tc := range []struct{ args, want string }{
		{"", `-out demo-out: nothing to draw there: run demo train or demo compare first, or give -summary FILE`},
		{"-summary none.json", `-summary none.json: no such file`},
		{"-summary bad.json", `bad.json: unexpected end of JSON input`},
		{"-summary other.json", `other.json: is no summary of demo train`},
		{"-loss-by-alpha -summary bad.json", `-loss-by-alpha needs no -summary`},
		{"bad.json", `unexpected argument "bad.json", want flags only; a summary is given with -summary`},
	} {
		code, stdout, stderr := demo(t, append([]string{"plot"}, strings.Fields(tc.args)...)...)
		assert.Equal(t, exitUsage, code, tc.args)
		assert.Empty(t, stdout)
		assert.Equal(t, "demo: "+tc.want+"\n", stderr)
	}
}

// The page has everything in it: whatever it refers to is inside.
func TestReportStandsAlone(t *testing.T) {
	t.Chdir(t.TempDir())
	code, _, stderr := demo(t, "-epochs", "1", "-hidden", "8", "-noise", "0.1", "-quiet")
	require.Equal(t, exitDone, code, stderr)
	code, _, stderr = demo(t, "compare", "-epochs", "1", "-hidden", "8", "-seeds", "1", "-noise", "0,0.5", "-losses", "ce mae", "-quiet")
	require.Equal(t, exitDone, code, stderr)
	content, err := os.ReadFile(filepath.Join("demo-out", reportFile))
	require.NoError(t, err)
	page := string(content)
	for _, m := range regexp.MustCompile(`(?:src|srcset|href)="([^"]{0,40})`).FindAllStringSubmatch(page, -1) {
		assert.True(t, strings.HasPrefix(m[1], "data:image/png;base64,"), m[1])
	}
	assert.Equal(t, 12, strings.Count(page, "<img "), "curves 2, mistakes, confusion, reliability 2, alpha 4, study 2")
	assert.NotContains(t, page, "<script")
	assert.NotContains(t, page, "http")
	assert.NotContains(t, page, "ZgotmplZ", "what html/template refuses to write")
	for _, text := range []string{"test accuracy", "label noise", "<h2>Mistakes</h2>", "Losses under label noise", "<h2>Example: what label smoothing does</h2>", "none of it is your data", "most frequent mistakes", `<th scope="col">noise 0.5</th>`, "prefers-color-scheme: dark"} {
		assert.Contains(t, page, text)
	}
}

func TestLegendRows(t *testing.T) {
	point := func(name string) series { return series{name: name, xs: []float64{1}, ys: []float64{1}} }
	p := panel{legend: "row", series: []series{point("one"), point("two"), point(""), point("three")}}
	assert.Equal(t, [][]int{{0, 1, 3}}, p.legendRows(narrow))
	assert.Equal(t, [][]int{{0}, {1}, {3}}, p.legendRows(110))
}

// A report shows the studies of the data of its run; compare shows its own study all the same.
func TestReportOfOtherData(t *testing.T) {
	t.Chdir(t.TempDir())
	page := func() string {
		content, err := os.ReadFile(filepath.Join("demo-out", reportFile))
		require.NoError(t, err)
		return string(content)
	}
	const study, run = "Losses under label noise", "<h2>Reliability</h2>"
	compare := []string{"compare", "-epochs", "1", "-hidden", "8", "-seeds", "1", "-noise", "0", "-losses", "ce", "-quiet"}
	code, _, stderr := demo(t, "-data", "housing", "-epochs", "1", "-quiet")
	require.Equal(t, exitDone, code, stderr)
	code, _, stderr = demo(t, compare...)
	require.Equal(t, exitDone, code, stderr)
	assert.Contains(t, page(), study)
	assert.NotContains(t, page(), run, "the run is of housing, the study of digits")
	code, _, stderr = demo(t, "-data", "housing", "-epochs", "1", "-quiet")
	require.Equal(t, exitDone, code, stderr)
	assert.NotContains(t, page(), study)
	assert.Contains(t, page(), run)
	code, _, stderr = demo(t, "-epochs", "1", "-hidden", "8", "-quiet")
	require.Equal(t, exitDone, code, stderr)
	assert.Contains(t, page(), study)
	assert.Contains(t, page(), run)
	assert.Less(t, strings.Index(page(), study), strings.Index(page(), "<h2>Example"), "what is the same in every report comes last")
}

// Pictures of the run before that this one has not are removed, those of others stay.
func TestOldPicturesAreRemoved(t *testing.T) {
	t.Chdir(t.TempDir())
	code, _, stderr := demo(t, "-epochs", "1", "-hidden", "8", "-quiet")
	require.Equal(t, exitDone, code, stderr)
	mine := filepath.Join("demo-out", mistakesFile)
	require.FileExists(t, mine)
	code, _, stderr = demo(t, "plot", "-loss-by-alpha", "-quiet")
	require.Equal(t, exitDone, code, stderr)
	assert.FileExists(t, mine, "that picture alone")
	code, _, stderr = demo(t, "-data", "housing", "-epochs", "1", "-quiet")
	require.Equal(t, exitDone, code, stderr)
	assert.NoFileExists(t, mine, "soft labels have no pictures of mistakes")
	assert.FileExists(t, filepath.Join("demo-out", reliabilityFile))

	require.NoError(t, os.WriteFile(mine, []byte("a picture of someone else"), 0o666))
	code, _, stderr = demo(t, "-data", "housing", "-epochs", "1", "-quiet")
	require.Equal(t, exitDone, code, stderr)
	assert.FileExists(t, mine)
	require.NoError(t, os.WriteFile(filepath.Join("demo-out", summaryFile), []byte("{"), 0o666))
	require.NoError(t, removeOldPictures("demo-out", nil), "a summary that cannot be read lists nothing")
}
