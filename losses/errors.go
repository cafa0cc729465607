package losses

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"softloss/internal/dense"
)

// What can be wrong, for errors.Is. The details travel in [*Error].
var (
	ErrNil       = errors.New("missing tensor")
	ErrShape     = errors.New("wrong shape")
	ErrDtype     = errors.New("wrong dtype")
	ErrAlpha     = errors.New("wrong smoothing strength")
	ErrSmoothing = errors.New("wrong smoothing rule or prior")
	ErrReduction = errors.New("unknown reduction")
	ErrLabel     = errors.New("wrong label")
	ErrIndex     = errors.New("class index out of range")
	ErrProb      = errors.New("not a probability")
	ErrWeight    = errors.New("wrong weight")
	ErrParam     = errors.New("parameter of a loss out of range")
	ErrLoss      = errors.New("a loss failed")
)

// Error says which argument was wrong and where, what it held and what it
// should have held. Kind is one of the Err… values above, which errors.Is finds.
type Error struct {
	Arg     string // the argument: logits, labels, index, alpha, …
	Row     int    // row of the offending element, -1 when the error is not about a row
	Col     int    // its column, -1 when there is none
	Got     string // what was there
	Problem string // what is wrong with it
	Want    string // what was wanted
	Kind    error  // the sentinel
}

// Error returns one line, such as
//
//	losses: labels: row 3 column 1: -0.2 is negative, want a finite number >= 0
func (e *Error) Error() string { return "losses: " + e.Text() }

// Text returns the line without the name of the package in front.
func (e *Error) Text() string {
	var b strings.Builder
	b.WriteString(e.Arg)
	b.WriteString(": ")
	if e.Row >= 0 {
		fmt.Fprintf(&b, "row %d", e.Row)
		if e.Col >= 0 {
			fmt.Fprintf(&b, " column %d", e.Col)
		}
		b.WriteString(": ")
	}
	b.WriteString(e.Got)
	b.WriteByte(' ')
	b.WriteString(e.Problem)
	if e.Want != "" {
		b.WriteString(", want ")
		b.WriteString(e.Want)
	}
	return b.String()
}

// Unwrap returns the sentinel.
func (e *Error) Unwrap() error { return e.Kind }

// argError is an Error about an argument as a whole.
func argError(kind error, arg string, got any, problem, want string) *Error {
	return &Error{Arg: arg, Row: -1, Col: -1, Got: fmt.Sprint(got), Problem: problem, Want: want, Kind: kind}
}

// cellError is an Error about one element; col is -1 where rows have but one.
func cellError(kind error, arg string, row, col int, got any, problem, want string) *Error {
	text := fmt.Sprint(got)
	switch got { // the nearest int to what is beyond
	case math.MaxInt:
		text += " or more"
	case math.MinInt:
		text += " or less"
	}
	return &Error{Arg: arg, Row: row, Col: col, Got: text, Problem: problem, Want: want, Kind: kind}
}

// located is an error of somebody else's about something of ours.
type located struct {
	where string
	err   error
}

func (e located) Error() string { return "losses: " + e.where + ": " + e.err.Error() }
func (e located) Unwrap() error { return e.err }

// within returns err as the error of a part of what it was about.
func within(where string, err error) error {
	switch e := err.(type) {
	case *Error:
		in := *e
		in.Arg = where + ": " + in.Arg
		return &in
	case located:
		return located{where + ": " + e.where, e.err}
	}
	return located{where, err}
}

// tensorError is the Error about an argument that dense.Of refuses.
func tensorError(arg string, err error) *Error {
	e := err.(*dense.Error)
	kind := map[dense.Kind]error{dense.Missing: ErrNil, dense.Type: ErrDtype, dense.Layout: ErrShape}[e.Kind]
	return argError(kind, arg, e.Got, e.Problem, e.Want)
}

// labelError is an Error about a label that is negative, NaN or infinite.
func labelError[T dense.Float](arg string, row, col int, v T) *Error {
	problem := "is negative"
	if v != v {
		problem = "is not a number"
	} else if v > 0 {
		problem = "is infinite"
	}
	return cellError(ErrLabel, arg, row, col, v, problem, "a finite number >= 0")
}
