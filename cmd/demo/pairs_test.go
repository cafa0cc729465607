package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/cmd/demo/internal/predict"
	"softloss/cmd/demo/internal/record"
	"softloss/internal/numtest"
	"softloss/train/dataset"
)

// npyBytes are the bytes of an NPY file of little-endian numbers.
func npyBytes[T int64 | float32](descr string, data []T, shape ...int) []byte {
	text := strings.Trim(strings.ReplaceAll(fmt.Sprint(shape), " ", ", "), "[]")
	return numtest.NPY(descr, "("+text+",)", data...)
}

// writePairs writes some rows of the digits to the current folder as pairs of files that begin with
// a name.
func writePairs(t *testing.T, name string, rows []int) {
	t.Helper()
	digits, err := dataset.Digits()
	require.NoError(t, err)
	set, err := digits.Subset(rows)
	require.NoError(t, err)
	n := set.Len()
	pixels, classes, index := make([]byte, 0, 64*n), make([]byte, n), make([]int64, n)
	for _, v := range set.Features.Float32s() {
		pixels = append(pixels, byte(math.Round(float64(v)*255)))
	}
	for i, c := range set.Index() {
		classes[i], index[i] = byte(c), int64(c)
	}
	for end, content := range map[string][]byte{
		"-images.gz": numtest.Gzip(numtest.IDX(pixels, uint32(n), 8, 8)), "-classes": numtest.IDX(classes, uint32(n)),
		"-x.npy": npyBytes("<f4", set.Features.Float32s(), n, 64), "-y.npy": npyBytes("<i8", index, n),
		"-pictures.npy": npyBytes("<f4", set.Features.Float32s(), n, 8, 8), "-soft.npy": npyBytes("<f4",
			set.Labels.Float32s(), n, 10),
	} {
		require.NoError(t, os.WriteFile(name+end, content, 0o666))
	}
	votes, several := make([]float32, 0, 10*n), make([]float32, 0, 2*n) // three for the class; even, above four
	for _, t := range set.Labels.Float32s() {
		votes = append(votes, 3*t)
	}
	for _, c := range classes {
		several = append(several, float32(1-c%2), float32(c/5))
	}
	require.NoError(t, os.WriteFile(name+"-votes.npy", npyBytes("<f4", votes, n, 10), 0o666))
	require.NoError(t, os.WriteFile(name+"-several.npy", npyBytes("<f4", several, n, 2), 0o666))
}

// The columns of a file of labels are what the flags say: votes, which may weigh, or labels of
// which several are true, two of them too.
func TestColumnsOfLabels(t *testing.T) {
	inPairs(t)
	const common = "-data a-x.npy -testdata b-x.npy -epochs 8 -noplots -alpha 0 "
	soft := summaryOf(t, common+"-labels a-soft.npy -testlabels b-soft.npy")
	votes := summaryOf(t, common+"-labels a-votes.npy -testlabels b-votes.npy -soft 10")
	assert.Equal(t, soft.Test.Verdict, votes.Test.Verdict)
	counts := summaryOf(t, common+"-labels a-votes.npy -testlabels b-votes.npy -soft 10 -counts")
	assert.True(t, counts.Data.Weighted)
	assert.InDelta(t, 3*float64(soft.Test.Verdict.Classes[0].Support), float64(counts.Test.Verdict.Classes[0].Support),
		1e-9)

	s := summaryOf(t, common+"-labels a-several.npy -testlabels b-several.npy -link sigmoid -classes even,big")
	assert.Equal(t, []string{"even", "big"}, s.Test.ClassNames)
	assert.Greater(t, s.Test.Verdict.Questions.Micro.F1, record.Float(0.8))
	code, stdout, stderr := demo(t, "evaluate", "demo-out/model.safetensors", "b-x.npy", "-labels", "b-several.npy",
		"-json", "-")
	require.Equal(t, exitDone, code, stderr)
	var got struct{ Verdict *record.Verdict }
	require.NoError(t, json.Unmarshal([]byte(stdout), &got))
	assert.InDelta(t, float64(s.Test.Verdict.NLL), float64(got.Verdict.NLL), 1e-6)
	one := summaryOf(t, common+"-labels a-soft.npy -testlabels b-soft.npy -link sigmoid")
	assert.Equal(t, 10, one.Data.Classes, "a question of each class")
}

// rowsOf are the rows from…to.
func rowsOf(from, to int) (rows []int) {
	for i := from; i < to; i++ {
		rows = append(rows, i)
	}
	return rows
}

// rowsByTheSameHands are 600 rows to learn from and 100 to test, written by the same people.
func rowsByTheSameHands() (a, b []int) {
	for i := range 700 {
		if i%7 == 0 {
			b = append(b, i)
		} else {
			a = append(a, i)
		}
	}
	return a, b
}

// inPairs changes to a folder with 600 rows to learn from and 100 to test.
func inPairs(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	a, b := rowsByTheSameHands()
	writePairs(t, "a", a)
	writePairs(t, "b", b)
}

// summaryOf runs demo train and returns its summary.
func summaryOf(t *testing.T, args string) record.Run {
	t.Helper()
	code, stdout, stderr := demo(t, append([]string{"train", "-json", "-", "-quiet"}, strings.Fields(args)...)...)
	require.Equal(t, exitDone, code, stderr)
	return decode(t, []byte(stdout))
}

// Both formats give what the rows themselves give, and predict says of the test rows what the run
// said.
func TestPairsOfFiles(t *testing.T) {
	inPairs(t)
	for _, tc := range []struct {
		data, labels string
		images       bool
	}{
		{data: "-images.gz", labels: "-classes", images: true},
		{data: "-x.npy", labels: "-y.npy"},
		{data: "-pictures.npy", labels: "-soft.npy", images: true},
	} {
		args := fmt.Sprintf("-data a%s -labels a%s -epochs 8", tc.data, tc.labels)
		s := summaryOf(t, args+fmt.Sprintf(" -testdata b%s -testlabels b%s -out o", tc.data, tc.labels))
		assert.Equal(t, []any{"a" + tc.data, "b" + tc.data, 600, 100, 64, 10, 0.0},
			[]any{s.Data.Name, s.Data.TestName, s.Data.TrainRows, s.Data.TestRows, s.Data.Features, s.Data.Classes,
				s.Config.TestFraction})
		assert.False(t, s.Data.SoftLabels, "rows of one 1 are classes")
		assert.Greater(t, s.TestAccuracy, record.Float(0.85))

		code, stdout, stderr := demo(t, "predict", "-json", "-model", "o/model.safetensors", "b"+tc.data)
		require.Equal(t, exitDone, code, stderr)
		var got []predict.Prediction
		require.NoError(t, json.Unmarshal([]byte(stdout), &got))
		digits, err := dataset.Digits()
		require.NoError(t, err)
		right := 0
		_, test := rowsByTheSameHands()
		for i, p := range got {
			if p.Class == fmt.Sprint(digits.Index()[test[i]]) {
				right++
			}
		}
		assert.InDelta(t, float64(s.TestAccuracy), float64(right)/100, 1e-9)

		require.NotEmpty(t, s.Test.Mistakes)
		if side := 0; tc.images {
			side = 8
			assert.Equal(t, []int{side, side}, []int{s.Test.ImageRows, s.Test.ImageColumns})
			assert.Len(t, s.Test.Mistakes[0].Pixels, 64)
		} else {
			assert.Equal(t, side, s.Test.ImageRows+len(s.Test.Mistakes[0].Pixels))
		}
		assert.FileExists(t, "o/mistakes.png")

		s = summaryOf(t, args+" -noplots -test 0.25")
		assert.Equal(t, []any{450, 150, 0.25, ""}, []any{s.Data.TrainRows, s.Data.TestRows, s.Config.TestFraction,
			s.Data.TestName})
	}
	code, _, stderr := demo(t, "compare", "-data", "a-images.gz", "-labels", "a-classes", "-epochs", "1", "-seeds", "1",
		"-noise", "0", "-losses", "ce", "-quiet")
	assert.Equal(t, exitDone, code, stderr)
}

// A test file of fewer classes has the columns of the training all the same.
func TestTestDataOfFewerClasses(t *testing.T) {
	inPairs(t)
	digits, err := dataset.Digits()
	require.NoError(t, err)
	var few []int
	for i, c := range digits.Index() {
		if c < 4 && i >= 600 && len(few) < 40 {
			few = append(few, i)
		}
	}
	writePairs(t, "few", few)
	s := summaryOf(t, "-data a-images.gz -labels a-classes -testdata few-images.gz -testlabels few-classes -epochs 8 "+
		"-noplots")
	assert.Len(t, s.Test.ClassNames, 10)
	assert.Greater(t, s.TestAccuracy, record.Float(0.8))

	// The same with CSV files: the class of a test row is found by its name.
	write := func(name, text string) { require.NoError(t, os.WriteFile(name, []byte(text), 0o666)) }
	write("train.csv", "x,kind\n1,a\n2,b\n3,c\n1,a\n2,b\n3,c\n")
	write("test.csv", "x,kind\n3,c\n2,b\n3,c\n")
	s = summaryOf(t, "-data train.csv -testdata test.csv -epochs 200 -hidden 16 -lr 0.05 -alpha 0 -noplots")
	assert.Equal(t, [][]int{{0, 0, 0}, {0, 1, 0}, {0, 0, 2}}, s.Test.Confusion)
}

func TestPairErrors(t *testing.T) {
	inPairs(t)
	require.NoError(t, os.WriteFile("t.csv", []byte("x,kind\n1,a\n2,b\n3,a\n4,b\n"), 0o666))
	const idx = "-data a-images.gz -labels a-classes"
	for _, tc := range []struct{ args, want string }{
		{"-labels a-classes", `-labels is for an IDX or NPY file, but -data is digits, which has its labels`},
		{"-data t.csv -labels a-y.npy", `-data t\.csv: is no IDX or NPY file, to which -labels could belong; a CSV file ` +
			`has its labels in it`},
		{"-data a-x.npy", `-data a-x\.npy: an NPY file has no labels in it; give them with -labels FILE`},
		{"-data a-images.gz -label kind", `-data a-images\.gz: an IDX file has no labels in it; give them with -labels FILE`},
		{idx + " -label kind", `-label is for a CSV file, but -labels is for an IDX or NPY file`},
		{idx + " -soft 3 -drop a -comma tab",
			`-drop and -comma are for a CSV file, but -labels is for an IDX or NPY file`},
		{"-data a-x.npy -labels none", `-labels none: no such file`},
		{"-data none -labels a-y.npy", `-data none: no such file; want digits, digits-labels, housing or the path of a file`},
		{"-data a-x.npy -labels t.csv", `-labels t\.csv: got a file that begins like neither, want IDX or NPY`},
		{"-data a-images.gz -labels a-y.npy",
			`-labels a-y\.npy: got NPY labels for the IDX features of a-images\.gz, want two files of one format`},
		{"-data a-y.npy -labels a-x.npy", `-data a-y\.npy: .+are these the labels\?.*`},
		{"-data a-classes -labels a-images.gz", `-data a-classes: .+are these the labels\?.*`},
		{"-data a-x.npy -labels b-y.npy", `-labels b-y\.npy: labels: got 100 rows, want 600 as in the features`},
		{"-data a-x.npy -labels a-votes.npy", `-labels a-votes\.npy: labels: row 0: got a sum of 3, want a sum of 1; -soft ` +
			`K divides the K columns by their sums, -link sigmoid takes them for labels of which several may be true`},
		{"-data a-x.npy -labels a-votes.npy -soft 3", `-soft 3: a-votes\.npy has 10 columns`},
		{"-data a-x.npy -labels a-votes.npy -link sigmoid", `-labels a-votes\.npy: labels: row 0 column \d: got 3, want a ` +
			`number from 0 to 1`},
		{"-data a-x.npy -labels a-several.npy -link sigmoid -noise 0.1",
			`-noise replaces a class by another one, but a-several\.npy has several labels`},
	} {
		refused(t, "train -noplots "+tc.args, tc.want)
	}
	refused(t, "compare -labels a-classes", `-labels is for an IDX or NPY file, but -data is digits, which has its labels`)
	refused(t, "compare -data a-x.npy", `-data a-x\.npy: an NPY file has no labels in it; give them with -labels FILE`)
	refused(t, "compare -data a-x.npy -labels a-votes.npy", `-labels a-votes\.npy: labels: row 0: got a sum of 3, want a `+
		`sum of 1; -soft K divides the K columns by their sums`)
	refused(t, "compare -data x -labels a-y.npy -drop 3", `-drop is for a CSV file, but -labels is for .+`)
	refused(t, "compare -data a-x.npy -labels a-y.npy -soft 3",
		`-labels a-y\.npy: labels: got shape \[600\], a class for each row, want .+`)
	assert.NoDirExists(t, "demo-out")
}

func TestTestPairErrors(t *testing.T) {
	inPairs(t)
	write := func(name, text string) { require.NoError(t, os.WriteFile(name, []byte(text), 0o666)) }
	write("t.csv", "x,kind\n1,a\n2,b\n3,a\n4,b\n")
	write("u.csv", "y,kind\n1,a\n2,b\n")
	write("v.csv", "x,kind\n1,a\n2,d\n")
	const idx, npy = "-data a-images.gz -labels a-classes", "-data a-x.npy -labels a-y.npy"
	for _, tc := range []struct{ args, want string }{
		{idx + " -testlabels b-classes", `-testlabels needs -testdata FILE: the rows that they are the labels of`},
		{idx + " -testdata b-images.gz", `-testdata needs -testlabels FILE, as -data has -labels`},
		{"-testdata b-images.gz", `-testdata is for data from files, but -data is digits`},
		{"-data t.csv -testdata t.csv -testlabels b-classes",
			`-testlabels is for IDX and NPY files, but -data has no -labels`},
		{idx + " -test 0.5 -testdata b-images.gz -testlabels b-classes",
			`-test and -testdata exclude each other: the test is a part of -data or a file of its own`},
		{idx + " -testdata none -testlabels b-classes", `-testdata none: no such file`},
		{idx + " -testdata b-images.gz -testlabels none", `-testlabels none: no such file`},
		{"-data t.csv -testdata b-x.npy",
			`-testdata b-x\.npy: an NPY file has no labels in it; give them with -testlabels FILE`},
		{npy + " -testdata b-pictures.npy -testlabels b-y.npy",
			`-testdata b-pictures\.npy: got 64 features without "feature_0", "feature_1", "feature_2", want 64 features as in ` +
				`-data`},
		{"-data t.csv -testdata u.csv", `-testdata u\.csv: got 1 feature without "x", want 1 feature as in -data`},
		{"-data t.csv -testdata v.csv", `-testdata v\.csv: line 3 column 2 \("kind"\): got "d", want one of the classes ` +
			`"a", "b"; -label NAME .+`},
	} {
		refused(t, "train -noplots "+tc.args, tc.want)
	}
	assert.NoDirExists(t, "demo-out")
}

// Two labels of which one is true in every row become one, and a note says so.
func TestTwoLabelsOfWhichOneIsTrue(t *testing.T) {
	t.Chdir(t.TempDir())
	var x, y []float32
	for i := range 40 {
		x = append(x, float32(i))
		y = append(y, float32(i%2), float32(1-i%2))
	}
	require.NoError(t, os.WriteFile("x.npy", npyBytes("<f4", x, 40, 1), 0o666))
	require.NoError(t, os.WriteFile("y.npy", npyBytes("<f4", y, 40, 2), 0o666))
	const args = "-data x.npy -labels y.npy -epochs 1 -noplots -classes cat,dog"
	const note = `every row has one of two classes or labels: one logit says whether it is "dog"`
	assert.Contains(t, notes(t, args+" -link sigmoid"), note)
	assert.NotContains(t, notes(t, args), note)
}
