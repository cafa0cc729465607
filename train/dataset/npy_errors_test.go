package dataset

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestReadNPYErrors(t *testing.T) {
	good := npyOf("|u1", "(2, 2)", 1, 2, 3, 4)
	dict := func(s string) []byte { return npyFile(s, []byte{1, 2, 3, 4}) }
	with := func(at int, b byte) []byte {
		out := bytes.Clone(good)
		out[at] = b
		return out
	}
	big := append([]byte(npyMagic), 2, 0, 0xff, 0xff, 0xff, 0xff)
	for _, test := range []struct {
		name string
		data []byte
		kind error
		text string
	}{
		{"empty", nil, ErrFormat, "npy: the file ends after 0 of the 8 bytes"},
		{"short", good[:7], ErrFormat, "ends after 7 of the 8 bytes"},
		{"foreign", []byte("PK\x03\x04 an npz file"), ErrFormat, "begins with 50 4b 03 04"},
		{"version 4", with(6, 4), ErrFormat, "got version 4.0"},
		{"version 0", with(6, 0), ErrFormat, "got version 0.0"},
		{"version 1.1", with(7, 1), ErrFormat, "got version 1.1"},
		{"length cut", good[:9], ErrFormat, "ends after 1 of the 2 bytes"},
		{"header cut", good[:30], ErrFormat, "of its header"},
		{"huge header", big, ErrFormat, "got a header of 4294967295 bytes, want at most 10000"},
		{"data cut", good[:len(good)-1], ErrFormat, "ends after 3 of 4 bytes of data"},
		{"data left", append(bytes.Clone(good), 0), ErrFormat, "got more than 4 bytes of data"},
		{"no newline", append([]byte(npyMagic), append([]byte{1, 0, 2, 0}, "{}"...)...), ErrFormat, "header"},
		{"empty dict", dict("{}"), ErrFormat, "not all of its keys"},
		{"no dict", dict("(2, 2)"), ErrFormat, "in the place of {"},
		{"cut dict", dict("{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2)"), ErrFormat, "in the place of }"},
		{"missing key", dict("{'descr': '|u1', 'shape': (2, 2)}"), ErrFormat, "not all of its keys"},
		{"unknown key", dict("{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2), 'x': 1}"), ErrFormat, `the key "x"`},
		{"key twice", dict("{'descr': '|u1', 'descr': '|u1', 'shape': (2, 2)}"), ErrFormat, `the key "descr" twice`},
		{"text behind", dict("{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2)} x"), ErrFormat, "something else than spaces"},
		{"two commas", dict("{'descr': '|u1',, 'fortran_order': False, 'shape': (2, 2)}"), ErrFormat, "in the place of"},
		{"no comma", dict("{'descr': '|u1' 'fortran_order': False, 'shape': (2, 2)}"), ErrFormat, "in the place of }"},
		{"open text", dict("{'descr"), ErrFormat, "in the place of a text"},
		{"escape", dict(`{'descr': '|u\1', 'fortran_order': False, 'shape': (2, 2)}`), ErrFormat, "in the place of a text"},
		{"order 1", dict("{'descr': '|u1', 'fortran_order': 1, 'shape': (2, 2)}"), ErrFormat, "in the place of False"},
		{"big endian", dict("{'descr': '>f4', 'fortran_order': False, 'shape': (1,)}"), ErrFormat, "got elements of type '>f4', want '<f4'"},
		{"half", dict("{'descr': '<f2', 'fortran_order': False, 'shape': (2,)}"), ErrFormat, "got elements of type '<f2', want '<f4', '<f8', '<i4', '<i8' or '|u1': x.astype(\"float32\") for features, y.astype(int) for classes"},
		{"bool", dict("{'descr': '|b1', 'fortran_order': False, 'shape': (4,)}"), ErrFormat, "got elements of type '|b1'"},
		{"object", dict("{'descr': '|O', 'fortran_order': False, 'shape': (4,)}"), ErrFormat, "got elements of type '|O'"},
		{"no type", dict("{'descr': '', 'fortran_order': False, 'shape': (4,)}"), ErrFormat, "got elements of type ''"},
		{"fields", dict("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}"), ErrFormat, "got elements with fields"},
		{"scalar", npyFile("{'descr': '|u1', 'fortran_order': False, 'shape': ()}", []byte{1}), ErrShape, "got a single number"},
		{"no tuple", dict("{'descr': '|u1', 'fortran_order': False, 'shape': (4)}"), ErrFormat, "a number in the place of a tuple"},
		{"negative", dict("{'descr': '|u1', 'fortran_order': False, 'shape': (-2, 2)}"), ErrFormat, "in the place of one of"},
		{"python 2", dict("{'descr': '|u1', 'fortran_order': False, 'shape': (2L, 2L)}"), ErrFormat, "in the place of"},
		{"float", dict("{'descr': '|u1', 'fortran_order': False, 'shape': (2.0, 2)}"), ErrFormat, "in the place of"},
		{"2^31", dict("{'descr': '|u1', 'fortran_order': False, 'shape': (2147483648,)}"), ErrFormat, "sizes below 2^31"},
		{"2^64", dict("{'descr': '|u1', 'fortran_order': False, 'shape': (18446744073709551617,)}"), ErrFormat, "sizes below 2^31"},
		{"nine", dict("{'descr': '|u1', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,4)}"), ErrFormat, "at most 8 sizes"},
		{"product", dict("{'descr': '<f8', 'fortran_order': False, 'shape': (65536, 65536)}"), ErrFormat, "want less than 2^31 bytes"},
		{"zero", dict("{'descr': '<f8', 'fortran_order': False, 'shape': (0, 3)}"), ErrEmpty, "got size 0 in dimension 0"},
		{"gzip cut", gzipped(t, string(good))[:30], ErrFormat, "gzip data: ends early"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := readNPY(bytes.NewReader(test.data))
			checkError(t, err, test.kind, test.text)
			d, err := readPair(t, test.data, good)
			checkError(t, err, test.kind, "x.npy: ")
			assert.Nil(t, d)
		})
	}
	boom := errors.New("boom")
	for _, n := range []int{0, 3, 9, 20, len(good) - 2, len(good)} {
		_, err := readNPY(&failingReader{strings.NewReader(string(good[:n])), boom})
		checkError(t, err, boom, "boom")
	}
	_, err := ReadNPYFiles(filepath.Join(t.TempDir(), "none"), "")
	checkError(t, err, os.ErrNotExist, "none")
	_, err = ReadNPYFiles(write(t, "x.npy", good), filepath.Join(t.TempDir(), "missing"))
	checkError(t, err, os.ErrNotExist, "missing")
}

func TestNPYPairErrors(t *testing.T) {
	x, y := npyOf("|u1", "(2, 2)", 1, 2, 3, 4), npyOf("|u1", "(2,)", 0, 1)
	nan := math.NaN()
	for _, test := range []struct {
		name string
		x, y []byte
		kind error
		text string
	}{
		{"swapped", y, x, ErrShape, "x.npy: npy: features: got shape [2], want [N, D] (are these the labels?"},
		{"features twice", x, npyOf("|u1", "(2, 1, 2)", 1, 2, 3, 4), ErrShape, "y.npy: npy: labels: got shape [2 1 2], want [N] or [N, K]"},
		{"rows", x, npyOf("|u1", "(3,)", 0, 1, 1), ErrShape, "y.npy: npy: labels: got 3 rows, want 2"},
		{"NaN", npyOf("<f4", "(2, 2)", 1, 2, nan, 4), y, ErrRow, "x.npy: features: row 1 column 0: got NaN"},
		{"infinite", npyOf("<f8", "(2, 2)", 1, 2, math.Inf(1), 4), y, ErrRow, "row 1 column 0: got +Inf"},
		{"beyond float32", npyOf("<f8", "(2, 2)", 1, 1e39, 1, 4), y, ErrRow, "row 0 column 1: got 1e+39"},
		{"floats as classes", x, npyOf("<f8", "(2,)", 0, 1.), ErrDtype, "y.npy: npy: labels: got <f8 of shape [2], want integers"},
		{"class -1", x, npyOf("<i8", "(2,)", 0, -1), ErrLabel, "y.npy: labels: row 1: got -1, want a class in 0..1023"},
		{"class 1024", x, npyOf("<i8", "(2,)", 1024, 1), ErrLabel, "row 0: got 1024"},
		{"class huge", x, npyOf("<i8", "(2,)", 0, int64(math.MaxInt64)), ErrLabel, "row 1: got 9223372036854775807"},
		{"only class 0", x, npyOf("<i8", "(2,)", 0, 0), ErrClasses, "got only the class 0"},
		{"one column", x, npyOf("<i8", "(2, 1)", 0, 1), ErrClasses, "got shape [2 1], want at least 2 classes"},
		{"soft negative", x, npyOf("<f4", "(2, 2)", 1, 0, 1.5, -.5), ErrLabel, "y.npy: labels: row 1 column 1: got -0.5"},
		{"soft NaN", x, npyOf("<f4", "(2, 2)", 1, 0, nan, 0), ErrLabel, "row 1 column 0: got NaN"},
		{"soft infinite", x, npyOf("<f4", "(2, 2)", 1, 0, math.Inf(1), 0), ErrLabel, "row 1 column 0: got +Inf"},
		{"soft zero", x, npyOf("<f4", "(2, 2)", 1, 0, 0, 0), ErrLabel, "row 1: got the sum 0"},
		{"soft overflow", x, npyOf("<f8", "(2, 2)", 1, 0, 1e308, 1e308), ErrLabel, "row 1: got the sum +Inf"},
	} {
		t.Run(test.name, func(t *testing.T) {
			d, err := readPair(t, test.x, test.y)
			if test.name == "class huge" { // float64 shows the next number
				test.text = "row 1: got 9223372036854775808"
			}
			checkError(t, err, test.kind, test.text)
			assert.Nil(t, d)
		})
	}
}

// A header costs what its file holds, not what it claims.
func TestReadNPYAllocatesWhatArrives(t *testing.T) {
	claims := npyFile("{'descr': '|u1', 'fortran_order': False, 'shape': (32768, 32768)}", []byte("abc"))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := readNPY(bytes.NewReader(claims))
	runtime.ReadMemStats(&after)
	checkError(t, err, ErrFormat)
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<20), "of a claimed 2^30")
}
