package main

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCSVFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.CopyFS(".", os.DirFS(testdata(""))))
	code, stdout, stderr := demo(t, "-data", "shapes.csv", "-label", "kind", "-epochs", "40", "-lr", "0.01", "-noplots")
	assert.Equal(t, exitDone, code, stderr)
	assert.Contains(t, stdout, "data     shapes.csv: 48 training rows, 12 test rows, 5 features, 3 classes in the column "+
		"\"kind\"\n")
	assert.Contains(t, stdout, "only 12 test rows")
	assert.Regexp(t, `\ntrain .* 100\.00 % `, stdout, "kinds that are far apart are learned")
	assert.NotContains(t, stdout, "soft")

	code, stdout, stderr = demo(t, "-data", "votes.csv", "-soft", "3", "-counts", "-epochs", "5", "-noplots",
		"-alpha", "0")
	assert.Equal(t, exitDone, code, stderr)
	assert.Contains(t, stdout, "labels are soft: accuracy and calibration error go by the largest label")
	assert.Contains(t, stdout, "rows weigh as many as the observations they stand for")
	assert.Contains(t, stdout, "lowest possible: the entropy of the labels; test is ")
	assert.NotContains(t, stdout, "smoothed")

	code, stdout, _ = demo(t, "-data", "votes.csv", "-soft", "3", "-epochs", "5", "-noplots")
	assert.Equal(t, exitDone, code)
	assert.NotContains(t, stdout, "weigh as many")
}

// Tables as people keep them: numbers with commas, cells without a value, a column that names the
// row.
func TestTablesOfPeople(t *testing.T) {
	t.Chdir(t.TempDir())
	var b strings.Builder
	b.WriteString("id;kind;x;y\n")
	for i := range 60 {
		y := fmt.Sprintf("%d,5", i%7)
		if i == 7 {
			y = "NA"
		}
		fmt.Fprintf(&b, "row%d;%s;%d,25;%s\n", i, []string{"a", "b"}[i%2], i%2, y)
	}
	require.NoError(t, os.WriteFile("t.csv", []byte(b.String()), 0o666))
	common := "-data t.csv -epochs 1 -hidden none -noplots -json - -quiet"
	for _, tc := range []struct {
		flags, want string
		rows        int
	}{
		{"-label kind -decimal , -missing drop", `-data t\.csv: line .+ \("id"\): .+; -drop NAME leaves the column out`, 0},
		{"-label kind -drop id", `-data t\.csv: line 2 column 3 \("x"\): got "0,25", .+; -decimal , reads such numbers`, 0},
		{"-label kind -drop id -decimal ,",
			`-data t\.csv: line 9 column 4 \("y"\): got "NA", .+; -missing drop leaves .+`, 0},
		{"-label kind -drop nosuch", `-drop nosuch: no such column in t\.csv; the columns are "id", "kind", "x", "y"`, 0},
		{"-label kind -drop id -decimal , -missing drop", "", 59},
		{"-label 2 -drop 1 -decimal , -missing impute", "", 60},
	} {
		code, stdout, stderr := demo(t, strings.Fields(common+" "+tc.flags)...)
		if tc.want != "" {
			assert.Equal(t, exitUsage, code, tc.flags)
			assert.Regexp(t, "^demo: "+tc.want+"\n$", stderr)
			continue
		}
		require.Equal(t, exitDone, code, stderr)
		s := decode(t, []byte(stdout))
		assert.Equal(t, []any{tc.rows, 2, "kind"}, []any{s.Data.TrainRows + s.Data.TestRows, s.Data.Features, s.Data.Label})
		if strings.HasSuffix(tc.flags, "-missing drop") {
			assert.Equal(t, 1, s.Data.Dropped)
			assert.Contains(t, notes(t, strings.ReplaceAll(common, "-json - -quiet", "")+" "+tc.flags),
				"1 row without a value in some column left out")
		}
	}
}
