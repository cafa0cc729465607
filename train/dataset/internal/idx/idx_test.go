package idx

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
	"softloss/train/dataset/internal/fault"
)

// checkError asserts the form of an error.
func checkError(t testing.TB, err error, kind error, text string) {
	t.Helper()
	require.ErrorIs(t, err, kind)
	assert.True(t, strings.HasPrefix(err.Error(), "dataset: "), err.Error())
	assert.NotContains(t, err.Error(), "\n")
	assert.Contains(t, err.Error(), text)
}

func TestTypes(t *testing.T) {
	for _, c := range []struct {
		code byte
		data string
		want []float64
	}{
		{0x08, "\x00\xff", []float64{0, 255}},
		{0x09, "\x80\x7f", []float64{-128, 127}},
		{0x0b, "\xff\xfe\x01\x00", []float64{-2, 256}},
		{0x0c, "\xff\xff\xff\xff\x00\x01\x00\x00", []float64{-1, 65536}},
		{0x0d, "\x3f\x80\x00\x00\xc0\x00\x00\x00", []float64{1, -2}},
		{0x0e, "\x3f\xf0\x00\x00\x00\x00\x00\x00\xbf\xe0\x00\x00\x00\x00\x00\x00", []float64{1, -.5}},
	} {
		file := numtest.IDX(c.data, 2)
		file[2] = c.code
		a, err := Read(bytes.NewReader(file))
		require.NoError(t, err)
		assert.Equal(t, []int{2}, a.Shape)
		assert.Equal(t, c.want, []float64{a.Element(0), a.Element(1)}, "type %x", c.code)
	}
}

func TestErrors(t *testing.T) {
	packed := numtest.Gzip(numtest.IDX("abcd", 2, 2))
	tests := []struct {
		name string
		data []byte
		kind error
		text string
	}{
		{"empty", nil, fault.ErrFormat, "dataset: idx: the file ends after 0 of the 4 bytes that an idx file begins with"},
		{"three bytes", []byte{0, 0, 8}, fault.ErrFormat, "ends after 3 of the 4 bytes"},
		{"png", []byte("\x89PNG\r\n\x1a\n"), fault.ErrFormat, "got a file that begins with 89 50 4e 47, want 00 00"},
		{"type", []byte{0, 0, 0x0a, 1, 0, 0, 0, 1}, fault.ErrFormat, "got data of type 0x0a, want 0x08"},
		{"no dimensions", []byte{0, 0, 8, 0}, fault.ErrFormat, "got 0 dimensions, want 1 to 8"},
		{"many dimensions", []byte{0, 0, 8, 9}, fault.ErrFormat, "got 9 dimensions"},
		{"sizes cut", []byte{0, 0, 8, 2, 0, 0, 0, 1, 0}, fault.ErrFormat, "ends after 5 of 8 bytes of sizes"},
		{"no sizes", []byte{0, 0, 8, 1}, fault.ErrFormat, "ends after 0 of 4 bytes of sizes"},
		{"data cut", numtest.IDX("abc", 2, 2), fault.ErrFormat, "ends after 3 of 4 bytes of data"},
		{"claims too much", numtest.IDX("a", 0x80000000), fault.ErrFormat, "want less than 2^31 bytes"},
		{"product overflows", numtest.IDX("a", 0xffffffff, 0xffffffff, 0xffffffff), fault.ErrFormat,
			"want less than 2^31 bytes"},
		{"gzip cut in its checksum", packed[:len(packed)-1], fault.ErrFormat, "gzip data: ends early"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Read(bytes.NewReader(test.data))
			checkError(t, err, test.kind, test.text)
		})
	}
	boom := errors.New("boom")
	for _, start := range []string{"", "\x00\x00\x08", string(numtest.IDX("ab", 3)), string(numtest.IDX("abc", 3))} {
		_, err := Read(io.MultiReader(strings.NewReader(start), iotest.ErrReader(boom)))
		checkError(t, err, boom, "boom")
	}
	_, err := Read(nil)
	checkError(t, err, fault.ErrParam, "nil")
}

func FuzzRead(f *testing.F) {
	for _, seed := range [][]byte{
		nil, numtest.IDX("abcd", 2, 2), numtest.IDX("ab", 2), numtest.IDX("a", 0xffffffff, 2),
		{0x1f, 0x8b, 8}, []byte("\x89PNG"),
		numtest.Gzip(numtest.IDX("abcdef", 2, 1, 3)), {0, 0, 0x0e, 1, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8},
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		a, err := Read(bytes.NewReader(file))
		if err != nil {
			assert.True(t, strings.HasPrefix(err.Error(), "dataset: "), err.Error())
			assert.Nil(t, a)
			return
		}
		size := 1
		for _, n := range a.Shape {
			size *= n
		}
		require.Len(t, a.Data, size*a.Width)
		a.Element(size - 1)
	})
}
