package train

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"slices"

	"gorgonia.org/tensor"
)

// ErrFile is what every [*FileError] is, for errors.Is.
var ErrFile = errors.New("train: damaged or foreign file")

// FileError says that a file is damaged, cut off, of another kind, or made by something else. errors.Is(err, [ErrFile]) holds.
type FileError struct {
	Path string // as it was given
	Text string // what is wrong
}

// Error returns one line with path and text.
func (e *FileError) Error() string {
	if e.Path == "" {
		return "train: " + e.Text
	}
	return "train: " + e.Path + ": " + e.Text
}

// Is reports whether target is [ErrFile].
func (e *FileError) Is(target error) bool { return target == ErrFile }

// damaged returns a *FileError, still without its path.
func damaged(format string, args ...any) error {
	return &FileError{Text: fmt.Sprintf(format, args...)}
}

// maxFile is the size of the largest file that is read.
const maxFile = 1 << 36

// sealedFile is the content of a sealed safetensors file: what nobody took yet.
type sealedFile struct {
	metadata map[string]string
	tensors  map[string]stTensor
}

// readSealed reads a sealed file of a kind, which its metadata say. Nothing is read but the first bytes unless they are right,
// and no more is allocated than the file's size, with the header several times. Errors: *FileError without a path, and the system's.
func readSealed(path, kind string) (*sealedFile, error) {
	content, err := readWhole(path)
	if err != nil {
		return nil, err
	}
	return parseSealed(content, kind)
}

// parseSealed is readSealed of a file in memory.
func parseSealed(content []byte, kind string) (*sealedFile, error) {
	if err := checkStart(content[:min(len(content), stSealEnd)], int64(len(content)), true); err != nil {
		return nil, err
	}
	if err := checkSeal(content); err != nil {
		return nil, err
	}
	metadata, tensors, err := parseSafetensors(content)
	if err != nil {
		return nil, err
	}
	f := &sealedFile{metadata: metadata, tensors: make(map[string]stTensor, len(tensors))}
	for _, t := range tensors {
		f.tensors[t.name] = t
	}
	f.take(stSealKey)
	if got, _ := f.take("kind"); got != kind {
		return nil, damaged("got a file of kind %s, want %q", excerpt(got), kind)
	}
	return f, nil
}

// readWhole returns the content of a regular file, once its first bytes are those of a sealed file.
func readWhole(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	size := info.Size()
	if !info.Mode().IsRegular() {
		return nil, damaged("got a %v, want a regular file", info.Mode().Type())
	}
	if size > maxFile || size > math.MaxInt {
		return nil, damaged("got a file of %d bytes, want at most %d", size, int64(maxFile))
	}
	start := make([]byte, min(size, int64(stSealEnd)))
	if _, err := f.ReadAt(start, 0); err != nil && err != io.EOF {
		return nil, fmt.Errorf("train: %w", err)
	}
	if err := checkStart(start, size, true); err != nil {
		return nil, err
	}
	content := make([]byte, size)
	if n, err := f.ReadAt(content, 0); err == io.EOF && n < len(content) {
		return nil, damaged("got %d bytes, want %d: it is being changed", n, size)
	} else if err != nil && err != io.EOF {
		return nil, fmt.Errorf("train: %w", err)
	}
	return content, nil
}

// take returns a metadata entry, which is then no longer there.
func (f *sealedFile) take(key string) (string, bool) {
	v, ok := f.metadata[key]
	delete(f.metadata, key)
	return v, ok
}

// tensor returns a tensor of a dtype and so many dimensions, each at least 1, and takes it out.
func (f *sealedFile) tensor(name, dtype string, dims int) (stTensor, error) {
	t, ok := f.tensors[name]
	if !ok {
		return t, damaged("got no tensor %q", name)
	}
	if t.dtype != dtype || len(t.shape) != dims || slices.Contains(t.shape, 0) {
		return t, damaged("tensor %q: got %s of shape %v, want %s with %d dimensions", name, t.dtype, t.shape, dtype, dims)
	}
	delete(f.tensors, name)
	return t, nil
}

// rest wants nothing to be left.
func (f *sealedFile) rest() error {
	if keys := slices.Sorted(maps.Keys(f.metadata)); len(keys) > 0 {
		return damaged("metadata: got the unknown key %s", excerpt(keys[0]))
	}
	if names := slices.Sorted(maps.Keys(f.tensors)); len(names) > 0 {
		return damaged("got the unknown tensor %s", excerpt(names[0]))
	}
	return nil
}

// layerTensors returns the tensors prefix0.weight, prefix0.bias, prefix1.weight, … of layers.
func layerTensors(prefix string, layers []Layer) (out []stTensor) {
	for i, l := range layers {
		out = append(out,
			singles(fmt.Sprint(prefix, i, ".weight"), l.Weights.Float32s(), l.Weights.Shape()...),
			singles(fmt.Sprint(prefix, i, ".bias"), l.Bias.Float32s(), l.Bias.Shape()...))
	}
	return out
}

// layers takes out what layerTensors makes, one layer or more, and checks it as NewModel does.
func (f *sealedFile) layers(prefix string) (*Model, error) {
	var layers []Layer
	for {
		name := fmt.Sprint(prefix, len(layers))
		if _, ok := f.tensors[name+".weight"]; !ok && len(layers) > 0 {
			break
		}
		w, err := f.tensor(name+".weight", "F32", 2)
		if err != nil {
			return nil, err
		}
		b, err := f.tensor(name+".bias", "F32", 1)
		if err != nil {
			return nil, err
		}
		layers = append(layers, Layer{
			Weights: tensor.New(tensor.WithShape(w.shape...), tensor.WithBacking(w.float32s())),
			Bias:    tensor.New(tensor.WithShape(b.shape...), tensor.WithBacking(b.float32s())),
		})
	}
	m, err := NewModel(layers)
	if err != nil {
		return nil, damaged("%s: %s", prefix, afterColon(err))
	}
	return m, nil
}

// singles returns a tensor of float32.
func singles(name string, data []float32, shape ...int) stTensor {
	t := stTensor{name: name, dtype: "F32", shape: shape, data: make([]byte, 0, 4*len(data))}
	for _, v := range data {
		t.data = binary.LittleEndian.AppendUint32(t.data, math.Float32bits(v))
	}
	return t
}

// doubles returns a tensor of float64 with one dimension.
func doubles(name string, data []float64) stTensor {
	t := stTensor{name: name, dtype: "F64", shape: []int{len(data)}, data: make([]byte, 0, 8*len(data))}
	for _, v := range data {
		t.data = binary.LittleEndian.AppendUint64(t.data, math.Float64bits(v))
	}
	return t
}

// float32s returns the elements of a tensor of F32.
func (t stTensor) float32s() []float32 {
	out := make([]float32, len(t.data)/4)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(t.data[4*i:]))
	}
	return out
}

// float64s returns the elements of a tensor of F64.
func (t stTensor) float64s() []float64 {
	out := make([]float64, len(t.data)/8)
	for i := range out {
		out[i] = math.Float64frombits(binary.LittleEndian.Uint64(t.data[8*i:]))
	}
	return out
}
