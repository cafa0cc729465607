package dataset

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
	"softloss/losses"
)

// idxPair and npyPair are the same two rows of 1×3 pixels.
var (
	idxPair = [2][]byte{idxFile("\x00\x33\x66\x99\xcc\xff", 2, 1, 3), idxFile("\x01\x00", 2)}
	npyPair = [2][]byte{npyOf("<f8", "(2, 1, 3)", 0, .2, .4, .6, .8, 1), npyOf("<i8", "(2,)", 1, 0.)}
)

func TestFormatOf(t *testing.T) {
	for _, tc := range []struct {
		content []byte
		want    Format
	}{
		{idxPair[0], FormatIDX}, {idxPair[1], FormatIDX}, {npyPair[0], FormatNPY}, {[]byte("a,b\n1,2\n"), FormatCSV},
		{nil, FormatCSV}, {[]byte{0, 0}, FormatCSV}, {[]byte("\x93NUM"), FormatCSV},
	} {
		for _, content := range [][]byte{tc.content, numtest.Gzip(tc.content)} {
			got, err := FormatOf(write(t, "x", content))
			require.NoError(t, err)
			assert.Equal(t, tc.want, got, "%q", tc.content)
		}
	}
	assert.Equal(t, []string{"CSV", "IDX", "NPY"}, []string{FormatCSV.String(), FormatIDX.String(), FormatNPY.String()})
	_, err := FormatOf(filepath.Join(t.TempDir(), "none"))
	checkError(t, err, fs.ErrNotExist)
	_, err = FormatOf(write(t, "x", []byte("\x1f\x8bno gzip at all")))
	checkError(t, err, ErrFormat)
}

func TestReadArrays(t *testing.T) {
	for _, pair := range [][2][]byte{idxPair, npyPair, {idxPair[0], numtest.Gzip(idxPair[1])},
		{numtest.Gzip(npyPair[0]), npyPair[1]}} {
		features := write(t, "x", pair[0])
		d, err := ReadArrays(features, write(t, "y", pair[1]), ArrayOptions{})
		require.NoError(t, err)
		require.NoError(t, d.Validate(losses.SoftmaxLink))
		assert.InDeltaSlice(t, []float32{0, .2, .4, .6, .8, 1}, f32(t, d.Features), 1e-7)
		assert.Equal(t, []float32{0, 1, 1, 0}, f32(t, d.Labels))
		rows, columns := d.ImageSize()
		assert.Equal(t, []int{1, 3}, []int{rows, columns})

		named, err := ReadArrays(features, write(t, "y", pair[1]), ArrayOptions{Classes: []string{"shirt", "shoe", "bag"}})
		require.NoError(t, err)
		assert.Equal(t, []float32{0, 1, 0, 1, 0, 0}, f32(t, named.Labels))
		assert.Equal(t, []string{"shirt", "shoe", "bag"}, named.ClassNames)
		_, err = ReadArrays(features, write(t, "y", pair[1]), ArrayOptions{Classes: []string{"shirt"}})
		checkError(t, err, ErrLabel, "labels: row 0: got 1, want a class in 0..0")

		alone, err := ReadFeaturesFile(features)
		require.NoError(t, err)
		assert.Equal(t, f32(t, d.Features), f32(t, alone))
		assert.Equal(t, d.Features.Shape(), alone.Shape())
	}
}

func TestReadArraysErrors(t *testing.T) {
	csv := write(t, "t.csv", []byte("a,b\n1,2\n"))
	images, classes := write(t, "images", idxPair[0]), write(t, "classes", idxPair[1])
	x, y := write(t, "x.npy", npyPair[0]), write(t, "y.npy", npyPair[1])
	none := filepath.Join(t.TempDir(), "none")
	for _, tc := range []struct {
		features, labels string
		kind             error
		text             string
	}{
		{csv, y, ErrFormat, csv + ": got a file that begins like neither, want IDX or NPY"},
		{x, csv, ErrFormat, csv + ": got a file that begins like neither"},
		{images, y, ErrFormat, y + ": got NPY labels for the IDX features of " + images + ", want two files of one format"},
		{none, y, fs.ErrNotExist, none},
		{x, none, fs.ErrNotExist, none},
		{classes, images, ErrShape, "are these the labels?"},
		{y, x, ErrShape, "are these the labels?"},
	} {
		_, err := ReadArrays(tc.features, tc.labels, ArrayOptions{})
		checkError(t, err, tc.kind, tc.text)
	}
	for path, kind := range map[string]error{csv: ErrFormat, classes: ErrShape, y: ErrShape, none: fs.ErrNotExist} {
		_, err := ReadFeaturesFile(path)
		checkError(t, err, kind, path)
	}
	short := write(t, "short.npy", npyPair[0][:len(npyPair[0])-1])
	_, err := ReadFeaturesFile(short)
	checkError(t, err, ErrFormat, short)
	require.NoError(t, os.WriteFile(short, idxPair[0][:9], 0o600))
	_, err = ReadFeaturesFile(short)
	checkError(t, err, ErrFormat, short)
}

func TestImageSize(t *testing.T) {
	digits, err := Digits()
	require.NoError(t, err)
	for _, tc := range []struct {
		names         []string
		rows, columns int
	}{
		{digits.FeatureNames, 8, 8},
		{pixelNames([]int{3, 5}), 3, 5},
		{pixelNames([]int{1, 1}), 1, 1},
		{pixelNames([]int{2, 2, 3}), 0, 0}, // colours
		{pixelNames([]int{4}), 0, 0},
		{[]string{"pixel_0_1", "pixel_0_0"}, 0, 0},
		{[]string{"pixel_0_0", "pixel_0_1", "x"}, 0, 0},
		{[]string{"x", "pixel_0_1"}, 0, 0},
		{[]string{"pixel_99999999_99999999"}, 0, 0},
		{[]string{"pixel_-1_0"}, 0, 0},
		{nil, 0, 0},
	} {
		rows, columns := (&Dataset{FeatureNames: tc.names}).ImageSize()
		assert.Equal(t, []int{tc.rows, tc.columns}, []int{rows, columns}, "%v", tc.names)
	}
	rows, columns := (*Dataset)(nil).ImageSize()
	assert.Equal(t, 0, rows+columns)
}

func TestWithClasses(t *testing.T) {
	d := sample()
	got, err := d.WithClasses([]string{"z", "w", "x", "y"})
	require.NoError(t, err)
	assert.Equal(t, []float32{0, 0, 1, 0, .25, 0, .25, .5, .5, 0, 0, .5, 1, 0, 0, 0}, f32(t, got.Labels))
	assert.Equal(t, []string{"z", "w", "x", "y"}, got.ClassNames)
	assert.Equal(t, d.Counts, got.Counts)
	require.NoError(t, got.Validate(losses.SoftmaxLink))
	assert.Equal(t, sample(), d, "the input stays")
	_, err = d.WithClasses([]string{"x", "y"})
	checkError(t, err, ErrClasses, `got the class "z", want one of "x", "y"`)
	_, err = d.WithClasses([]string{"x", "y", "z", "x"})
	checkError(t, err, ErrParam, `names: got "x" twice`)
	d.ClassNames = nil
	_, err = d.WithClasses([]string{"x", "y", "z"})
	checkError(t, err, ErrShape, "class names: got none, want 3")
}
