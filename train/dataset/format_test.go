package dataset

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
)

// idxPair and npyPair are the same two rows of 1×3 pixels.
var (
	idxPair = [2][]byte{numtest.IDX("\x00\x33\x66\x99\xcc\xff", 2, 1, 3), numtest.IDX("\x01\x00", 2)}
	npyPair = [2][]byte{numtest.NPY("<f8", "(2, 1, 3)", 0, .2, .4, .6, .8, 1), numtest.NPY("<i8", "(2,)", 1, 0.)}
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

func TestFormatOfArchive(t *testing.T) {
	path := t.TempDir() + "/x.npz"
	require.NoError(t, os.WriteFile(path, []byte("PK\x03\x04 and so on"), 0o600))
	_, err := FormatOf(path)
	checkError(t, err, ErrFormat, "x.npz: got a zip archive (an .npz file of NumPy, a spreadsheet?), want an array that "+
		"numpy.save wrote")
}
