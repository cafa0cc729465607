package table

import (
	"fmt"
	"io"
	"strconv"

	"softloss/internal/phrase"
	"softloss/train/dataset/internal/fault"
)

// Header says whether the first line holds the column names.
type Header int

// See dataset.Header.
const (
	HeaderAuto Header = iota
	HeaderYes
	HeaderNo
)

// ReadHeader reads the first record if it is a header, nil else: as option says, or with HeaderAuto
// as sure says, where that knows it, and else as isHeader does. What had to be read to find out
// is read again.
func (rr *Records) ReadHeader(option Header, decimal rune, sure func(cells []string) (is, known bool)) (
	*Record, error) {
	first, err := rr.Next()
	if err == io.EOF {
		return nil, fault.New(fault.ErrEmpty, "got no rows, want at least one")
	}
	if err != nil {
		return nil, err
	}
	is, known := option == HeaderYes, option != HeaderAuto
	if !known {
		is, known = sure(first.Cells)
	}
	if !known {
		second, err := rr.Next()
		if err != nil && err != io.EOF {
			return nil, err
		}
		rr.Unread(second, err)
		if is, err = isHeader(first, second, decimal); err != nil {
			return nil, err
		}
	}
	if is {
		return &first, nil
	}
	rr.Unread(first, nil)
	return nil, nil
}

// isHeader decides for [HeaderAuto] whether first is a header, from the record after it (without
// cells when there is none).
func isHeader(first, second Record, decimal rune) (bool, error) {
	number, above := -1, -1
	for j, cell := range first.Cells {
		if _, ok := Number(cell, decimal); ok {
			number = j
		} else if j < len(second.Cells) {
			if _, ok := Number(second.Cells[j], decimal); ok || Notation(second.Cells[j], decimal) != "" {
				above = j
			}
		}
	}
	unclear := &fault.CellError{Line: first.Line, Want: "HeaderYes or HeaderNo in the options", Err: fault.ErrHeader}
	switch {
	case number >= 0 && above >= 0:
		unclear.Got = fmt.Sprintf("a line that may or may not be a header (the number %s in column %d, but %s above %s in "+
			"column %d)",
			phrase.Quote(first.Cells[number]), number+1, phrase.Quote(first.Cells[above]),
			phrase.Quote(second.Cells[above]), above+1)
		return false, unclear
	case number < 0 && above < 0 && len(second.Cells) > 0:
		unclear.Got = "a line that may or may not be a header (no number in it nor below it)"
		return false, unclear
	case number >= 0 && counts(first.Cells) && !counts(second.Cells):
		unclear.Got = "a line that may or may not be a header (numbers that count up, as names of columns do)"
		return false, unclear
	}
	return number < 0, nil
}

// counts reports whether the numbers of a line, three or more, or two that may be years, are whole
// and count up by one, as years or the names that pandas gives do.
func counts(cells []string) bool {
	n, first, last := 0, 0, 0
	for _, cell := range cells {
		v, err := strconv.Atoi(cell)
		if err != nil {
			if _, isNumber := Number(cell, '.'); isNumber {
				return false
			}
			continue
		}
		if n > 0 && v != last+1 {
			return false
		}
		if n == 0 {
			first = v
		}
		n, last = n+1, v
	}
	return n > 2 || n == 2 && first >= 1000
}

// checkHeader refuses names that are empty or stand twice.
func checkHeader(h Record) error {
	seen := make(map[string]int, len(h.Cells))
	for j, name := range h.Cells {
		want, option := "a name", "Drop"
		if before, ok := seen[name]; ok {
			want = "a name other than that of column " + strconv.Itoa(before+1) + ", or its number among those to drop"
		} else if name != "" {
			seen[name] = j
			continue
		} else if j == 0 {
			want = "a name; an index that pandas wrote has none: write the file with index=False"
		} else if j == len(h.Cells)-1 {
			want = "a name, or no separator at the end of every line"
		}
		return &fault.CellError{Line: h.LineOf(j), Column: j + 1, Got: name, Want: want, Option: option}
	}
	return nil
}
