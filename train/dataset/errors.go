package dataset

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"softloss/losses"
)

// Sentinels for [errors.Is]. Every error of this package that is about its
// input wraps one of them; the text of an error says more than its sentinel.
var (
	ErrCell    = errors.New("dataset: bad cell")                // every *CellError
	ErrRow     = errors.New("dataset: bad row")                 // every *RowError
	ErrParam   = errors.New("dataset: bad parameter")           // an argument or option outside its domain
	ErrShape   = errors.New("dataset: shapes disagree")         // sizes of tensors, names or records that do not fit
	ErrDtype   = errors.New("dataset: wrong dtype")             // a tensor of another element type
	ErrEmpty   = errors.New("dataset: no rows")                 // an input or a result without rows
	ErrClasses = errors.New("dataset: wrong number of classes") // fewer than two classes, or too many
	ErrColumn  = errors.New("dataset: no such column")          // a named column that the file does not have
	ErrHeader  = errors.New("dataset: header unclear")          // a first line that may or may not be a header
	ErrLabel   = errors.New("dataset: bad label")               // a negative or all-zero label or count
	ErrFormat  = errors.New("dataset: damaged or foreign file") // an idx or gzip file that is none
)

// CellError is the typed evidence of every error about a cell, or a whole
// line, of a CSV file. errors.Is(err, ErrCell) holds for each.
type CellError struct {
	Line   int    // 1-based line of the file on which the cell starts, the header counted
	Column int    // 1-based position among the cells of its line; 0 when the whole line is at fault
	Name   string // the column's name in the header; "" without a header
	Got    string // the cell's text; with Column 0 a description of what was there
	Want   string // what was wanted instead
	Err    error  // a sentinel of this package or the cause; may be nil
}

// Error returns one line, such as
//
//	dataset: line 3 column 2 ("petal"): got "x", want a number, as on line 2
func (e *CellError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "dataset: line %d", e.Line)
	got := e.Got
	if e.Column > 0 {
		fmt.Fprintf(&b, " column %d", e.Column)
		got = quote(got)
	}
	if e.Name != "" {
		fmt.Fprintf(&b, " (%s)", quote(e.Name))
	}
	fmt.Fprintf(&b, ": got %s, want %s", got, e.Want)
	return b.String()
}

// Unwrap returns Err.
func (e *CellError) Unwrap() error { return e.Err }

// Is reports whether target is [ErrCell].
func (e *CellError) Is(target error) bool { return target == ErrCell }

// RowError is the typed evidence of every error about an entry of a tensor or
// of a slice. errors.Is(err, ErrRow) holds for each.
type RowError struct {
	Arg    string // the argument or field, such as "counts"
	Row    int    // 0-based row, or position in a slice
	Column int    // 0-based column; -1 when the whole row is at fault or there are no columns
	Got    string // what was there
	Want   string // what was wanted instead
	Err    error  // a sentinel of this package or the cause; may be nil
}

// Error returns one line, such as
//
//	dataset: counts: row 3 column 1: got -2, want a finite number >= 0
func (e *RowError) Error() string {
	where := fmt.Sprintf("row %d", e.Row)
	if e.Column >= 0 {
		where += fmt.Sprintf(" column %d", e.Column)
	}
	return fmt.Sprintf("dataset: %s: %s: got %s, want %s", e.Arg, where, e.Got, e.Want)
}

// Unwrap returns Err.
func (e *RowError) Unwrap() error { return e.Err }

// Is reports whether target is [ErrRow].
func (e *RowError) Is(target error) bool { return target == ErrRow }

// failure is an error with a text of its own and sentinels or causes for
// errors.Is that do not repeat themselves in it.
type failure struct {
	text string
	errs []error
}

func (f *failure) Error() string   { return f.text }
func (f *failure) Unwrap() []error { return f.errs }

// fail returns an error of the given kind whose text is "dataset: " and the
// formatted message.
func fail(kind error, format string, args ...any) error {
	return &failure{"dataset: " + fmt.Sprintf(format, args...), []error{kind}}
}

// fromLosses is an error of package losses about the rows of an argument as one
// of this package; kind, which may be nil, is what it is here.
func fromLosses(arg string, kind, err error) error {
	causes := []error{err}
	if kind != nil {
		causes = append(causes, kind)
	}
	var e *losses.Error
	if !errors.As(err, &e) || e.Row < 0 {
		return &failure{"dataset: " + strings.TrimPrefix(err.Error(), "losses: "), causes}
	}
	return &RowError{arg, e.Row, e.Col, e.Got, e.Want, &failure{err.Error(), causes}}
}

// inFile puts the name of the file, or of the part, into an error.
func inFile(name string, err error) error {
	if err == nil {
		return nil
	}
	return &failure{"dataset: " + name + ": " + strings.TrimPrefix(err.Error(), "dataset: "), []error{err}}
}

// quote is strconv.Quote for an error's text: at most 40 runes of s.
func quote(s string) string {
	const most = 40
	runes := 0
	for i := range s {
		if runes == most {
			return strconv.Quote(s[:i] + "…")
		}
		runes++
	}
	return strconv.Quote(s)
}

// plural returns "1 cell", "2 cells", "2 entries", "2 classes".
func plural(n int, noun string) string {
	switch {
	case n == 1:
	case strings.HasSuffix(noun, "s"):
		noun += "es"
	case strings.HasSuffix(noun, "y"):
		noun = strings.TrimSuffix(noun, "y") + "ies"
	default:
		noun += "s"
	}
	return strconv.Itoa(n) + " " + noun
}
