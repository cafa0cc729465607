// Package fault holds the errors of package dataset for the packages below it: what is wrong
// travels in fields and becomes a sentence once.
package fault

import (
	"errors"
	"fmt"
	"strings"

	"softloss/internal/phrase"
)

// The sentinels of package dataset, which says what they mean.
var (
	ErrCell    = errors.New("dataset: bad cell")
	ErrRow     = errors.New("dataset: bad row")
	ErrParam   = errors.New("dataset: bad parameter")
	ErrShape   = errors.New("dataset: shapes disagree")
	ErrDtype   = errors.New("dataset: wrong dtype")
	ErrEmpty   = errors.New("dataset: no rows")
	ErrClasses = errors.New("dataset: wrong number of classes")
	ErrColumn  = errors.New("dataset: no such column")
	ErrHeader  = errors.New("dataset: header unclear")
	ErrLabel   = errors.New("dataset: bad label")
	ErrMissing = errors.New("dataset: value missing")
	ErrNumber  = errors.New("dataset: number not read")
	ErrFormat  = errors.New("dataset: damaged or foreign file")
)

// Error is an error with a text, which does not repeat its sentinels and causes.
type Error struct {
	File  string // where it is; "" when there is none, or it is not known here
	Text  string
	Kinds []error // for errors.Is
}

// New returns an error of a kind.
func New(kind error, format string, args ...any) error {
	return &Error{Text: fmt.Sprintf(format, args...), Kinds: []error{kind}}
}

// Wrap returns an error of a system, or of a reader, as one of package dataset; context, which may
// be "", comes first.
func Wrap(context string, err error) error {
	if context != "" {
		context += ": "
	}
	if own, ok := err.(*Error); ok {
		return &Error{File: own.File, Text: context + own.Text, Kinds: own.Kinds}
	}
	return &Error{Text: context + err.Error(), Kinds: []error{err}}
}

// Error returns one line.
func (e *Error) Error() string { return Prefix + e.Plain() }

// Plain returns the line without the name of the package in front.
func (e *Error) Plain() string { return In(e.File) + e.Text }

// Path is the file.
func (e *Error) Path() string { return e.File }

// Unwrap returns the kinds.
func (e *Error) Unwrap() []error { return e.Kinds }

// In is how an error about a file begins.
func In(file string) string {
	if file == "" {
		return ""
	}
	return file + ": "
}

// Prefix is how every error of package dataset begins.
const Prefix = "dataset: "

// CellError is that of package dataset, which says what its fields mean.
type CellError struct {
	File                    string
	Line, Column            int
	Name, Got, Want, Option string
	Err                     error
}

// Error returns one line, such as
//
//	dataset: flowers.csv: line 3 column 2 ("petal"): got "x", want a number, as on line 2
func (e *CellError) Error() string { return Prefix + e.Plain() }

// Plain returns the line without the name of the package in front.
func (e *CellError) Plain() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%sline %d", In(e.File), e.Line)
	got := e.Got
	if e.Column > 0 {
		fmt.Fprintf(&b, " column %d", e.Column)
		got = phrase.Quote(got)
	}
	if e.Name != "" {
		fmt.Fprintf(&b, " (%s)", phrase.Quote(e.Name))
	}
	fmt.Fprintf(&b, ": got %s, want %s", got, e.Want)
	if e.Option != "" {
		fmt.Fprintf(&b, "; see %s", e.Option)
	}
	return b.String()
}

// Unwrap returns Err.
func (e *CellError) Unwrap() error { return e.Err }

// Is reports whether target is [ErrCell].
func (e *CellError) Is(target error) bool { return target == ErrCell }

// ColumnError is that of package dataset, which says what its fields mean.
type ColumnError struct {
	File, Option, Name string
	Columns            []string
	Again              bool
}

// Error returns one line.
func (e *ColumnError) Error() string { return Prefix + e.Plain() }

// Plain returns the line without the name of the package in front.
func (e *ColumnError) Plain() string {
	again := ""
	if e.Again {
		again = " a second time"
	}
	return fmt.Sprintf("%s%s: got %s%s, want one of the columns %s, or a number from 1", In(e.File), e.Option,
		phrase.Quote(e.Name), again, phrase.List(e.Columns))
}

// Is reports whether target is [ErrColumn].
func (e *ColumnError) Is(target error) bool { return target == ErrColumn }
