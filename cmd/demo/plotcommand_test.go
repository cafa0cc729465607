package main

import (
	"image"
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
	for _, m := range regexp.MustCompile(`(?:src|href)="([^"]{0,40})`).FindAllStringSubmatch(page, -1) {
		assert.True(t, strings.HasPrefix(m[1], "data:image/png;base64,"), m[1])
	}
	assert.Equal(t, 12, strings.Count(page, "<img "), "curves 2, mistakes, confusion, reliability 2, alpha 4, study 2")
	assert.NotContains(t, page, "<script")
	assert.NotContains(t, page, "http")
	assert.NotContains(t, page, "ZgotmplZ", "what html/template refuses to write")
	for _, text := range []string{"test accuracy", "label noise", "<h2>Mistakes</h2>", "Losses under label noise", `<th scope="col">noise 0.5</th>`, "prefers-color-scheme: dark"} {
		assert.Contains(t, page, text)
	}
}

// exampleTest is a test of three classes, one of them with a long name.
func exampleTest() *testSummary {
	return &testSummary{
		ClassNames: []string{"a", "a class with quite a long name, too long", "c"},
		Confusion:  [][]int{{9, 1, 0}, {0, 7, 3}, {0, 0, 0}},
		Mistakes:   []mistake{{True: 0, Predicted: 1, Probabilities: []float32{0.25, 0.75, 0}}, {True: 1, Predicted: 2, Probabilities: []float32{0, 0.5, 0.5}}},
	}
}

func TestDrawings(t *testing.T) {
	dir := t.TempDir()
	for name, d := range map[string]drawing{"confusion": confusionMatrix(exampleTest()), "mistakes": mistakes(exampleTest())} {
		path := filepath.Join(dir, name+".png")
		require.NoError(t, writePNG(path, d.width, d.height, d.paint))
		size := image.Pt(825, 825)
		if name == "mistakes" {
			size.Y = 254
		}
		if name == "confusion" {
			checkPicture(t, path, size, shade(rightColour, 0.9), shade(rightColour, 0.7), shade(wrongColour, 0.45), shade(wrongColour, 1))
		} else {
			checkPicture(t, path, size, rightColour, wrongColour)
		}
	}
	many := &testSummary{Confusion: make([][]int, 60)}
	for i := range many.Confusion {
		many.Confusion[i] = make([]int, 60)
		many.Confusion[i][i] = 1000
	}
	path := filepath.Join(dir, "many.png")
	d := confusionMatrix(many)
	require.NoError(t, writePNG(path, d.width, d.height, d.paint))
	checkPicture(t, path, image.Pt(825, 825), rightColour)
}

func TestLegendRows(t *testing.T) {
	p := panel{legend: "row", series: []series{{name: "one"}, {name: "two"}, {name: ""}, {name: "three"}}}
	assert.Equal(t, [][]int{{0, 1, 3}}, p.legendRows(narrow))
	assert.Equal(t, [][]int{{0}, {1}, {3}}, p.legendRows(110))
}
