package dataset

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"softloss/train/dataset/internal/source"
)

// record is one line of cells, which may span several lines of the file.
type record struct {
	cells []string
	line  int   // line of the first cell
	lines []int // line of every cell; nil when all are on the first
}

func (r record) lineOf(j int) int {
	if r.lines == nil {
		return r.line
	}
	return r.lines[j]
}

// recordReader reads the records of a CSV file and checks what does not depend
// on the columns' meaning: quoting, length, encoding.
type recordReader struct {
	csv         *csv.Reader
	comma       rune
	width, line int // of the first record; width 0 before it

	unreadRecord *record // what next returns again, with unreadErr
	unreadErr    error
}

// openRecords returns the records of a table, gzip or not.
func openRecords(r io.Reader, comma rune) (*recordReader, error) {
	if r == nil {
		return nil, fail(ErrParam, "reader: got nil, want one")
	}
	plain, err := source.Open(r)
	if err != nil {
		return nil, err
	}
	return newRecordReader(plain, comma)
}

func newRecordReader(r *bufio.Reader, comma rune) (*recordReader, error) {
	if mark, _ := r.Peek(3); string(mark) == "\ufeff" {
		r.Discard(3)
	}
	if comma == 0 {
		var err error
		if comma, err = separator(r); err != nil {
			return nil, readError(err)
		}
	}
	c := csv.NewReader(r)
	c.Comma, c.FieldsPerRecord = comma, -1
	// A quote after a blank is still a quote; but where blanks separate, they
	// must not be skipped.
	c.TrimLeadingSpace = !unicode.IsSpace(comma)
	return &recordReader{csv: c, comma: comma}, nil
}

// separator finds out what separates the cells, from the first line: ',' unless there is none outside quotes, but a
// ';' or a tab. It takes nothing from the reader; of a long line it looks at as much as is buffered.
func separator(r *bufio.Reader) (rune, error) {
	for size := 64; ; size *= 2 {
		line, err := r.Peek(min(size, r.Size()))
		if err != nil && err != io.EOF {
			return 0, err
		}
		found, quoted, ended := rune(0), false, false
		for _, c := range line {
			switch {
			case c == '"':
				quoted = !quoted
			case quoted:
			case c == ',':
				return ',', nil
			case c == '\n':
				ended = true
			case found == 0 && (c == ';' || c == '\t'):
				found = rune(c)
			}
			if ended {
				break
			}
		}
		switch done := ended || err != nil || size >= r.Size(); {
		case done && found != 0:
			return found, nil
		case done:
			return ',', nil
		}
	}
}

// next returns the next record, with its cells trimmed, or io.EOF.
func (rr *recordReader) next() (record, error) {
	if again := rr.unreadRecord; again != nil {
		rr.unreadRecord = nil
		return *again, rr.unreadErr
	}
	cells, err := rr.csv.Read()
	if err != nil {
		return record{}, readError(err)
	}
	r := record{cells: cells}
	r.line, _ = rr.csv.FieldPos(0)
	for j, cell := range cells {
		if line, _ := rr.csv.FieldPos(j); line != r.line && r.lines == nil {
			r.lines = make([]int, len(cells))
			for i := range r.lines {
				r.lines[i], _ = rr.csv.FieldPos(i)
			}
		}
		if !utf8.ValidString(cell) {
			return record{}, &CellError{Line: r.lineOf(j), Column: j + 1, Got: cell, Want: "text in UTF-8"}
		}
		cells[j] = strings.TrimSpace(cell)
	}
	if rr.width == 0 {
		rr.width, rr.line = len(cells), r.line
	}
	if len(cells) != rr.width {
		return record{}, &CellError{
			Line: r.line, Got: plural(len(cells), "cell"),
			Want: fmt.Sprintf("%d, as on line %d", rr.width, rr.line), Err: ErrShape,
		}
	}
	return r, nil
}

// readError turns what encoding/csv says into an error of this package.
func readError(err error) error {
	var parse *csv.ParseError
	switch {
	case err == io.EOF:
		return err
	case errors.As(err, &parse):
		return &CellError{
			Line: parse.Line,
			Got:  fmt.Sprintf("%v at byte %d (the record starts on line %d)", parse.Err, parse.Column, parse.StartLine),
			Want: "quotes around whole cells, and doubled inside them", Err: parse,
		}
	}
	return inFile("", err)
}

// parse32 reads a feature cell. isNumber is true for everything that has the
// form of a number, among it NaN and numbers beyond float32, whose v is not
// finite.
func parse32(cell string) (v float32, isNumber bool) {
	x, isNumber := parse(cell, 32)
	return float32(x), isNumber
}

func parse(cell string, bits int) (v float64, isNumber bool) {
	v, err := strconv.ParseFloat(cell, bits)
	if errors.Is(err, strconv.ErrRange) {
		return math.Inf(1), true
	}
	return v, err == nil
}

// isHeader decides for [HeaderAuto] whether first is a header, from the record
// after it (without cells when there is none).
func isHeader(first, second record) (bool, error) {
	number, above := -1, -1
	for j, cell := range first.cells {
		if _, ok := parse32(cell); ok {
			number = j
		} else if j < len(second.cells) {
			if _, ok := parse32(second.cells[j]); ok {
				above = j
			}
		}
	}
	unclear := &CellError{Line: first.line, Want: "HeaderYes or HeaderNo in the options", Err: ErrHeader}
	switch {
	case number >= 0 && above >= 0:
		unclear.Got = fmt.Sprintf("a line that may or may not be a header (the number %s in column %d, but %s above %s in column %d)",
			quote(first.cells[number]), number+1, quote(first.cells[above]), quote(second.cells[above]), above+1)
		return false, unclear
	case number < 0 && above < 0 && len(second.cells) > 0:
		unclear.Got = "a line that may or may not be a header (no number in it nor below it)"
		return false, unclear
	}
	return number < 0, nil
}
