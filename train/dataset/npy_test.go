package dataset

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// npyFile returns the bytes of an npy file of version 1 with any dictionary.
func npyFile(dict string, data []byte) []byte {
	dict += "\n"
	out := append([]byte(npyMagic), 1, 0)
	return append(append(binary.LittleEndian.AppendUint16(out, uint16(len(dict))), dict...), data...)
}

// npyOf returns the bytes of an npy file with numbers, in the order given.
func npyOf[T number | uint8](descr, shape string, numbers ...T) []byte {
	var data []byte
	for _, v := range numbers {
		switch descr {
		case "|u1":
			data = append(data, byte(v))
		case "<i4":
			data = binary.LittleEndian.AppendUint32(data, uint32(int32(v)))
		case "<i8":
			data = binary.LittleEndian.AppendUint64(data, uint64(int64(v)))
		case "<f4":
			data = binary.LittleEndian.AppendUint32(data, math.Float32bits(float32(v)))
		case "<f8":
			data = binary.LittleEndian.AppendUint64(data, math.Float64bits(float64(v)))
		}
	}
	return npyFile("{'descr': '"+descr+"', 'fortran_order': False, 'shape': "+shape+", }", data)
}

// readPair writes both files and reads them.
func readPair(t testing.TB, features, labels []byte) (*Dataset, error) {
	t.Helper()
	dir := t.TempDir()
	x, y := filepath.Join(dir, "x.npy"), filepath.Join(dir, "y.npy")
	require.NoError(t, os.WriteFile(x, features, 0o600))
	require.NoError(t, os.WriteFile(y, labels, 0o600))
	return ReadNPYFiles(x, y)
}

func TestReadNPYFiles(t *testing.T) {
	for _, descr := range []string{"<f4", "<f8", "<i4", "<i8", "|u1"} {
		features := npyOf(descr, "(3, 2)", 1, 2, 3, 4, 5, 250.)
		for _, labels := range [][]byte{
			npyOf("<i4", "(3,)", 2, 0, 1), npyOf("<i8", "(3,)", 2, 0, 1), npyOf("|u1", "(3,)", 2, 0, 1),
			npyOf(descr, "(3, 3)", 0, 0, 1, 1, 0, 0, 0, 1, 0), npyOf(descr, "(3, 3)", 0, 0, 9, 7, 0, 0, 0, 1, 0),
		} {
			d, err := readPair(t, features, labels)
			require.NoError(t, err)
			require.NoError(t, d.Validate())
			assert.Equal(t, []float32{1, 2, 3, 4, 5, 250}, f32(t, d.Features))
			assert.Equal(t, []float32{0, 0, 1, 1, 0, 0, 0, 1, 0}, f32(t, d.Labels))
			assert.Equal(t, []string{"feature_0", "feature_1"}, d.FeatureNames)
			assert.Equal(t, []string{"0", "1", "2"}, d.ClassNames)
			assert.Nil(t, d.Counts)
		}
	}
	// Soft labels, negative and tiny features, pictures, gzip.
	d, err := readPair(t, gzipped(t, string(npyOf("<f8", "(2, 1, 3)", -1, .5, 1e-300, 3, 4, -5e30))), npyOf("<f4", "(2, 2)", .25, .75, 3, 1))
	require.NoError(t, err)
	assert.Equal(t, []float32{-1, .5, 0, 3, 4, -5e30}, f32(t, d.Features))
	assert.Equal(t, []float32{.25, .75, .75, .25}, f32(t, d.Labels))
	assert.Equal(t, []string{"pixel_0_0", "pixel_0_1", "pixel_0_2"}, d.FeatureNames)
	// Integers at their limits.
	d, err = readPair(t, npyOf("<i4", "(1, 2)", math.MinInt32, math.MaxInt32), npyOf("<i8", "(1,)", 1023))
	require.NoError(t, err)
	assert.Equal(t, []float32{math.MinInt32, math.MaxInt32}, f32(t, d.Features))
	assert.Equal(t, 1024, d.NumClasses())
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
	labels := npyOf("|u1", "(3,)", 0, 1, 1)
	want, err := readPair(t, npyOf("<i4", "(3, 2, 4, 5)", plain...), labels)
	require.NoError(t, err)
	fortran := bytes.Replace(npyOf("<i4", "(3, 2, 4, 5)", turned...), []byte("False"), []byte("True "), 1)
	got, err := readPair(t, fortran, labels)
	require.NoError(t, err)
	assert.Equal(t, want, got)
	soft := bytes.Replace(npyOf("|u1", "(3, 2)", 1, 0, 1, 0, 1, 1), []byte("False"), []byte("True "), 1)
	d, err := readPair(t, fortran, soft)
	require.NoError(t, err)
	assert.Equal(t, []float32{1, 0, 0, 1, .5, .5}, f32(t, d.Labels))
}

func TestNPYHeaderForms(t *testing.T) {
	for _, dict := range []string{
		"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }          ",
		"{'shape': (2, 3), 'descr': '<f4', 'fortran_order': False}",
		`{"descr":"<f4","fortran_order":False,"shape":(2,3)}`,
		" { 'descr' : '<f4' , 'fortran_order' : False , 'shape' : ( 2 , 3 , ) , } ",
	} {
		h, err := parseNPYHeader(dict + "\n")
		require.NoError(t, err, dict)
		assert.Equal(t, &npyHeader{"<f4", false, []int{2, 3}}, h)
	}
	// Versions 2 and 3 have a length of 4 bytes.
	one := npyOf("|u1", "(2, 1)", 7, 8)
	for version := byte(2); version <= 3; version++ {
		other := append([]byte(npyMagic), version, 0, one[8], one[9], 0, 0)
		d, err := readPair(t, append(other, one[10:]...), npyOf("|u1", "(2,)", 0, 1))
		require.NoError(t, err)
		assert.Equal(t, []float32{7, 8}, f32(t, d.Features))
	}
}

// Files as NumPy writes them, as testdata/check_npy.py leaves them in the folder that SOFTLOSS_CHECK_NPY names.
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
			d, err := ReadNPYFiles(features, labels)
			require.NoError(t, err)
			require.NoError(t, d.Validate())
			assert.Equal(t, want(features), f32(t, d.Features), features)
			assert.Equal(t, want(labels), f32(t, d.Labels), labels)
		}
	}
}

func FuzzReadNPY(f *testing.F) {
	good := npyOf("<f4", "(2, 2)", 1, 2, 3, 4.)
	for _, seed := range [][]byte{
		nil, good, npyOf("|u1", "(2,)", 0, 1), npyOf("<i8", "(2, 1, 1)", 3, 4), gzipped(f, string(good)),
		bytes.Replace(good, []byte("False"), []byte("True "), 1), []byte(npyMagic + "\x02\x00\xff\xff\xff\xff"),
	} {
		f.Add(seed, npyOf("<i4", "(2,)", 0, 1))
		f.Add(seed, npyOf("<f8", "(2, 2)", 0, 1, .5, .5))
	}
	f.Fuzz(func(t *testing.T, features, labels []byte) {
		var parts [2]*npyArray
		for i, data := range [][]byte{features, labels} {
			a, err := readNPY(bytes.NewReader(data))
			if err != nil {
				checkText(t, err)
				return
			}
			size := a.width()
			for _, s := range a.shape {
				size *= s
			}
			require.Len(t, a.data, size)
			parts[i] = a
		}
		d := &Dataset{}
		err := parts[0].putFeatures(d)
		if err == nil {
			err = parts[1].putLabels(d, parts[0].shape[0])
		}
		if err != nil {
			checkText(t, err)
			return
		}
		require.NoError(t, d.Validate())
	})
}
