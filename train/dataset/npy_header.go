package dataset

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// An .npy file begins with
//
//	6 bytes        \x93NUMPY
//	2 bytes        the version: 1, 2 or 3, and 0
//	2 or 4 bytes   the length of the rest of the header, little-endian: 2 in version 1
//	the header     {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }, spaces, a newline
//
// The header is a dictionary of Python with exactly these keys, in any order.

// npyHeader is what a header says.
type npyHeader struct {
	descr   string // one of npyTypes
	fortran bool   // the first index is the fastest
	shape   []int  // one size or more, each 0 or more
}

const (
	npyMagic     = "\x93NUMPY"
	npyTypes     = "'<f4', '<f8', '<i4', '<i8' or '|u1'"
	maxNPYHeader = 10000 // as numpy.load has it
	maxNPYDims   = 8
)

// readNPYHeader reads up to the data.
func readNPYHeader(r *bufio.Reader) (*npyHeader, error) {
	var start [8]byte
	if n, err := io.ReadFull(r, start[:]); err != nil {
		return nil, npyEnds(err, fmt.Sprintf("%d of the 8 bytes that an npy file begins with", n))
	}
	if string(start[:6]) != npyMagic {
		return nil, fail(ErrFormat, "npy: got a file that begins with % x, want 93 4e 55 4d 50 59 (\\x93NUMPY)", start[:6])
	}
	if start[6] < 1 || start[6] > 3 || start[7] != 0 {
		return nil, fail(ErrFormat, "npy: got version %d.%d, want 1.0, 2.0 or 3.0", start[6], start[7])
	}
	length := make([]byte, 4)
	if start[6] == 1 {
		length = length[:2]
	}
	if n, err := io.ReadFull(r, length); err != nil {
		return nil, npyEnds(err, fmt.Sprintf("%d of the %d bytes of its header's length", n, len(length)))
	}
	size := uint32(binary.LittleEndian.Uint16(length))
	if len(length) == 4 {
		size = binary.LittleEndian.Uint32(length)
	}
	if size > maxNPYHeader {
		return nil, fail(ErrFormat, "npy: got a header of %d bytes, want at most %d", size, maxNPYHeader)
	}
	text := make([]byte, size)
	if n, err := io.ReadFull(r, text); err != nil {
		return nil, npyEnds(err, fmt.Sprintf("%d of %d bytes of its header", n, size))
	}
	return parseNPYHeader(string(text))
}

// npyEnds is the error of a read that failed after what got describes.
func npyEnds(err error, got string) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return &failure{"dataset: npy: the file ends after " + got, []error{ErrFormat, io.ErrUnexpectedEOF}}
	}
	if errors.Is(err, ErrFormat) {
		return err
	}
	return &failure{"dataset: npy: " + err.Error(), []error{err}}
}

// parseNPYHeader parses the dictionary.
func parseNPYHeader(text string) (*npyHeader, error) {
	p := npyParser{text: text, rest: text}
	h, seen := &npyHeader{}, map[string]bool{}
	p.want("{")
	for !p.has("}") && p.err == nil {
		key := p.quoted()
		p.want(":")
		switch {
		case seen[key]:
			p.fail("the key " + quote(key) + " twice")
		case key == "descr":
			h.descr = p.descr()
		case key == "fortran_order":
			if h.fortran = p.has("True"); !h.fortran {
				p.want("False")
			}
		case key == "shape":
			h.shape = p.shape()
		default:
			p.fail("the key " + quote(key))
		}
		seen[key] = true
		if !p.has(",") {
			p.want("}")
			break
		}
	}
	if p.err == nil && len(seen) != 3 {
		p.fail("not all of its keys")
	}
	if p.space(); p.err == nil && (p.rest != "" || !strings.HasSuffix(text, "\n")) {
		p.fail("something else than spaces and a newline at its end")
	}
	if p.err != nil {
		return nil, p.err
	}
	if len(h.shape) == 0 {
		return nil, fail(ErrShape, "npy: got a single number, of shape (), want an array")
	}
	return h, nil
}

// npyParser reads a dictionary from left to right. After an error, err is set and the rest means nothing.
type npyParser struct {
	text, rest string
	err        error
}

// fail sets the error unless there is one.
func (p *npyParser) fail(got string) {
	if p.err == nil {
		p.err = fail(ErrFormat, "npy: header %s: got %s, want a dictionary with 'descr', 'fortran_order' and 'shape'", quote(p.text), got)
	}
}

// space skips blanks.
func (p *npyParser) space() { p.rest = strings.TrimLeft(p.rest, " \t\n") }

// has skips blanks and a token, if it is next.
func (p *npyParser) has(token string) bool {
	p.space()
	rest, ok := strings.CutPrefix(p.rest, token)
	if ok {
		p.rest = rest
	}
	return ok
}

// want skips blanks and a token.
func (p *npyParser) want(token string) {
	if !p.has(token) {
		p.fail(p.next() + " in the place of " + token)
	}
}

// next is what comes next, for an error's text.
func (p *npyParser) next() string {
	if p.rest == "" {
		return "its end"
	}
	return quote(p.rest)
}

// quoted reads a string without escapes.
func (p *npyParser) quoted() string {
	mark := "'"
	if !p.has(mark) {
		mark = `"`
		p.want(mark)
	}
	s, rest, ok := strings.Cut(p.rest, mark)
	if !ok || strings.ContainsAny(s, "\\\n") {
		p.fail(p.next() + " in the place of a text")
		return ""
	}
	p.rest = rest
	return s
}

// descr reads the type of the elements.
func (p *npyParser) descr() string {
	if p.space(); strings.HasPrefix(p.rest, "[") && p.err == nil {
		p.err = fail(ErrFormat, "npy: got elements with fields, want %s: save one array without", npyTypes)
	}
	s := p.quoted()
	switch s {
	case "<f4", "<f8", "<i4", "<i8", "|u1":
	default:
		if p.err == nil {
			p.err = fail(ErrFormat, "npy: got elements of type '%s', want %s: x.astype(\"float32\") for features, y.astype(int) for classes", strings.Trim(quote(s), `"`), npyTypes)
		}
	}
	return s
}

// shape reads a tuple of sizes.
func (p *npyParser) shape() []int {
	shape, comma := []int{}, false
	p.want("(")
	for !p.has(")") && p.err == nil {
		if len(shape) > 0 && !comma {
			p.fail(p.next() + " in the place of a comma")
		}
		digits := len(p.rest) - len(strings.TrimLeft(p.rest, "0123456789"))
		n, err := strconv.ParseUint(p.rest[:digits], 10, 64)
		if err != nil || n > math.MaxInt32 || len(shape) == maxNPYDims {
			p.fail(p.next() + " in the place of one of at most " + strconv.Itoa(maxNPYDims) + " sizes below 2^31")
			return nil
		}
		p.rest = p.rest[digits:]
		shape = append(shape, int(n))
		comma = p.has(",")
	}
	if len(shape) == 1 && !comma {
		p.fail("a number in the place of a tuple")
	}
	return shape
}
