// Package source opens what a dataset is read from: plain bytes or gzip.
package source

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"errors"
	"io"

	"softloss/train/dataset/internal/fault"
)

// Open returns the content of r, unpacked when r begins with the magic bytes of gzip. Damage that
// shows later, and data that unpack to a multiple of their size that no table has, come as
// [fault.ErrFormat] from Read.
func Open(r io.Reader) (*bufio.Reader, error) {
	if r == nil {
		return nil, fault.New(fault.ErrParam, "reader: got nil, want one")
	}
	packed := &counter{r: r}
	buf := bufio.NewReader(packed)
	magic, err := buf.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fault.Wrap("", err)
	}
	if !isGzip(magic) {
		return buf, nil
	}
	z, err := gzip.NewReader(buf)
	if err != nil {
		return nil, damaged(err)
	}
	z.Multistream(false)
	return bufio.NewReader(&members{packed: packed, buf: buf, z: z}), nil
}

func isGzip(start []byte) bool { return len(start) >= 2 && start[0] == 0x1f && start[1] == 0x8b }

// counter counts the bytes that were read.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// members reads the members of a gzip file one after the other, and zeros behind the last.
type members struct {
	packed   *counter
	buf      *bufio.Reader
	z        *gzip.Reader
	unpacked int64
}

// What a file may unpack to: real tables stay below a tenth of this ratio, and the most that the
// format can do is 1032.
const (
	smallEnough = 64 << 20
	mostRatio   = 400
)

func (m *members) Read(p []byte) (int, error) {
	for {
		n, err := m.z.Read(p)
		m.unpacked += int64(n)
		switch {
		case m.unpacked > smallEnough && m.unpacked/mostRatio > m.packed.n:
			return 0, fault.New(fault.ErrFormat, "gzip data: got more than %d times as much as the packed bytes, want a table: "+
				"unpack it with gzip -d if it is one", mostRatio)
		case err != nil && err != io.EOF:
			return n, damaged(err)
		case n > 0 || err == nil:
			return n, nil
		}
		if err := m.next(); err != nil {
			return 0, err
		}
	}
}

// next goes to the next member, or returns io.EOF behind the last.
func (m *members) next() error {
	for {
		start, err := m.buf.Peek(2)
		switch {
		case isGzip(start):
			if err := m.z.Reset(m.buf); err != nil {
				return damaged(err)
			}
			m.z.Multistream(false)
			return nil
		case len(start) == 0 && err == io.EOF:
			return io.EOF
		case err != nil && err != io.EOF:
			return fault.Wrap("gzip data", err)
		case start[0] != 0:
			return fault.New(fault.ErrFormat, "gzip data: got bytes behind its end that are no gzip, want the end of the file")
		}
		m.buf.Discard(1) // files are padded with zeros to the size of a block
	}
}

// damaged marks the errors that stand for a bad file; others are those of the underlying reader.
func damaged(err error) error {
	var corrupt flate.CorruptInputError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return &fault.Error{Text: "gzip data: ends early, want the whole file", Kinds: []error{fault.ErrFormat,
			io.ErrUnexpectedEOF}}
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum), errors.As(err, &corrupt):
		return &fault.Error{Text: "gzip data: got " + err.Error() + ", want an undamaged file",
			Kinds: []error{fault.ErrFormat, err}}
	}
	return fault.Wrap("", err)
}

// Ends is the error of a read of some format that failed after what got describes.
func Ends(format string, err error, got string) error {
	switch {
	case err == io.EOF || err == io.ErrUnexpectedEOF:
		return &fault.Error{Text: format + ": the file ends after " + got, Kinds: []error{fault.ErrFormat,
			io.ErrUnexpectedEOF}}
	case errors.Is(err, fault.ErrFormat):
		return err
	}
	return fault.Wrap(format, err)
}
