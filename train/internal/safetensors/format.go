// Package safetensors reads and writes files in the safetensors format, sealed with a checksum.
//
// The format (github.com/huggingface/safetensors, README, "Format"), all of it:
//
//	8 bytes    n, the length of the header, little-endian uint64
//	n bytes    the header, a JSON object in UTF-8 that begins with { and may end in spaces:
//	           {"__metadata__":{text:text, …},
//	            name:{"dtype":"F32","shape":[2,3],"data_offsets":[begin,end]}, …}
//	the rest   the tensors, row-major, little-endian; offsets count from here, and the
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
	"math"
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
	t := Tensor{Name: name, Dtype: "F32", Shape: make([]int64, len(shape)), Data: make([]byte, 0, 4*len(data))}
	for i, n := range shape {
		t.Shape[i] = int64(n)
	}
	for _, v := range data {
		t.Data = binary.LittleEndian.AppendUint32(t.Data, math.Float32bits(v))
	}
	return t
}

// Doubles returns a tensor of float64 with one dimension.
func Doubles(name string, data []float64) Tensor {
	t := Tensor{Name: name, Dtype: "F64", Shape: []int64{int64(len(data))}, Data: make([]byte, 0, 8*len(data))}
	for _, v := range data {
		t.Data = binary.LittleEndian.AppendUint64(t.Data, math.Float64bits(v))
	}
	return t
}

// Float32s returns the elements of a tensor of F32.
func (t Tensor) Float32s() []float32 {
	out := make([]float32, len(t.Data)/4)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(t.Data[4*i:]))
	}
	return out
}

// Float64s returns the elements of a tensor of F64.
func (t Tensor) Float64s() []float64 {
	out := make([]float64, len(t.Data)/8)
	for i := range out {
		out[i] = math.Float64frombits(binary.LittleEndian.Uint64(t.Data[8*i:]))
	}
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
