package table

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"softloss/internal/phrase"
	"softloss/train/dataset/internal/fault"
)

// Record is one line of cells, which may span several lines of the file.
type Record struct {
	Cells []string
	Line  int   // line of the first cell
	lines []int // line of every cell; nil when all are on the first
}

// LineOf returns the line of cell j.
func (r Record) LineOf(j int) int {
	if r.lines == nil {
		return r.Line
	}
	return r.lines[j]
}

// Records reads the records of a table and checks what does not depend on the columns' meaning:
// quoting, length, encoding.
type Records struct {
	Comma       rune // what separates the cells
	Width, Line int  // of the first record; Width 0 before it

	csv   *csv.Reader
	limit *limiter
	again []result // what Next returns again, the last one first
}

type result struct {
	Record
	err error
}

// maxRecord is the most bytes of a record: an open quote, or a file without lines, ends there.
const maxRecord = 64 << 20

// limiter fails when too much is read for one record.
type limiter struct {
	r     io.Reader
	left  int
	line  int  // of the record before
	ended bool // all is read
}

func (l *limiter) Read(p []byte) (int, error) {
	if l.left <= 0 {
		below := ""
		if l.line > 0 {
			below = fmt.Sprintf("below line %d: ", l.line)
		}
		return 0, fault.New(fault.ErrFormat, "%sgot a line, or a quoted cell, of more than %d MB, want a table: is a quote "+
			"not closed?", below, maxRecord>>20)
	}
	n, err := l.r.Read(p)
	l.left -= n
	l.ended = err == io.EOF
	return n, err
}

// Open returns the records of a table, gzip or not; comma 0 finds out what separates the cells.
func Open(r io.Reader, comma rune) (*Records, error) {
	plain, comma, err := open(r, comma)
	if err != nil {
		return nil, err
	}
	limit := &limiter{r: plain}
	c := csv.NewReader(limit)
	c.Comma, c.FieldsPerRecord = comma, -1
	// A quote after a blank is still a quote; but where blanks separate, they must not be skipped.
	c.TrimLeadingSpace = !unicode.IsSpace(comma)
	return &Records{Comma: comma, csv: c, limit: limit}, nil
}

// Unread makes Next return what it has returned again.
func (rr *Records) Unread(r Record, err error) { rr.again = append(rr.again, result{r, err}) }

// Next returns the next record, with its cells trimmed, or io.EOF.
func (rr *Records) Next() (Record, error) {
	if n := len(rr.again); n > 0 {
		again := rr.again[n-1]
		rr.again = rr.again[:n-1]
		return again.Record, again.err
	}
	rr.limit.left = maxRecord
	cells, err := rr.csv.Read()
	if err != nil {
		return Record{}, rr.readError(err)
	}
	r := Record{Cells: cells}
	r.Line, _ = rr.csv.FieldPos(0)
	for j := range cells {
		if line, _ := rr.csv.FieldPos(j); line != r.Line && r.lines == nil {
			r.lines = make([]int, len(cells))
			for i := range r.lines {
				r.lines[i], _ = rr.csv.FieldPos(i)
			}
		}
		if err := r.tidy(j); err != nil {
			return Record{}, err
		}
	}
	if rr.Width == 0 {
		rr.Width, rr.Line = len(cells), r.Line
	}
	rr.limit.line = r.Line
	if len(cells) != rr.Width {
		return Record{}, &fault.CellError{
			Line: r.Line, Got: phrase.Plural(len(cells), "cell"),
			Want: fmt.Sprintf("%d, as on line %d", rr.Width, rr.Line), Err: fault.ErrShape,
		}
	}
	return r, nil
}

// tidy trims cell j, and refuses what is no text.
func (r *Record) tidy(j int) error {
	cell := r.Cells[j]
	if !utf8.ValidString(cell) || strings.IndexByte(cell, 0) >= 0 {
		return &fault.CellError{Line: r.LineOf(j), Column: j + 1, Got: cell,
			Want: "text in UTF-8: save it so, or iconv -f LATIN1 -t UTF-8"}
	}
	r.Cells[j] = strings.TrimSpace(cell)
	return nil
}

// readError turns what encoding/csv says into an error of package dataset.
func (rr *Records) readError(err error) error {
	var parse *csv.ParseError
	var own *fault.Error
	switch {
	case err == io.EOF:
		return err
	case errors.As(err, &own):
		return own
	case errors.As(err, &parse) && parse.Err == csv.ErrQuote && parse.Line > parse.StartLine && rr.limit.ended:
		return &fault.CellError{
			Line: parse.StartLine, Err: parse,
			Got: fmt.Sprintf("a quote that is not closed: everything from it to the end of the file, line %d, is one cell",
				parse.Line),
			Want: "quotes around whole cells, and doubled inside them",
		}
	case errors.As(err, &parse):
		return &fault.CellError{
			Line: parse.Line,
			Got:  fmt.Sprintf("%v at byte %d (the record starts on line %d)", parse.Err, parse.Column, parse.StartLine),
			Want: "quotes around whole cells, and doubled inside them", Err: parse,
		}
	}
	return fault.Wrap("", err)
}
