package dataset

import (
	"io"
	"os"
	"unicode/utf8"
)

// Header says whether the first line of a CSV file holds the column names.
type Header int

const (
	// HeaderAuto looks at the first two lines. The first is a header when it
	// has no number and stands, in some column, above a number; it is data when
	// it has a number and no text stands above a number. Everything else (a
	// file of nothing but text; a header with a number in it; a damaged first
	// row) is [ErrHeader]: say which. A named label makes it HeaderYes.
	HeaderAuto Header = iota
	HeaderYes         // the first line holds the names
	HeaderNo          // the first line is data; features are named column_1, column_2, …
)

// defaultCategories is what MaxCategories 0 stands for.
const defaultCategories = 1000

// CSVOptions says how [ReadCSV] reads a table. The zero value finds
// out what separates the cells and whether there is a header and takes the last
// column for the class.
type CSVOptions struct {
	// Label names the column of the classes, which may stand anywhere. It needs
	// a header and excludes LabelColumns. "" is the last column.
	Label string

	// LabelColumns, when not 0, says that the last LabelColumns columns, 2 or
	// more, hold one number >= 0 for each class: a soft label or counts. Every
	// row is divided by its sum. The header names the classes ("0", "1", …
	// without one).
	LabelColumns int

	// Counts says that the label columns count observations, so that a row
	// weighs as much as its sum: Dataset.Counts keeps the sums. Without it
	// Dataset.Counts is nil. It needs LabelColumns.
	Counts bool

	// Header says whether the first line is a header.
	Header Header

	// Comma separates the cells. It cannot be a quote or a line end. 0 is ',',
	// or, when the first line has no ',' outside quotes, the first ';' or tab in it.
	Comma rune

	// MaxCategories is the largest number of different values of one text
	// column or of a class column: more are most likely an identifier or a
	// quantity, and would make a table of columns times rows. 0 is 1000.
	MaxCategories int
}

// ReadCSV reads a table of samples, one a line, as encoding/csv understands it
// (RFC 4180, blank lines skipped), plain or gzip, with or without a byte order
// mark. White space around a cell does not count.
//
// A column is a number column or a text column. It is text only if none of its
// cells is a number as strconv.ParseFloat reads them; one number makes every
// text in it an error. Number columns become one feature, rounded to float32.
// Text columns become one feature for each of their values, sorted, named
// name=value and 1 or 0 in every row.
//
// The class column is read as names. The classes are its different values,
// sorted: as numbers when all of them are, otherwise as text. Numbers must be
// written alike ("1" and "1.0" are an error).
//
// Errors, of type [*CellError] wherever there is a line to name:
//
//	a text in a number column, an empty cell, NaN, ±Inf, beyond float32, not UTF-8    [ErrCell]
//	1,5 for 1.5 where something else than a comma separates the cells                 ErrCell
//	a line of another length than the first                                         ErrCell, [ErrShape]
//	bad quoting                                                                     ErrCell, csv.ErrQuote, csv.ErrBareQuote
//	a name twice, or none, in the header                                            ErrCell
//	a negative label, a row of labels without a finite sum above 0                  ErrCell, [ErrLabel]
//	more than MaxCategories values in a column                                      ErrCell, [ErrClasses]
//	a first line that may be a header or not                                        ErrCell, [ErrHeader]
//	a file without data rows                                                        [ErrEmpty]
//	fewer than two classes                                                          ErrClasses
//	a label that the header does not have                                           [ErrColumn]
//	no column left for the features, a table of 2³¹ elements or more                ErrShape
//	options out of range or at odds with each other                                 [ErrParam]
//	a damaged gzip file                                                             [ErrFormat]
func ReadCSV(r io.Reader, opt CSVOptions) (*Dataset, error) {
	t, err := readTable(r, opt)
	if err != nil {
		return nil, err
	}
	return t.dataset()
}

// ReadCSVFile is [ReadCSV] on a file, plain or gzip (told by its first bytes,
// not by its name). Errors name the file.
func ReadCSVFile(path string, opt CSVOptions) (*Dataset, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, inFile("", err)
	}
	defer f.Close()
	d, err := ReadCSV(f, opt)
	return d, inFile(path, err)
}

// check fills in the defaults and refuses options that contradict each other.
func (opt CSVOptions) check() (CSVOptions, error) {
	if opt.MaxCategories == 0 {
		opt.MaxCategories = defaultCategories
	}
	if opt.Label != "" && opt.Header == HeaderAuto {
		opt.Header = HeaderYes
	}
	switch c := opt.Comma; {
	case c == '"', c == '\r', c == '\n', !utf8.ValidRune(c), c == utf8.RuneError:
		return opt, fail(ErrParam, "Comma: got %q, want a character that is no quote or line end", c)
	case opt.MaxCategories < 2:
		return opt, fail(ErrParam, "MaxCategories: got %d, want 0 or at least 2", opt.MaxCategories)
	case opt.Header < HeaderAuto || opt.Header > HeaderNo:
		return opt, fail(ErrParam, "Header: got %d, want HeaderAuto, HeaderYes or HeaderNo", opt.Header)
	case opt.LabelColumns < 0 || opt.LabelColumns == 1:
		return opt, fail(ErrParam, "LabelColumns: got %d, want 0 or at least 2", opt.LabelColumns)
	case opt.LabelColumns > 0 && opt.Label != "":
		return opt, fail(ErrParam, "Label: got %s together with LabelColumns, want one of them", quote(opt.Label))
	case opt.Label != "" && opt.Header == HeaderNo:
		return opt, fail(ErrParam, "Label: got %s together with HeaderNo, want a header to find the name in", quote(opt.Label))
	case opt.Counts && opt.LabelColumns == 0:
		return opt, fail(ErrParam, "Counts: got true without LabelColumns, want the number of columns that count")
	}
	return opt, nil
}
