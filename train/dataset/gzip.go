package dataset

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"errors"
	"io"
)

// gunzip returns the content of r, unpacked when r begins with the magic bytes
// of gzip. Damage that shows later comes as [ErrFormat] from Read.
func gunzip(r io.Reader) (*bufio.Reader, error) {
	buf := bufio.NewReader(r)
	magic, err := buf.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, &failure{"dataset: " + err.Error(), []error{err}}
	}
	if len(magic) < 2 || magic[0] != 0x1f || magic[1] != 0x8b {
		return buf, nil
	}
	z, err := gzip.NewReader(buf)
	if err != nil {
		return nil, damaged(err)
	}
	return bufio.NewReader(gzipReader{z}), nil
}

// gzipReader is a gzip.Reader that says in its errors that gzip was meant.
type gzipReader struct{ z *gzip.Reader }

func (g gzipReader) Read(p []byte) (int, error) {
	n, err := g.z.Read(p)
	if err != nil && err != io.EOF {
		err = damaged(err)
	}
	return n, err
}

// damaged marks the errors that stand for a bad file, and leaves those of the
// underlying reader as they are.
func damaged(err error) error {
	var corrupt flate.CorruptInputError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return &failure{"dataset: gzip data: ends early, want the whole file", []error{ErrFormat, io.ErrUnexpectedEOF}}
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum), errors.As(err, &corrupt):
		return &failure{"dataset: gzip data: got " + err.Error() + ", want an undamaged file", []error{ErrFormat, err}}
	}
	return err
}
