package dataset

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// idxFile returns the bytes of an idx-ubyte file.
func idxFile(data string, shape ...uint32) []byte {
	out := []byte{0, 0, 8, byte(len(shape))}
	for _, size := range shape {
		out = binary.BigEndian.AppendUint32(out, size)
	}
	return append(out, data...)
}

func write(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, content, 0o600))
	return path
}

func TestReadIDXFiles(t *testing.T) {
	images := idxFile("\x00\x01\x02\x03\x04\xff", 2, 1, 3)
	labels := idxFile("\x02\x00", 2)
	for _, pair := range [][2][]byte{
		{images, labels},
		{gzipped(t, string(images)), gzipped(t, string(labels))},
		{images, gzipped(t, string(labels))},
	} {
		d, err := ReadIDXFiles(write(t, "images", pair[0]), write(t, "labels", pair[1]))
		require.NoError(t, err)
		require.NoError(t, d.Validate())
		assert.Equal(t, []float32{0, 1. / 255, 2. / 255, 3. / 255, 4. / 255, 1}, f32(t, d.Features))
		assert.Equal(t, []float32{0, 0, 1, 1, 0, 0}, f32(t, d.Labels))
		assert.Equal(t, []string{"pixel_0_0", "pixel_0_1", "pixel_0_2"}, d.FeatureNames)
		assert.Equal(t, []string{"0", "1", "2"}, d.ClassNames)
		assert.Nil(t, d.Counts)
	}
}

func TestReadIDXErrors(t *testing.T) {
	packed := gzipped(t, string(idxFile("abcd", 2, 2)))
	damaged := bytes.Clone(packed)
	damaged[len(damaged)-8] ^= 1
	tests := []struct {
		name string
		data []byte
		kind error
		text string
	}{
		{"empty", nil, ErrFormat, "dataset: idx: the file ends after 0 of the 4 bytes that an idx file begins with"},
		{"three bytes", []byte{0, 0, 8}, ErrFormat, "ends after 3 of the 4 bytes"},
		{"png", []byte("\x89PNG\r\n\x1a\n"), ErrFormat, "got a file that begins with 89 50 4e 47, want 00 00 08"},
		{"floats", []byte{0, 0, 0x0d, 1, 0, 0, 0, 1}, ErrFormat, "got data of type 0x0d, want 0x08"},
		{"no dimensions", []byte{0, 0, 8, 0}, ErrFormat, "got 0 dimensions, want 1 to 8"},
		{"many dimensions", []byte{0, 0, 8, 9}, ErrFormat, "got 9 dimensions"},
		{"sizes cut", []byte{0, 0, 8, 2, 0, 0, 0, 1, 0}, ErrFormat, "ends after 5 of 8 bytes of sizes"},
		{"no sizes", []byte{0, 0, 8, 1}, ErrFormat, "ends after 0 of 4 bytes of sizes"},
		{"size 0", idxFile("", 3, 0), ErrEmpty, "got size 0 in dimension 1"},
		{"data cut", idxFile("abc", 2, 2), ErrFormat, "ends after 3 of 4 bytes of data"},
		{"no data", idxFile("", 60000, 28, 28), ErrFormat, "ends after 0 of 47040000 bytes of data"},
		{"claims much", idxFile("a", 0x7fffffff), ErrFormat, "ends after 1 of 2147483647 bytes"},
		{"claims too much", idxFile("a", 0x80000000), ErrFormat, "want less than 2^31 bytes"},
		{"product too much", idxFile("a", 65536, 32768), ErrFormat, "got sizes [65536] and then 32768"},
		{"product overflows", idxFile("a", 0xffffffff, 0xffffffff, 0xffffffff), ErrFormat, "want less than 2^31 bytes"},
		{"data left", idxFile("abcde", 2, 2), ErrFormat, "got more than 4 bytes of data, want the end of the file after shape [2 2]"},
		{"gzip cut in its data", packed[:len(packed)-9], ErrFormat, "gzip data: ends early"},
		{"gzip cut in its checksum", packed[:len(packed)-1], ErrFormat, "gzip data: ends early"},
		{"gzip damaged", damaged, ErrFormat, "gzip data: got gzip: invalid checksum"},
		{"gzip header", []byte{0x1f, 0x8b, 99, 0, 0, 0, 0, 0, 0, 0}, ErrFormat, "gzip data: got gzip: invalid header"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := ReadIDX(bytes.NewReader(test.data))
			checkError(t, err, test.kind, test.text)
			_, err = ReadIDXFiles(write(t, "images", test.data), "never opened")
			checkError(t, err, test.kind, "images: ")
		})
	}
	boom := errors.New("boom")
	for _, start := range []string{"", "\x00\x00\x08", string(idxFile("ab", 3)), string(idxFile("abc", 3))} {
		_, err := ReadIDX(&failingReader{strings.NewReader(start), boom})
		checkError(t, err, boom, "boom")
	}
	_, err := ReadIDX(nil)
	checkError(t, err, ErrParam)
	_, err = ReadIDXFiles(filepath.Join(t.TempDir(), "none"), "")
	checkError(t, err, os.ErrNotExist, "none")
	_, err = ReadIDXFiles(write(t, "images", idxFile("ab", 2, 1)), filepath.Join(t.TempDir(), "missing"))
	checkError(t, err, os.ErrNotExist, "missing")
}

// A header costs what its file holds, not what it claims.
func TestReadIDXAllocatesWhatArrives(t *testing.T) {
	claims := idxFile("abc", 1<<15, 1<<15)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := ReadIDX(bytes.NewReader(claims))
	runtime.ReadMemStats(&after)
	checkError(t, err, ErrFormat)
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<20), "of a claimed 2^30")
}

func TestFromIDXErrors(t *testing.T) {
	images, labels := &IDX{[]int{2, 2}, []byte("abcd")}, &IDX{[]int{2}, []byte{0, 1}}
	for _, test := range []struct {
		name           string
		images, labels *IDX
		kind           error
		text           string
	}{
		{"nil images", nil, labels, ErrParam, "images: got nil"},
		{"nil labels", images, nil, ErrParam, "labels: got nil"},
		{"swapped", labels, images, ErrShape, "images: got shape [2], want 2 dimensions or more (are these the labels?)"},
		{"twice the images", images, images, ErrShape, "labels: got shape [2 2], want 1 dimension (are these the images?)"},
		{"numbers differ", images, &IDX{[]int{3}, []byte{0, 1, 0}}, ErrShape, "labels: got 3 labels, want 2, one for each image"},
		{"data short", &IDX{[]int{2, 2}, []byte("abc")}, labels, ErrShape, "images: got 3 bytes for shape [2 2], want 4"},
		{"negative size", &IDX{[]int{-2, -2}, []byte("abcd")}, labels, ErrShape, "images: got shape [-2 -2]"},
		{"overflow", &IDX{[]int{1 << 30, 1 << 30, 16}, nil}, labels, ErrShape, "product below 2^31"},
		{"no shape", &IDX{}, labels, ErrShape, "images: got 0 bytes for shape []"},
		{"one class", images, &IDX{[]int{2}, []byte{0, 0}}, ErrClasses, "got only the class 0, want at least 2 classes"},
		{"huge image", &IDX{[]int{1, maxPixels + 1}, make([]byte, maxPixels+1)}, &IDX{[]int{1}, []byte{1}}, ErrShape, "at most 16777216 pixels"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := FromIDX(test.images, test.labels)
			checkError(t, err, test.kind, test.text)
		})
	}
	_, err := ReadIDXFiles(write(t, "swapped", idxFile("ab", 2)), write(t, "labels", idxFile("ab", 2)))
	checkError(t, err, ErrShape, "swapped and ", "are these the labels?")
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
	d, err := ReadIDXFiles(images, filepath.Join(dir, "t10k-labels-idx1-ubyte.gz"))
	require.NoError(t, err)
	require.NoError(t, d.Validate())
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

func FuzzReadIDX(f *testing.F) {
	for _, seed := range [][]byte{
		nil, idxFile("abcd", 2, 2), idxFile("ab", 2), idxFile("a", 0xffffffff, 2), {0x1f, 0x8b, 8}, []byte("\x89PNG"),
		gzipped(f, string(idxFile("abcdef", 2, 1, 3))),
	} {
		f.Add(seed, []byte{0, 0, 8, 1, 0, 0, 0, 2, 0, 1})
	}
	f.Fuzz(func(t *testing.T, images, labels []byte) {
		var parts [2]*IDX
		for i, data := range [][]byte{images, labels} {
			idx, err := ReadIDX(bytes.NewReader(data))
			if err != nil {
				checkText(t, err)
				assert.Nil(t, idx)
				continue
			}
			size := 1
			for _, s := range idx.Shape {
				size *= s
			}
			assert.Len(t, idx.Data, size)
			parts[i] = idx
		}
		d, err := FromIDX(parts[0], parts[1])
		if err != nil {
			checkText(t, err)
			return
		}
		require.NoError(t, d.Validate())
		assert.Equal(t, len(d.FeatureNames), d.NumFeatures())
	})
}

// checkText asserts the form of an error's text.
func checkText(t testing.TB, err error) {
	t.Helper()
	assert.True(t, strings.HasPrefix(err.Error(), "dataset: "), err.Error())
	assert.NotContains(t, err.Error(), "\n")
}

func TestGunzipReadsSeveralMembers(t *testing.T) {
	first, second := gzipped(t, "x,kind\n1,b\n"), gzipped(t, "2,a\n")
	d, err := ReadCSV(bytes.NewReader(append(first, second...)), CSVOptions{})
	require.NoError(t, err)
	assert.Equal(t, 2, d.Len())
	_, err = ReadCSV(bytes.NewReader(append(first, "garbage that is no gzip"...)), CSVOptions{})
	checkError(t, err, ErrFormat)
	assert.ErrorIs(t, err, gzip.ErrHeader)
}
