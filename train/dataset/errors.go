package dataset

import (
	"errors"
	"fmt"

	"softloss/internal/phrase"
	"softloss/losses"
	"softloss/train/dataset/internal/fault"
)

// Sentinels for [errors.Is]. Every error of this package that is about its
// input wraps one of them; the text of an error says more than its sentinel.
var (
	ErrCell    = fault.ErrCell    // every *CellError
	ErrRow     = fault.ErrRow     // every *RowError
	ErrParam   = fault.ErrParam   // an argument or option outside its domain
	ErrShape   = fault.ErrShape   // sizes of tensors, names or records that do not fit
	ErrDtype   = fault.ErrDtype   // a tensor of another element type
	ErrEmpty   = fault.ErrEmpty   // an input or a result without rows
	ErrClasses = fault.ErrClasses // fewer than two classes, or too many
	ErrColumn  = fault.ErrColumn  // a named column that the file does not have
	ErrHeader  = fault.ErrHeader  // a first line that may or may not be a header
	ErrLabel   = fault.ErrLabel   // a negative or all-zero label or count
	ErrMissing = fault.ErrMissing // a cell without a value: see CSVOptions.Missing
	ErrNumber  = fault.ErrNumber  // a number in a notation that is not read, or a whole one that is no float64
	ErrFormat  = fault.ErrFormat  // a file that is damaged, or of another format
)

// CellError describes every error about a cell, or a whole line, of a CSV file. errors.Is(err,
// ErrCell) holds for each. Its fields:
//
//	File    string  as it was given; "" for a reader
//	Line    int     of the file on which the cell starts, from 1, the header counted
//	Column  int     position among the cells of its line, from 1; 0 when the whole line is at fault
//	Name    string  the column's name in the header; "" without a header
//	Got     string  the cell's text; with Column 0 a description of what was there
//	Want    string  what was wanted instead
//	Option  string  the field of CSVOptions with which such a cell, or column, is taken; "" for none
//	Err     error   a sentinel of this package or the cause; may be nil
//
// Its method Error returns one line, such as
//
//	dataset: flowers.csv: line 3 column 2 ("petal"): got "x", want a number, as on line 2
//
// Plain returns the line without the name of the package in front, and Unwrap Err.
type CellError = fault.CellError

// ColumnError says that a file does not have a column that the options name, or that they name it
// twice. errors.Is(err, ErrColumn) holds. Its fields:
//
//	File     string    as it was given; "" for a reader
//	Option   string    the field of CSVOptions: Label, Questions or Drop
//	Name     string    what it says
//	Columns  []string  those that there are; with Again those that are not named yet
//	Again    bool      the options name it a second time
//
// Its method Error returns one line, and Plain that without the name of the package in front.
type ColumnError = fault.ColumnError

// RowError describes every error about an entry of a tensor or of a slice. errors.Is(err, ErrRow)
// holds for each.
type RowError struct {
	File   string // as it was given; "" for what is in memory
	Arg    string // the argument or field, such as "counts"
	Row    int    // 0-based row, or position in a slice
	Column int    // 0-based column; -1 when the whole row is at fault or there are no columns
	Got    string // what was there
	Want   string // what was wanted instead
	Option string // the field of ArrayOptions with which such a row is taken; "" for none
	Err    error  // a sentinel of this package or the cause; may be nil
}

// Error returns one line, such as
//
//	dataset: counts: row 3 column 1: got -2, want a finite number >= 0
func (e *RowError) Error() string { return fault.Prefix + e.Plain() }

// Plain returns the line without the name of the package in front.
func (e *RowError) Plain() string {
	where := fmt.Sprintf("row %d", e.Row)
	if e.Column >= 0 {
		where += fmt.Sprintf(" column %d", e.Column)
	}
	text := fmt.Sprintf("%s%s: %s: got %s, want %s", fault.In(e.File), e.Arg, where, e.Got, e.Want)
	if e.Option != "" {
		text += "; see " + e.Option
	}
	return text
}

// Path is the file.
func (e *RowError) Path() string { return e.File }

// Unwrap returns Err.
func (e *RowError) Unwrap() error { return e.Err }

// Is reports whether target is [ErrRow].
func (e *RowError) Is(target error) bool { return target == ErrRow }

// fail returns an error of the given kind.
func fail(kind error, format string, args ...any) error { return fault.New(kind, format, args...) }

// inFile makes an error, of a reader below or of the system, one of this package that names the
// file, or the part.
func inFile(name string, err error) error {
	switch e := err.(type) {
	case nil:
		return nil
	case *CellError:
		e.File = name
	case *ColumnError:
		e.File = name
	case *RowError:
		e.File = name
	case *fault.Error:
		e.File = name
	default:
		return fault.Wrap(name, err)
	}
	return err
}

// fromLosses is an error of package losses about the rows of an argument as one
// of this package; kind, which may be nil, is what it is here.
func fromLosses(arg string, kind, err error) error {
	var e *losses.Error
	if !errors.As(err, &e) {
		return fault.Wrap(arg, err)
	}
	causes := []error{err}
	if kind != nil {
		causes = append(causes, kind)
	}
	if e.Row < 0 {
		return &fault.Error{Text: fmt.Sprintf("%s: got %s, want %s", arg, e.Got, e.Want), Kinds: causes}
	}
	return &RowError{Arg: arg, Row: e.Row, Column: e.Col, Got: e.Got, Want: e.Want, Err: errors.Join(causes...)}
}

// quote, list and plural say values in errors.
func quote(s string) string            { return phrase.Quote(s) }
func list(names []string) string       { return phrase.List(names) }
func plural(n int, noun string) string { return phrase.Plural(n, noun) }
