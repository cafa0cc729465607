package safetensors

import (
	"io"
	"maps"
	"math"
	"os"
	"slices"

	"softloss/train/internal/errtext"
)

// MaxFile is the size of the largest file that is read.
const MaxFile = 1 << 36

// File is the content of a sealed safetensors file: what nobody took yet.
type File struct {
	Metadata map[string]string
	Tensors  map[string]Tensor
}

// Read reads a sealed file of a kind, which its metadata say. Nothing is read but the first bytes unless they are right,
// and no more is allocated than the file's size, with the header several times. Errors: *Error without a path, and the system's.
func Read(path, kind string) (*File, error) {
	content, err := readWhole(path)
	if err != nil {
		return nil, err
	}
	return Decode(content, kind)
}

// Decode is Read of a file in memory.
func Decode(content []byte, kind string) (*File, error) {
	if err := checkStart(content[:min(len(content), sealEnd)], int64(len(content)), true); err != nil {
		return nil, err
	}
	if err := checkSeal(content); err != nil {
		return nil, err
	}
	metadata, tensors, err := Parse(content)
	if err != nil {
		return nil, err
	}
	f := &File{Metadata: metadata, Tensors: make(map[string]Tensor, len(tensors))}
	for _, t := range tensors {
		f.Tensors[t.Name] = t
	}
	delete(f.Metadata, sealKey)
	if got, _ := f.Take("kind"); got != kind {
		return nil, fail("got a file of kind %s, want %q", errtext.Quote(got), kind)
	}
	return f, nil
}

// readWhole returns the content of a regular file, once its first bytes are those of a sealed file.
func readWhole(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	size := info.Size()
	if !info.Mode().IsRegular() {
		return nil, fail("got a %v, want a regular file", info.Mode().Type())
	}
	if size > MaxFile || size > math.MaxInt {
		return nil, fail("got a file of %d bytes, want at most %d", size, int64(MaxFile))
	}
	start := make([]byte, min(size, int64(sealEnd)))
	if _, err := f.ReadAt(start, 0); err != nil && err != io.EOF {
		return nil, err
	}
	if err := checkStart(start, size, true); err != nil {
		return nil, err
	}
	content := make([]byte, size)
	if n, err := f.ReadAt(content, 0); err == io.EOF && n < len(content) {
		return nil, fail("got %d bytes, want %d: it is being changed", n, size)
	} else if err != nil && err != io.EOF {
		return nil, err
	}
	return content, nil
}

// Take returns a metadata entry, which is then no longer there.
func (f *File) Take(key string) (string, bool) {
	v, ok := f.Metadata[key]
	delete(f.Metadata, key)
	return v, ok
}

// Tensor returns a tensor of a dtype and so many dimensions, each at least 1, and takes it out.
func (f *File) Tensor(name, dtype string, dims int) (Tensor, error) {
	t, ok := f.Tensors[name]
	if !ok {
		return t, fail("got no tensor %q", name)
	}
	if t.Dtype != dtype || len(t.Shape) != dims || slices.Contains(t.Shape, 0) {
		return t, fail("tensor %q: got %s of shape %v, want %s with %d dimensions", name, t.Dtype, t.Shape, dtype, dims)
	}
	delete(f.Tensors, name)
	return t, nil
}

// Rest wants nothing to be left.
func (f *File) Rest() error {
	if keys := slices.Sorted(maps.Keys(f.Metadata)); len(keys) > 0 {
		return fail("metadata: got the unknown key %s", errtext.Quote(keys[0]))
	}
	if names := slices.Sorted(maps.Keys(f.Tensors)); len(names) > 0 {
		return fail("got the unknown tensor %s", errtext.Quote(names[0]))
	}
	return nil
}
