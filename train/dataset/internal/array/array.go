// Package array holds what an idx or npy file holds: numbers of one type in several dimensions.
package array

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math"

	"softloss/internal/phrase"
	"softloss/train/dataset/internal/fault"
	"softloss/train/dataset/internal/source"
)

// Type is the type of the elements.
type Type struct {
	Kind  byte // 'f' a float, 'i' and 'u' integers with and without sign, 'b' a bool
	Width int  // bytes: 1, 2, 4 or 8
	Big   bool // the first byte is the highest
}

// Array is the content of a file.
type Array struct {
	Type
	Shape   []int  // one size or more, each 1 or more
	Fortran bool   // the first index is the fastest
	Data    []byte // as in the file
}

// MaxDims is the most dimensions of an array that is read.
const MaxDims = 8

// Read reads the elements, with which a file of this format ends. It allocates as the content
// arrives, so that a header's claim costs nothing, and reads to the end, so that a checksum of gzip
// is checked.
func Read(format string, r *bufio.Reader, of Type, shape []int, fortran bool) (*Array, error) {
	size := of.Width
	for axis, n := range shape {
		if n == 0 {
			return nil, fault.New(fault.ErrEmpty, "%s: got size 0 in dimension %d, want at least 1", format, axis)
		}
		if n > math.MaxInt32/size {
			return nil, fault.New(fault.ErrFormat, "%s: got shape %v, want less than 2^31 bytes of data", format, shape)
		}
		size *= n
	}
	var data bytes.Buffer
	got, err := io.CopyN(&data, r, int64(size))
	if err != nil {
		return nil, source.Ends(format, err, fmt.Sprintf("%d of %d bytes of data", got, size))
	}
	switch _, err := r.ReadByte(); {
	case err == nil:
		return nil, fault.New(fault.ErrFormat, "%s: got more than %s of data, want the end of the file after shape %v",
			format, phrase.Plural(size, "byte"), shape)
	case err != io.EOF:
		return nil, source.Ends(format, err, "all of its data")
	}
	return &Array{Type: of, Shape: shape, Fortran: fortran, Data: data.Bytes()}, nil
}

// RowSize returns how many elements a row has, the product of the other dimensions.
func (a *Array) RowSize() int {
	size := 1
	for _, n := range a.Shape[1:] {
		size *= n
	}
	return size
}

// Element returns the element at a position of the data.
func (a *Array) Element(at int) float64 {
	b := a.Data[at*a.Width : (at+1)*a.Width]
	var bits uint64
	for i := range b {
		if a.Big {
			bits = bits<<8 | uint64(b[i])
		} else {
			bits |= uint64(b[i]) << (8 * i)
		}
	}
	shift := 64 - 8*a.Width
	switch {
	case a.Kind == 'i':
		return float64(int64(bits<<shift) >> shift)
	case a.Kind != 'f':
		return float64(bits)
	case a.Width == 2:
		return half(uint16(bits))
	case a.Width == 4:
		return float64(math.Float32frombits(uint32(bits)))
	}
	return math.Float64frombits(bits)
}

// half returns the number that 16 bits of IEEE 754 stand for.
func half(bits uint16) float64 {
	sign, exponent, fraction := 1.0, int(bits>>10&31), float64(bits&1023)
	if bits>>15 == 1 {
		sign = -1
	}
	switch {
	case exponent == 31 && fraction != 0:
		return math.NaN()
	case exponent == 31:
		return sign * math.Inf(1)
	case exponent == 0:
		return sign * math.Ldexp(fraction, -24)
	}
	return sign * math.Ldexp(1024+fraction, exponent-25)
}

// Rows calls f for each row of the first dimension, with the elements of its other dimensions in C
// order.
func (a *Array) Rows(f func(i int, row []float64) error) error {
	n, width := a.Shape[0], a.RowSize()
	first, places := width, make([]int, width) // of element j of row i: i first + places[j]
	for j := range places {
		places[j] = j
	}
	if a.Fortran {
		first = 1
		for j := range places {
			at, step := 0, n*width
			for axis, left := len(a.Shape)-1, j; axis > 0; axis-- {
				step /= a.Shape[axis]
				at += left % a.Shape[axis] * step
				left /= a.Shape[axis]
			}
			places[j] = at
		}
	}
	row := make([]float64, width)
	for i := range n {
		for j, at := range places {
			row[j] = a.Element(i*first + at)
		}
		if err := f(i, row); err != nil {
			return err
		}
	}
	return nil
}
