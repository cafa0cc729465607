package predict

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"io"

	"gorgonia.org/tensor"

	"softloss/train/dataset"
)

// rowsAtOnce are the records of a table that are read before they are predicted.
const rowsAtOnce = 4096

// readError is what is wrong with a table; errors of what is done with its rows are none.
type readError struct{ err error }

func (e *readError) Error() string { return e.err.Error() }
func (e *readError) Unwrap() error { return e.err }

// parts reads a table of any length, gzip or not, in memory of a bounded size: read is called with
// every part of it, which begins with the header if there is one, and do with what it returns.
func parts(in io.Reader, opt dataset.CSVOptions, read func(io.Reader, dataset.CSVOptions) (*tensor.Dense, error),
	do func(*tensor.Dense) error) error {
	r, err := plain(in)
	if err != nil {
		return &readError{err}
	}
	t := table{r: r}
	for first := true; first || !t.ended; first = false {
		content, records, err := t.next(rowsAtOnce)
		if err != nil {
			return &readError{err}
		}
		if records == 0 && !first {
			return nil
		}
		features, err := read(io.MultiReader(bytes.NewReader(t.head), bytes.NewReader(content)), opt)
		if err != nil {
			return &readError{t.place(err)}
		}
		if first {
			if features.Shape()[0] < records {
				t.keepHead(content)
				opt.Header = dataset.HeaderYes
			} else {
				opt.Header = dataset.HeaderNo
			}
		}
		if err := do(features); err != nil {
			return err
		}
	}
	return nil
}

// plain is the text of what may be gzip.
func plain(in io.Reader) (*bufio.Reader, error) {
	r := bufio.NewReader(in)
	if magic, _ := r.Peek(2); string(magic) != "\x1f\x8b" {
		return r, nil
	}
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, err
	}
	return bufio.NewReader(z), nil
}

// table cuts a text into records.
type table struct {
	r     *bufio.Reader
	head  []byte // the header, before every part but the first
	lines int    // of the parts before
	last  int    // of these, lines of the last part
	ended bool
}

// next returns the text of some records, and how many they are.
func (t *table) next(most int) (content []byte, records int, err error) {
	t.lines, t.last = t.lines+t.last, 0
	quoted := false
	begin := 0 // of the record
	for records < most {
		line, err := t.r.ReadSlice('\n')
		content = append(content, line...)
		if bytes.Count(line, []byte{'"'})%2 == 1 {
			quoted = !quoted
		}
		switch {
		case err == io.EOF:
			t.ended = true
		case err == bufio.ErrBufferFull && len(content) < mostOfPart:
			continue
		case err != nil && err != bufio.ErrBufferFull:
			return nil, 0, err
		default:
			t.last++
		}
		if !quoted || t.ended || len(content) >= mostOfPart {
			if record := bytes.TrimRight(content[begin:], "\r\n"); len(record) > 0 && !isSep(record) {
				records++
			}
			begin = len(content)
		}
		if t.ended || len(content) >= mostOfPart {
			break
		}
	}
	return content, records, nil
}

// mostOfPart bounds a part whose quotes do not end; its reader says so.
const mostOfPart = 128 << 20

// keepHead keeps the header of the first part: its first record, and what stands before it.
func (t *table) keepHead(content []byte) {
	quoted := false
	for i, c := range content {
		switch {
		case c == '"':
			quoted = !quoted
		case c == '\n' && !quoted && len(bytes.TrimSpace(content[:i])) > 0 && !isSep(content[:i]):
			t.head = bytes.Clone(content[:i+1])
			return
		}
	}
}

// isSep reports whether a text is nothing but the line with which some programs name the separator.
func isSep(text []byte) bool {
	text = bytes.TrimSpace(bytes.TrimPrefix(text, []byte("\ufeff")))
	return bytes.HasPrefix(text, []byte("sep=")) && !bytes.Contains(text, []byte{'\n'})
}

// place puts the line of the whole table into an error about a cell of a part.
func (t *table) place(err error) error {
	var cell *dataset.CellError
	if !errors.As(err, &cell) {
		return err
	}
	c := *cell
	c.Line += t.lines - bytes.Count(t.head, []byte{'\n'})
	return &c
}
