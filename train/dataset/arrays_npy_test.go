package dataset

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/internal/numtest"
	"softloss/losses"
)

func TestReadNPY(t *testing.T) {
	for _, descr := range []string{"<f4", "<f8", "<i4", "<i8", "|u1"} {
		features := numtest.NPY(descr, "(3, 2)", 1, 2, 3, 4, 5, 250.)
		for _, labels := range [][]byte{
			numtest.NPY("<i4", "(3,)", 2, 0, 1), numtest.NPY("<i8", "(3,)", 2, 0, 1), numtest.NPY("|u1", "(3,)", 2, 0, 1),
			numtest.NPY(descr, "(3, 3)", 0, 0, 1, 1, 0, 0, 0, 1, 0), numtest.NPY(descr, "(3, 1)", 2, 0, 1),
		} {
			d, err := readPair(t, features, labels)
			require.NoError(t, err)
			require.NoError(t, d.Validate(losses.SoftmaxLink))
			assert.Equal(t, []float32{1, 2, 3, 4, 5, 250}, f32(t, d.Features))
			assert.Equal(t, []float32{0, 0, 1, 1, 0, 0, 0, 1, 0}, f32(t, d.Labels))
			assert.Equal(t, []string{"feature_0", "feature_1"}, d.FeatureNames)
			assert.Equal(t, []string{"0", "1", "2"}, d.ClassNames)
			assert.Nil(t, d.Counts)
		}
	}
	// Soft labels, negative and tiny features, pictures, gzip.
	d, err := readPair(t, numtest.Gzip(numtest.NPY("<f8", "(2, 1, 3)", -1, .5, 1e-300, 3, 4, -5e30)),
		numtest.NPY("<f4", "(2, 2)", .25, .75, .75, .25))
	require.NoError(t, err)
	assert.Equal(t, []float32{-1, .5, 0, 3, 4, -5e30}, f32(t, d.Features))
	assert.Equal(t, []float32{.25, .75, .75, .25}, f32(t, d.Labels))
	assert.Equal(t, []string{"pixel_0_0", "pixel_0_1", "pixel_0_2"}, d.FeatureNames)
	// Integers at their limits.
	d, err = readPair(t, numtest.NPY("<i4", "(1, 2)", math.MinInt32, math.MaxInt32), numtest.NPY("<i8", "(1,)", 1023))
	require.NoError(t, err)
	assert.Equal(t, []float32{math.MinInt32, math.MaxInt32}, f32(t, d.Features))
	assert.Equal(t, 1024, d.NumClasses())
}

// Features are of the smaller type that tells their numbers apart.
func TestTypesOfFeatures(t *testing.T) {
	for descr, want := range map[string]tensor.Dtype{
		"|u1": tensor.Float32, "<u2": tensor.Float32, "<i2": tensor.Float32, "<f4": tensor.Float32,
		"<i4": tensor.Float64, "<i8": tensor.Float64, "<f8": tensor.Float64,
	} {
		size := int(descr[2] - '0')
		header := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (2, 1)}", descr)
		d, err := readPair(t, numtest.NPYFile(header, make([]byte, 2*size)), numtest.NPY("|u1", "(2,)", 0, 1))
		require.NoError(t, err, descr)
		require.Equal(t, want, d.Features.Dtype(), descr)
	}
}

// Classes in a column, as floats, as bools.
func TestReadNPYClasses(t *testing.T) {
	x := numtest.NPY("|u1", "(3, 1)", 7, 8, 9)
	for _, y := range [][]byte{
		numtest.NPY("<i8", "(3, 1)", 0, 1, 1), numtest.NPY("<f8", "(3,)", 0, 1, 1), numtest.NPY("<f4", "(3, 1)", 0, 1, 1),
		numtest.NPYFile("{'descr': '|b1', 'fortran_order': False, 'shape': (3,)}", []byte{0, 1, 1}),
	} {
		d, err := readPair(t, x, y)
		require.NoError(t, err)
		assert.Equal(t, []int{0, 1, 1}, d.Index())
	}
}

// In Fortran order the first index is the fastest.
func TestReadNPYFortranOrder(t *testing.T) {
	const n, a, b, c = 3, 2, 4, 5
	var plain, turned []int32
	for i := range n * a * b * c {
		plain = append(plain, int32(i))
	}
	for l := range c {
		for k := range b {
			for j := range a {
				for i := range n {
					turned = append(turned, int32(((i*a+j)*b+k)*c+l))
				}
			}
		}
	}
	labels := numtest.NPY("|u1", "(3,)", 0, 1, 1)
	want, err := readPair(t, numtest.NPY("<i4", "(3, 2, 4, 5)", plain...), labels)
	require.NoError(t, err)
	fortran := bytes.Replace(numtest.NPY("<i4", "(3, 2, 4, 5)", turned...), []byte("False"), []byte("True "), 1)
	got, err := readPair(t, fortran, labels)
	require.NoError(t, err)
	assert.Equal(t, want, got)
	soft := bytes.Replace(numtest.NPY("|u1", "(3, 2)", 1, 0, 1, 0, 1, 1), []byte("False"), []byte("True "), 1)
	d, err := readPairAs(t, fortran, soft, ArrayOptions{Columns: ColumnsAreVotes})
	require.NoError(t, err)
	assert.Equal(t, []float32{1, 0, 0, 1, .5, .5}, f32(t, d.Labels))
}

// What several columns of labels are is said: nothing is divided, or cut, that was not meant so.
func TestColumns(t *testing.T) {
	x := numtest.NPY("|u1", "(3, 1)", 7, 8, 9)
	several := numtest.NPY("<f8", "(3, 2)", 1, 1, 0, 1, .5, 0)
	for are, want := range map[Columns][]float32{
		ColumnsAreVotes: {.5, .5, 0, 1, 1, 0}, ColumnsAreCounts: {.5, .5, 0, 1, 1, 0},
		ColumnsAreQuestions: {1, 1, 0, 1, .5, 0},
	} {
		d, err := readPairAs(t, x, several, ArrayOptions{Columns: are, Classes: []string{"sweet", "big"}})
		require.NoError(t, err)
		assert.Equal(t, want, f32(t, d.Labels))
		assert.Equal(t, are == ColumnsAreCounts, d.Counts != nil)
		assert.Equal(t, []string{"sweet", "big"}, d.ClassNames)
	}
	_, err := readPair(t, x, several)
	checkRowError(t, err, "labels", 0, -1)
	checkError(t, err, ErrLabel, "labels: row 0: got a sum of 2, want a sum of 1; see Columns")
	_, err = readPairAs(t, x, numtest.NPY("<f8", "(3, 2)", 1, 0, 0, 2, 0, 0.), ArrayOptions{Columns: ColumnsAreQuestions})
	checkRowError(t, err, "labels", 1, 1)
	d, err := readPair(t, x, numtest.NPY("<f8", "(3, 2)", .3333, .6666, 0, 1, .5, .5))
	require.NoError(t, err, "as text with four digits has it")
	assert.InDelta(t, 1./3, f32(t, d.Labels)[0], 1e-6)
	for _, are := range []Columns{ColumnsAreVotes, ColumnsAreCounts} {
		_, err = readPairAs(t, x, numtest.NPY("|u1", "(3,)", 0, 1, 1), ArrayOptions{Columns: are})
		checkError(t, err, ErrShape, "got shape [3], a class for each row, want a column of votes for each class")
	}
	d, err = readPairAs(t, x, numtest.NPY("|u1", "(3,)", 0, 1, 1), ArrayOptions{Columns: ColumnsAreQuestions})
	require.NoError(t, err, "classes are questions of which one is true")
	assert.Equal(t, 2, d.NumClasses())
}

// Files as NumPy writes them, as testdata/check_npy.py leaves them in the folder that
// SOFTLOSS_CHECK_NPY names.
func TestNPYOfNumPy(t *testing.T) {
	dir := os.Getenv("SOFTLOSS_CHECK_NPY")
	if dir == "" {
		t.Skip("run by testdata/check_npy.py")
	}
	x, err := filepath.Glob(filepath.Join(dir, "x_*.npy*"))
	require.NoError(t, err)
	y, err := filepath.Glob(filepath.Join(dir, "y_*.npy*"))
	require.NoError(t, err)
	require.NotEmpty(t, x)
	require.NotEmpty(t, y)
	want := func(path string) (out []float32) {
		text, err := os.ReadFile(path + ".txt")
		require.NoError(t, err)
		for _, s := range strings.Fields(string(text)) {
			var v float32
			_, err := fmt.Sscan(s, &v)
			require.NoError(t, err)
			out = append(out, v)
		}
		return out
	}
	for _, features := range x {
		for _, labels := range y {
			if strings.HasSuffix(features, ".txt") || strings.HasSuffix(labels, ".txt") {
				continue
			}
			opt := ArrayOptions{}
			if strings.Contains(labels, "soft") {
				opt.Columns = ColumnsAreVotes
			}
			d, err := ReadArrays(features, labels, opt)
			require.NoError(t, err)
			require.NoError(t, d.Validate(losses.SoftmaxLink))
			assert.Equal(t, want(features), f32(t, d.Features), features)
			assert.Equal(t, want(labels), f32(t, d.Labels), labels)
		}
	}
}

func TestNPYPairErrors(t *testing.T) {
	x, y := numtest.NPY("|u1", "(2, 2)", 1, 2, 3, 4), numtest.NPY("|u1", "(2,)", 0, 1)
	nan := math.NaN()
	for _, test := range []struct {
		name string
		x, y []byte
		kind error
		text string
	}{
		{"swapped", y, x, ErrShape, "x: features: got shape [2], want [N, D] or more dimensions (are these the labels?"},
		{"features twice", x, numtest.NPY("|u1", "(2, 1, 2)", 1, 2, 3, 4), ErrShape,
			"y: labels: got shape [2 1 2], want [N] or [N, K]"},
		{"rows", x, numtest.NPY("|u1", "(3,)", 0, 1, 1), ErrShape, "y: labels: got 3 rows, want 2"},
		{"NaN", numtest.NPY("<f4", "(2, 2)", 1, 2, nan, 4), y, ErrRow, "x: features: row 1 column 0: got NaN"},
		{"infinite", numtest.NPY("<f8", "(2, 2)", 1, 2, math.Inf(1), 4), y, ErrRow, "row 1 column 0: got +Inf"},
		{"beyond float32", numtest.NPY("<f8", "(2, 2)", 1, 1e39, 1, 4), y, ErrRow, "row 0 column 1: got 1e+39"},
		{"fractions as classes", x, numtest.NPY("<f8", "(2,)", 0, 1.5), ErrLabel,
			"y: labels: row 1: got 1.5, want a class in 0..1023"},
		{"class -1", x, numtest.NPY("<i8", "(2,)", 0, -1), ErrLabel, "y: labels: row 1: got -1, want a class in 0..1023"},
		{"class 1024", x, numtest.NPY("<i8", "(2,)", 1024, 1), ErrLabel, "row 0: got 1024"},
		{"class huge", x, numtest.NPY("<i8", "(2,)", 0, int64(math.MaxInt64)), ErrLabel, "row 1: got 9.223372036854776e+18"},
		{"only class 0", x, numtest.NPY("<i8", "(2,)", 0, 0), ErrClasses, "got only the class 0"},
		{"one column", x, numtest.NPY("<i8", "(2, 1)", 0, 0), ErrClasses, "got only the class 0, want at least 2 classes"},
		{"soft negative", x, numtest.NPY("<f4", "(2, 2)", 1, 0, 1.5, -.5), ErrLabel, "y: labels: row 1 column 1: got -0.5"},
		{"soft NaN", x, numtest.NPY("<f4", "(2, 2)", 1, 0, nan, 0), ErrLabel, "row 1 column 0: got NaN"},
		{"soft infinite", x, numtest.NPY("<f4", "(2, 2)", 1, 0, math.Inf(1), 0), ErrLabel, "row 1 column 0: got +Inf"},
		{"soft zero", x, numtest.NPY("<f4", "(2, 2)", 1, 0, 0, 0), ErrLabel,
			"row 1: got a sum of 0, want a sum of 1; see Columns"},
		{"soft overflow", x, numtest.NPY("<f8", "(2, 2)", 1, 0, 1e308, 1e308), ErrLabel, "row 1: got the sum +Inf"},
	} {
		t.Run(test.name, func(t *testing.T) {
			d, err := readPair(t, test.x, test.y)
			checkError(t, err, test.kind, test.text)
			assert.Nil(t, d)
		})
	}
}
