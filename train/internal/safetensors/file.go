package safetensors

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"io"
	"maps"
	"math"
	"os"
	"slices"

	"softloss/internal/phrase"
)

// MaxFile is the size of the largest file that is read.
const MaxFile = 1 << 36

// File is the content of a safetensors file: what nobody took yet.
type File struct {
	Metadata map[string]string
	Tensors  map[string]Tensor

	// Unsealed says why the file is not as this package wrote it: it has no checksum in its place,
	// or another one. Nil when it is.
	Unsealed error
}

// Read reads a sealed file of a kind, which its metadata say. Errors: those of Open, *Error for a
// file that is not sealed, or of another kind.
func Read(path, kind string) (*File, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	return f, f.want(kind)
}

// Decode is Read of a file in memory.
func Decode(content []byte, kind string) (*File, error) {
	f, err := decode(content)
	if err != nil {
		return nil, err
	}
	return f, f.want(kind)
}

// want takes out seal and kind.
func (f *File) want(kind string) error {
	if f.Unsealed != nil {
		return f.Unsealed
	}
	f.Take(sealKey)
	if got, _ := f.Take("kind"); got != kind {
		return fail("got a file of kind %s, want %q", phrase.Quote(got), kind)
	}
	return nil
}

// Open reads a file, sealed or not. Nothing is read but the header unless that is right, and no
// more is allocated than the file's size, with the header several times. Errors: *Error, without a
// path, and the system's.
func Open(path string) (*File, error) {
	content, err := readWhole(path)
	if err != nil {
		return nil, err
	}
	return decode(content)
}

func decode(content []byte) (*File, error) {
	unsealed, damage := checkStart(content[:min(len(content), sealEnd)], int64(len(content)), true), error(nil)
	if unsealed == nil {
		damage = checkSeal(content)
		unsealed = damage
	}
	metadata, tensors, err := Parse(content)
	if err != nil {
		return nil, cmp.Or(damage, err)
	}
	f := &File{Metadata: metadata, Tensors: make(map[string]Tensor, len(tensors)), Unsealed: unsealed}
	for _, t := range tensors {
		f.Tensors[t.Name] = t
	}
	return f, nil
}

// Checksum returns that of a sealed file, as its metadata say it.
func Checksum(file []byte) string { return string(file[sealAt:sealEnd]) }

// readWhole returns the content of a regular file, once its header is right.
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
	if info.IsDir() {
		return nil, fail("got a folder, want a regular file")
	}
	if !info.Mode().IsRegular() {
		return nil, fail("got something that is read once, such as a pipe, want a regular file")
	}
	if size > MaxFile || size > math.MaxInt {
		return nil, fail("got a file of %d bytes, want at most %d", size, int64(MaxFile))
	}
	read := func(n int64) ([]byte, error) {
		part := make([]byte, n)
		if got, err := f.ReadAt(part, 0); err == io.EOF && got < len(part) {
			return nil, fail("got %s, want %d: it is being changed", phrase.Plural(got, "byte"), n)
		} else if err != nil && err != io.EOF {
			return nil, err
		}
		return part, nil
	}
	start, err := read(min(size, 8))
	if err != nil {
		return nil, err
	}
	if err := checkStart(start, size, false); err != nil {
		return nil, err
	}
	n := int64(binary.LittleEndian.Uint64(start))
	if start, err = read(8 + n); err != nil {
		return nil, err
	}
	if _, _, err := parseHeader(start[8:], size-8-n); err != nil && !bytes.HasPrefix(start[8:], []byte(sealStart)) {
		return nil, err // a damaged one of this package is called that, once its checksum is known
	}
	return read(size)
}

// Take returns a metadata entry, which is then no longer there.
func (f *File) Take(key string) (string, bool) {
	v, ok := f.Metadata[key]
	delete(f.Metadata, key)
	return v, ok
}

// Tensor returns a tensor of a dtype and that many dimensions, each at least 1, and takes it out.
func (f *File) Tensor(name, dtype string, dims int) (Tensor, error) {
	t, ok := f.Tensors[name]
	if !ok {
		return t, fail("got no tensor %q", name)
	}
	if t.Dtype != dtype || len(t.Shape) != dims || slices.Contains(t.Shape, 0) {
		return t, fail("tensor %q: got %s of shape %v, want %s with %s", name, t.Dtype, t.Shape, dtype,
			phrase.Plural(dims, "dimension"))
	}
	delete(f.Tensors, name)
	return t, nil
}

// Doubles returns a tensor of float64 with one dimension, and takes it out.
func (f *File) Doubles(name string) ([]float64, error) {
	t, err := f.Tensor(name, "F64", 1)
	if err != nil {
		return nil, err
	}
	return t.Float64s(), nil
}

// NothingLeft returns an error for what nobody took.
func (f *File) NothingLeft() error {
	if keys := slices.Sorted(maps.Keys(f.Metadata)); len(keys) > 0 {
		return fail("metadata: got the unknown key %s", phrase.Quote(keys[0]))
	}
	if names := slices.Sorted(maps.Keys(f.Tensors)); len(names) > 0 {
		return fail("got the unknown tensor %s", phrase.Quote(names[0]))
	}
	return nil
}
