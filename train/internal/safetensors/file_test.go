package safetensors

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	content := Encode(map[string]string{"kind": "test 1", "note": "n"},
		[]Tensor{Singles("a", []float32{1, 2}, 1, 2), Doubles("b", []float64{3}), Singles("empty", nil, 0, 2)})
	require.NoError(t, os.WriteFile(path, content, 0o600))
	f, err := Read(path, "test 1")
	require.NoError(t, err)
	a, err := f.Tensor("a", "F32", 2)
	require.NoError(t, err)
	require.Equal(t, []int{1, 2}, a.Ints())
	require.Equal(t, []float32{1, 2}, a.Float32s())
	for _, c := range []struct {
		name, dtype string
		dims        int
		text        string
	}{
		{"a", "F32", 2, `got no tensor "a"`}, // taken
		{"b", "F32", 1, `tensor "b": got F64 of shape [1], want F32 with 1 dimension`},
		{"b", "F64", 2, "want F64 with 2 dimensions"},
		{"empty", "F32", 2, "shape [0 2]"},
	} {
		_, err := f.Tensor(c.name, c.dtype, c.dims)
		requireError(t, err, c.text)
	}
	requireError(t, f.NothingLeft(), `metadata: got the unknown key "note"`)
	note, ok := f.Take("note")
	require.True(t, ok)
	require.Equal(t, "n", note)
	requireError(t, f.NothingLeft(), `got the unknown tensor "b"`)
	f.Tensors = nil
	require.NoError(t, f.NothingLeft())

	_, err = Read(path, "test 2")
	requireError(t, err, `got a file of kind "test 1", want "test 2"`)
	_, err = Read(filepath.Join(t.TempDir(), "none"), "test 1")
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = Read(t.TempDir(), "test 1")
	requireError(t, err, "got a folder, want a regular file")
}

// Of what is no such file nothing but its first bytes is read.
func TestReadRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	good := Encode(map[string]string{"kind": "k"}, nil)
	changed := bytes.Clone(good)
	changed[len(changed)-1] ^= 1
	for text, content := range map[string][]byte{
		"is no safetensors file": []byte("short"),
		"without a checksum":     rawFile(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, "12345678"),
		"another checksum":       changed,
		"cut off":                good[:20],
	} {
		require.NoError(t, os.WriteFile(path, content, 0o600))
		_, err := Read(path, "k")
		requireError(t, err, text)
	}
	if os.Truncate(path, MaxFile+1) == nil {
		_, err := Read(path, "k")
		requireError(t, err, "want at most 68719476736")
	}
	// A sealed header that is no JSON.
	file := []byte(sealStart + string(bytes.Repeat([]byte{'0'}, 64)) + `"}`)
	file = append(binary.LittleEndian.AppendUint64(nil, uint64(len(file))), file...)
	Seal(file)
	_, err := Decode(file, "k")
	requireError(t, err, "want a JSON object")
	Seal(nil) // too short to have a place for it
}
