package npy

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"softloss/internal/phrase"
	"softloss/train/dataset/internal/array"
	"softloss/train/dataset/internal/fault"
	"softloss/train/dataset/internal/source"
)

// An .npy file begins with
//
//	6 bytes        \x93NUMPY
//	2 bytes        the version: 1, 2 or 3, and 0
//	2 or 4 bytes   the length of the dictionary, little-endian: 2 in version 1
//	the dictionary {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }, spaces, a newline
//
// The dictionary is one of Python with exactly these keys, in any order.

// header is what a header says.
type header struct {
	of      array.Type
	fortran bool  // the first index is the fastest
	shape   []int // one size or more, each 0 or more
}

// Magic is how a file begins.
const Magic = "\x93NUMPY"

const maxHeader = 10000 // bytes, as numpy.load has it

// readHeader reads up to the data.
func readHeader(r *bufio.Reader) (*header, error) {
	var start [8]byte
	if n, err := io.ReadFull(r, start[:]); err != nil {
		return nil, source.Ends("npy", err, fmt.Sprintf("%d of the 8 bytes that an npy file begins with", n))
	}
	if string(start[:6]) != Magic {
		return nil, fault.New(fault.ErrFormat, "npy: got a file that begins with % x, want 93 4e 55 4d 50 59 (\\x93NUMPY)",
			start[:6])
	}
	if start[6] < 1 || start[6] > 3 || start[7] != 0 {
		return nil, fault.New(fault.ErrFormat, "npy: got version %d.%d, want 1.0, 2.0 or 3.0", start[6], start[7])
	}
	length := make([]byte, 4)
	if start[6] == 1 {
		length = length[:2]
	}
	if n, err := io.ReadFull(r, length); err != nil {
		return nil, source.Ends("npy", err, fmt.Sprintf("%d of the %d bytes of its header's length", n, len(length)))
	}
	size := uint32(binary.LittleEndian.Uint16(length))
	if len(length) == 4 {
		size = binary.LittleEndian.Uint32(length)
	}
	if size > maxHeader {
		return nil, fault.New(fault.ErrFormat, "npy: got a header of %d bytes, want at most %d", size, maxHeader)
	}
	text := make([]byte, size)
	if n, err := io.ReadFull(r, text); err != nil {
		return nil, source.Ends("npy", err, fmt.Sprintf("%d of %d bytes of its header", n, size))
	}
	return parseHeader(string(text))
}

// parseHeader parses the dictionary.
func parseHeader(text string) (*header, error) {
	p := parser{text: text, left: text}
	h, seen := &header{}, map[string]bool{}
	p.want("{")
	for !p.has("}") && p.err == nil {
		key := p.quoted()
		p.want(":")
		switch {
		case seen[key]:
			p.fail("the key " + phrase.Quote(key) + " twice")
		case key == "descr":
			h.of = p.descr()
		case key == "fortran_order":
			if h.fortran = p.has("True"); !h.fortran {
				p.want("False")
			}
		case key == "shape":
			h.shape = p.shape()
		default:
			p.fail("the key " + phrase.Quote(key))
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
	if p.space(); p.err == nil && (p.left != "" || !strings.HasSuffix(text, "\n")) {
		p.fail("something else than spaces and a newline at its end")
	}
	if p.err != nil {
		return nil, p.err
	}
	if len(h.shape) == 0 {
		return nil, fault.New(fault.ErrShape, "npy: got a single number, of shape (), want an array")
	}
	return h, nil
}

// parser reads a dictionary from left to right. After an error, err is set and what is read
// means nothing.
type parser struct {
	text, left string
	err        error
}

// fail sets the error unless there is one.
func (p *parser) fail(got string) {
	if p.err == nil {
		p.err = fault.New(fault.ErrFormat, "npy: header %s: got %s, want a dictionary with 'descr', 'fortran_order' and "+
			"'shape'", phrase.Quote(p.text), got)
	}
}

// space skips blanks.
func (p *parser) space() { p.left = strings.TrimLeft(p.left, " \t\n") }

// has skips blanks and a token, if it is next.
func (p *parser) has(token string) bool {
	p.space()
	left, ok := strings.CutPrefix(p.left, token)
	if ok {
		p.left = left
	}
	return ok
}

// want skips blanks and a token.
func (p *parser) want(token string) {
	if !p.has(token) {
		p.fail(p.next() + " in the place of " + token)
	}
}

// next is what comes next, for an error's text.
func (p *parser) next() string {
	if p.left == "" {
		return "its end"
	}
	return phrase.Quote(p.left)
}

// quoted reads a string without escapes.
func (p *parser) quoted() string {
	mark := "'"
	if !p.has(mark) {
		mark = `"`
		p.want(mark)
	}
	s, left, ok := strings.Cut(p.left, mark)
	if !ok || strings.ContainsAny(s, "\\\n") {
		p.fail(p.next() + " in the place of a text")
		return ""
	}
	p.left = left
	return s
}

// descr reads the type of the elements: <, >, | or =, a letter, the bytes of an element.
func (p *parser) descr() (of array.Type) {
	const want = "numbers, of types such as '<f4', '<i8', '|u1' or '|b1'"
	if p.space(); strings.HasPrefix(p.left, "[") && p.err == nil {
		p.err = fault.New(fault.ErrFormat, "npy: got elements with fields, want %s: save one array without", want)
	}
	s := p.quoted()
	if p.err != nil {
		return of
	}
	order, code := "", s
	if len(s) > 0 && strings.ContainsAny(s[:1], "<>|=") {
		order, code = s[:1], s[1:]
	}
	switch code {
	case "f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1":
		of = array.Type{Kind: code[0], Width: int(code[1] - '0'), Big: order == ">"}
	}
	if of.Kind == 0 || (order == "|" || order == "") && of.Width > 1 || order == "=" {
		p.err = fault.New(fault.ErrFormat, "npy: got elements of type '%s', want %s: x.astype(\"float32\") for features, "+
			"y.astype(int) for classes",
			strings.Trim(phrase.Quote(s), `"`), want)
	}
	return of
}

// shape reads a tuple of sizes.
func (p *parser) shape() []int {
	shape, comma := []int{}, false
	p.want("(")
	for !p.has(")") && p.err == nil {
		if len(shape) > 0 && !comma {
			p.fail(p.next() + " in the place of a comma")
		}
		digits := len(p.left) - len(strings.TrimLeft(p.left, "0123456789"))
		n, err := strconv.ParseUint(p.left[:digits], 10, 64)
		if err != nil || n > math.MaxInt32 || len(shape) == array.MaxDims {
			p.fail(p.next() + " in the place of one of at most " + strconv.Itoa(array.MaxDims) + " sizes below 2^31")
			return nil
		}
		p.left = strings.TrimPrefix(p.left[digits:], "L") // as Python 2 wrote them
		shape = append(shape, int(n))
		comma = p.has(",")
	}
	if len(shape) == 1 && !comma {
		p.fail("a number in the place of a tuple")
	}
	return shape
}
