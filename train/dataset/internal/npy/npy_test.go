package npy

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
	"softloss/train/dataset/internal/array"
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

func TestHeaderForms(t *testing.T) {
	for _, dict := range []string{
		"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }          ",
		"{'shape': (2, 3), 'descr': '<f4', 'fortran_order': False}",
		`{"descr":"<f4","fortran_order":False,"shape":(2,3)}`,
		"{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 3L)}", // Python 2
		" { 'descr' : '<f4' , 'fortran_order' : False , 'shape' : ( 2 , 3 , ) , } ",
	} {
		h, err := parseHeader(dict + "\n")
		require.NoError(t, err, dict)
		assert.Equal(t, &header{of: array.Type{Kind: 'f', Width: 4}, shape: []int{2, 3}}, h)
	}
}

// Every type of numbers, both orders of bytes.
func TestTypes(t *testing.T) {
	for descr, c := range map[string]struct {
		data string
		want []float64
	}{
		"|b1": {"\x00\x01", []float64{0, 1}},
		"|i1": {"\xff\x7f", []float64{-1, 127}},
		"|u1": {"\xff\x7f", []float64{255, 127}},
		"<i2": {"\xfe\xff\x00\x01", []float64{-2, 256}},
		">u2": {"\xff\xfe\x01\x00", []float64{65534, 256}},
		"<u4": {"\xff\xff\xff\xff\x01\x00\x00\x00", []float64{math.MaxUint32, 1}},
		">i4": {"\xff\xff\xff\xff\x00\x01\x00\x00", []float64{-1, 65536}},
		"<i8": {"\xfe\xff\xff\xff\xff\xff\xff\xff\x01\x00\x00\x00\x00\x00\x00\x00", []float64{-2, 1}},
		"<u8": {"\x00\x00\x00\x00\x00\x00\x00\x80\x01\x00\x00\x00\x00\x00\x00\x00", []float64{1 << 63, 1}},
		"<f2": {"\x00\x3c\x00\xc0", []float64{1, -2}},
		">f2": {"\x00\x01\x7b\xff", []float64{0x1p-24, 65504}},
		">f4": {"\x3f\x80\x00\x00\xc0\x00\x00\x00", []float64{1, -2}},
		"<f8": {"\x00\x00\x00\x00\x00\x00\xf0\x3f\x00\x00\x00\x00\x00\x00\xe0\xbf", []float64{1, -.5}},
	} {
		a, err := Read(bytes.NewReader(numtest.NPYFile(dictionary("'"+descr+"'", "False", "(2,)"), []byte(c.data))))
		require.NoError(t, err, descr)
		assert.Equal(t, c.want, []float64{a.Element(0), a.Element(1)}, descr)
	}
	for bits, want := range map[string]float64{"\x00\x7c": math.Inf(1), "\x00\xfc": math.Inf(-1), "\x01\x7e": math.NaN()} {
		a, err := Read(bytes.NewReader(numtest.NPYFile(dictionary("'<f2'", "False", "(1,)"), []byte(bits))))
		require.NoError(t, err)
		assert.Equal(t, math.Float64bits(want)>>52, math.Float64bits(a.Element(0))>>52)
	}
}

// Versions 2 and 3 have a length of 4 bytes.
func TestVersions(t *testing.T) {
	one := numtest.NPY("|u1", "(2, 1)", 7, 8)
	for version := byte(2); version <= 3; version++ {
		other := append([]byte(Magic), version, 0, one[8], one[9], 0, 0)
		a, err := Read(bytes.NewReader(append(other, one[10:]...)))
		require.NoError(t, err)
		assert.Equal(t, []byte{7, 8}, a.Data)
	}
}

func TestErrors(t *testing.T) {
	good := numtest.NPY("|u1", "(2, 2)", 1, 2, 3, 4)
	with := func(at int, b byte) []byte {
		out := bytes.Clone(good)
		out[at] = b
		return out
	}
	for _, test := range []struct {
		name string
		data []byte
		text string
	}{
		{"empty", nil, "npy: the file ends after 0 of the 8 bytes"},
		{"short", good[:7], "ends after 7 of the 8 bytes"},
		{"foreign", []byte("PK\x03\x04 an npz file"), "begins with 50 4b 03 04"},
		{"version 4", with(6, 4), "got version 4.0"},
		{"version 0", with(6, 0), "got version 0.0"},
		{"version 1.1", with(7, 1), "got version 1.1"},
		{"length cut", good[:9], "ends after 1 of the 2 bytes"},
		{"header cut", good[:30], "of its header"},
		{"huge header", append([]byte(Magic), 2, 0, 0xff, 0xff, 0xff, 0xff), "got a header of 4294967295 bytes, want at " +
			"most 10000"},
		{"no newline", append([]byte(Magic), append([]byte{1, 0, 2, 0}, "{}"...)...), "header"},
		{"data cut", good[:len(good)-1], "ends after 3 of 4 bytes of data"},
		{"gzip cut", numtest.Gzip(good)[:30], "gzip data: ends early"},
	} {
		_, err := Read(bytes.NewReader(test.data))
		checkError(t, err, fault.ErrFormat, test.text)
	}
	boom := errors.New("boom")
	for _, n := range []int{0, 3, 9, 20, len(good) - 2, len(good)} {
		_, err := Read(io.MultiReader(bytes.NewReader(good[:n]), iotest.ErrReader(boom)))
		checkError(t, err, boom, "boom")
	}
}

// dictionary is one with the keys in the order that numpy.save writes.
func dictionary(descr, order, shape string) string {
	return "{'descr': " + descr + ", 'fortran_order': " + order + ", 'shape': " + shape + "}"
}

func TestHeaderErrors(t *testing.T) {
	whole := dictionary("'|u1'", "False", "(2, 2)")
	for dict, text := range map[string]string{
		"{}":                                "not all of its keys",
		"{'descr': '|u1', 'shape': (2, 2)}": "not all of its keys",
		"(2, 2)":                            "in the place of {",
		whole[:len(whole)-1]:                "in the place of }",
		"{'descr': '|u1' 'fortran_order': False}":  "in the place of }",
		"{'descr': '|u1',, 'fortran_order': True}": "in the place of",
		"{'x': 1, " + whole[1:]:                    `the key "x"`,
		"{'descr': '|u1', " + whole[1:]:            `the key "descr" twice`,
		whole + " x":                               "something else than spaces",
		"{'descr":                                  "in the place of a text",
		dictionary(`'|u\1'`, "False", "(2, 2)"):    "in the place of a text",
		dictionary("'|u1'", "1", "(2, 2)"):         "in the place of False",
		dictionary("[('a', '<f4')]", "False", "(1,)"): "got elements with fields, want numbers, of types such as '<f4', " +
			"'<i8', '|u1' or '|b1': save one array without",
		dictionary("'<c8'", "False", "(2,)"): "got elements of type '<c8', want numbers, of types such as '<f4', '<i8', " +
			"'|u1' or '|b1': x.astype(\"float32\") for features, y.astype(int) for classes",
	} {
		_, err := parseHeader(dict + "\n")
		checkError(t, err, fault.ErrFormat, text)
	}
	for _, descr := range []string{"'=f4'", "'|f4'", "'f4'", "'|O'", "''"} {
		_, err := parseHeader(dictionary(descr, "False", "(2,)") + "\n")
		checkError(t, err, fault.ErrFormat, "got elements of type "+descr)
	}
	for shape, text := range map[string]string{
		"(4)": "a number in the place of a tuple", "(-2, 2)": "in the place of one of", "(2.0, 2)": "in the place of",
		"(2147483648,)": "sizes below 2^31", "(18446744073709551617,)": "sizes below 2^31",
		"(1,1,1,1,1,1,1,1,4)": "at most 8 sizes",
	} {
		_, err := parseHeader(dictionary("'|u1'", "False", shape) + "\n")
		checkError(t, err, fault.ErrFormat, text)
	}
	_, err := parseHeader(dictionary("'|u1'", "False", "()") + "\n")
	checkError(t, err, fault.ErrShape, "got a single number")
}

func FuzzRead(f *testing.F) {
	good := numtest.NPY("<f4", "(2, 2)", 1, 2, 3, 4.)
	for _, seed := range [][]byte{
		nil, good, numtest.NPY("|u1", "(2,)", 0, 1), numtest.NPY("<i8", "(2, 1, 1)", 3, 4), numtest.Gzip(good),
		bytes.Replace(good, []byte("False"), []byte("True "), 1), []byte(Magic + "\x02\x00\xff\xff\xff\xff"),
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
		size := 0
		require.NoError(t, a.Rows(func(_ int, row []float64) error { size += len(row); return nil }))
		require.Len(t, a.Data, size*a.Width)
	})
}
