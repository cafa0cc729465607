// Package npy reads npy files, as numpy.save writes them.
package npy

import (
	"io"

	"softloss/train/dataset/internal/array"
	"softloss/train/dataset/internal/source"
)

// Read reads one file, plain or gzip, to its end.
//
// Errors: [fault.ErrFormat] for a file that is damaged, of another type, ends early or goes on
// after its last byte; [fault.ErrEmpty] for an array without elements; [fault.ErrShape] for a
// single number; [fault.ErrParam] for a nil reader; errors of r.
//
// Source: numpy.lib.format, versions 1.0, 2.0 and 3.0.
func Read(r io.Reader) (*array.Array, error) {
	plain, err := source.Open(r)
	if err != nil {
		return nil, err
	}
	h, err := readHeader(plain)
	if err != nil {
		return nil, err
	}
	return array.Read("npy", plain, h.of, h.shape, h.fortran)
}
