// Package safetensors reads and writes files in the safetensors format, sealed with a checksum.
//
// The format (github.com/huggingface/safetensors, README, "Format"), all of it:
//
//	8 bytes    n, the length of the header, little-endian uint64
//	n bytes    the header, a JSON object in UTF-8 that begins with { and may end in spaces:
//	           {"__metadata__":{text:text, …},
//	            name:{"dtype":"F32","shape":[2,3],"data_offsets":[begin,end]}, …}
//	then       the tensors, row-major, little-endian; offsets count from here, and the
//	           tensors cover it without gaps
//
// What this package writes is sealed: the metadata begin with sha256, the SHA-256 of the whole file
// with '0' in the place of these 64 digits. So every byte of a file is covered, header and length
// too, and any safetensors reader opens it as it is.
package safetensors

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
)

// Tensor is one tensor of a file.
type Tensor struct {
	Name  string
	Dtype string // F32, F64 or I64
	Shape []int64
	Data  []byte // row-major, little-endian
}

// widths are the dtypes that are read and written, with the bytes of an element.
var widths = map[string]int{"F32": 4, "F64": 8, "I64": 8}

const (
	metadataKey = "__metadata__"
	maxHeader   = 100_000_000 // that of the reference implementation
	sealKey     = "sha256"
	sealStart   = `{"` + metadataKey + `":{"` + sealKey + `":"` // how the header of a sealed file begins
	sealAt      = 8 + len(sealStart)
	sealEnd     = sealAt + 2*sha256.Size
)

// Error says that a file is damaged, cut off, of another kind, or made by something else.
type Error struct {
	Text string // what is wrong
}

// Error returns one line.
func (e *Error) Error() string { return "safetensors: " + e.Text }

func fail(format string, args ...any) error {
	return &Error{Text: fmt.Sprintf(format, args...)}
}

// Singles returns a tensor of float32.
func Singles(name string, data []float32, shape ...int) Tensor {
	t := Tensor{Name: name, Dtype: "F32", Shape: make([]int64, len(shape)), Data: encoded(data)}
	for i, n := range shape {
		t.Shape[i] = int64(n)
	}
	return t
}

// Doubles returns a tensor of float64 with one dimension.
func Doubles(name string, data []float64) Tensor {
	return Tensor{Name: name, Dtype: "F64", Shape: []int64{int64(len(data))}, Data: encoded(data)}
}

func encoded(numbers any) []byte {
	data, _ := binary.Append([]byte{}, binary.LittleEndian, numbers) // cannot fail: they are of a fixed size
	return data
}

// Float32s returns the elements of a tensor of F32.
func (t Tensor) Float32s() []float32 {
	out := make([]float32, len(t.Data)/4)
	binary.Decode(t.Data, binary.LittleEndian, out)
	return out
}

// Float64s returns the elements of a tensor of F64.
func (t Tensor) Float64s() []float64 {
	out := make([]float64, len(t.Data)/8)
	binary.Decode(t.Data, binary.LittleEndian, out)
	return out
}

// Ints returns the shape of a tensor, which has elements, as Go's other packages want it: every
// size is within an int.
func (t Tensor) Ints() []int {
	out := make([]int, len(t.Shape))
	for i, n := range t.Shape {
		out[i] = int(n)
	}
	return out
}
