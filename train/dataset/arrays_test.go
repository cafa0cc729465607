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

func write(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, content, 0o600))
	return path
}

// readPair writes both files and reads them.
func readPair(t *testing.T, features, labels []byte) (*Dataset, error) {
	t.Helper()
	return readPairAs(t, features, labels, ArrayOptions{})
}

func readPairAs(t *testing.T, features, labels []byte, opt ArrayOptions) (*Dataset, error) {
	t.Helper()
	return ReadArrays(write(t, "x", features), write(t, "y", labels), opt)
}

func TestReadIDX(t *testing.T) {
	d, err := readPair(t, numtest.IDX("\x00\x01\x02\x03\x04\xff", 2, 1, 3), numtest.IDX("\x02\x00", 2))
	require.NoError(t, err)
	require.NoError(t, d.Validate(losses.SoftmaxLink))
	assert.Equal(t, []float32{0, 1. / 255, 2. / 255, 3. / 255, 4. / 255, 1}, f32(t, d.Features))
	assert.Equal(t, []float32{0, 0, 1, 1, 0, 0}, f32(t, d.Labels))
	assert.Equal(t, []string{"pixel_0_0", "pixel_0_1", "pixel_0_2"}, d.FeatureNames)
	assert.Equal(t, []string{"0", "1", "2"}, d.ClassNames)
	assert.Nil(t, d.Counts)
}

// Other types of the format, labels in a column, and QMNIST's eight numbers a label.
func TestReadIDXOfOtherTypes(t *testing.T) {
	images := numtest.IDX("\xff\xff\x00\x02", 2, 1)
	images[2] = 0x0b
	labels := numtest.IDX("\x00\x00\x00\x01\x00\x00\x00\x09\x00\x00\x00\x00\x00\x00\x00\x07", 2, 2)
	labels[2] = 0x0c
	d, err := readPair(t, images, labels)
	require.NoError(t, err)
	assert.Equal(t, []float32{-1, 2}, f32(t, d.Features))
	assert.Equal(t, []int{1, 0}, d.Index())
}

func TestReadIDXErrors(t *testing.T) {
	_, err := readPair(t, numtest.IDX(string(make([]byte, maxPixels+1)), 1, maxPixels+1), numtest.IDX("\x01", 1))
	checkError(t, err, ErrShape, "x: features: got shape", "at most 16777216 features")
	_, err = readPair(t, numtest.IDX("abcd", 2, 2)[:9], numtest.IDX("\x00\x01", 2))
	checkError(t, err, ErrFormat, "x: idx: the file ends after")
}

// Fashion-MNIST, where Debian's package dataset-fashion-mnist is installed or
// SOFTLOSS_FASHION_MNIST names a directory with its files.
func TestFashionMNIST(t *testing.T) {
	dir := os.Getenv("SOFTLOSS_FASHION_MNIST")
	if dir == "" {
		dir = "/usr/share/datasets/fashion-mnist"
	}
	images := filepath.Join(dir, "t10k-images-idx3-ubyte.gz")
	if _, err := os.Stat(images); err != nil {
		t.Skipf("no Fashion-MNIST: %v; install dataset-fashion-mnist or set SOFTLOSS_FASHION_MNIST", err)
	}
	d, err := ReadArrays(images, filepath.Join(dir, "t10k-labels-idx1-ubyte.gz"), ArrayOptions{})
	require.NoError(t, err)
	require.NoError(t, d.Validate(losses.SoftmaxLink))
	assert.Equal(t, []int{10000, 784, 10}, []int{d.Len(), d.NumFeatures(), d.NumClasses()})
	perClass := make([]int, 10)
	for _, c := range d.Index() {
		perClass[c]++
	}
	for _, n := range perClass {
		assert.Equal(t, 1000, n)
	}
	assert.Equal(t, "pixel_27_27", d.FeatureNames[783])
}

// The doors of one format read what ReadArrays does, and no other format.
func TestReadOneFormat(t *testing.T) {
	for i, pair := range [][2][]byte{idxPair, npyPair} {
		features, labels := write(t, "x", pair[0]), write(t, "y", pair[1])
		want, err := ReadArrays(features, labels, ArrayOptions{})
		require.NoError(t, err)
		doors := []func(features, labels string) (*Dataset, error){ReadIDXFiles, ReadNPYFiles}
		for _, read := range []func(features, labels string) (*Dataset, error){ReadPairFiles, doors[i]} {
			got, err := read(features, labels)
			require.NoError(t, err)
			assert.Equal(t, f32(t, want.Features), f32(t, got.Features))
			assert.Equal(t, f32(t, want.Labels), f32(t, got.Labels))
		}
		_, err = doors[1-i](features, labels)
		require.ErrorIs(t, err, ErrFormat)
	}
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
		_, err = ReadArrays(features, write(t, "y", pair[1]), ArrayOptions{Classes: []string{"shirt", "shirt"}})
		checkError(t, err, ErrParam, `Classes: got "shirt" twice, want each class once`)

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
