// Package idx reads idx files, the format of MNIST and its like.
package idx

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"softloss/train/dataset/internal/array"
	"softloss/train/dataset/internal/fault"
	"softloss/train/dataset/internal/source"
)

// types are the types of elements by their code.
var types = map[byte]array.Type{
	0x08: {Kind: 'u', Width: 1},
	0x09: {Kind: 'i', Width: 1},
	0x0b: {Kind: 'i', Width: 2, Big: true},
	0x0c: {Kind: 'i', Width: 4, Big: true},
	0x0d: {Kind: 'f', Width: 4, Big: true},
	0x0e: {Kind: 'f', Width: 8, Big: true},
}

// Read reads one file, plain or gzip: two zero bytes, the type, the number of dimensions, their
// sizes as big-endian uint32, and the elements, row-major and big-endian.
//
// Errors: [fault.ErrFormat] for a foreign header, another type, a file that ends early or goes on
// after its last byte, 2³¹ bytes or more, damaged gzip data; [fault.ErrEmpty] for a size of 0;
// [fault.ErrParam] for a nil reader; errors of r.
func Read(r io.Reader) (*array.Array, error) {
	plain, err := source.Open(r)
	if err != nil {
		return nil, err
	}
	var magic [4]byte
	if n, err := io.ReadFull(plain, magic[:]); err != nil {
		return nil, source.Ends("idx", err, fmt.Sprintf("%d of the 4 bytes that an idx file begins with", n))
	}
	of, known := types[magic[2]]
	dims := int(magic[3])
	switch {
	case magic[0] != 0 || magic[1] != 0:
		return nil, fault.New(fault.ErrFormat, "idx: got a file that begins with % x, want 00 00, the type and the number "+
			"of dimensions", magic)
	case !known:
		return nil, fault.New(fault.ErrFormat, "idx: got data of type 0x%02x, want 0x08 (unsigned bytes), 0x09, 0x0b, 0x0c, "+
			"0x0d or 0x0e", magic[2])
	case dims < 1 || dims > array.MaxDims:
		return nil, fault.New(fault.ErrFormat, "idx: got %d dimensions, want 1 to %d", dims, array.MaxDims)
	}
	sizes := make([]byte, 4*dims)
	if n, err := io.ReadFull(plain, sizes); err != nil {
		return nil, source.Ends("idx", err, fmt.Sprintf("%d of %d bytes of sizes", n, len(sizes)))
	}
	var shape []int
	for axis := range dims {
		n := binary.BigEndian.Uint32(sizes[4*axis:])
		if n > math.MaxInt32 {
			return nil, fault.New(fault.ErrFormat, "idx: got size %d in dimension %d, want less than 2^31 bytes of data", n,
				axis)
		}
		shape = append(shape, int(n))
	}
	return array.Read("idx", plain, of, shape, false)
}
