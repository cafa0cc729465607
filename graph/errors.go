package graph

import (
	"errors"
	"strings"

	"softloss/losses"
)

// ErrNode says that the nodes given to a function do not go together: for errors.Is.
// Errors about shapes, dtypes, values and parameters are those of package losses.
var ErrNode = errors.New("wrong node")

// Error says which argument of a function of this package was wrong, what it was and what it should
// have been. What package losses has to say about an argument is a [*losses.Error].
type Error struct {
	Arg     string // the argument: logits, target, sample weights, …, or the op that failed
	Got     string // what was there
	Problem string // what is wrong with it
	Want    string // what was wanted; empty when the problem says it
	Kind    error  // ErrNode or a sentinel of package losses
	Cause   error  // what Gorgonia or package tensor said, nil when nothing
}

func argError(kind error, arg, got, problem, want string) *Error {
	return &Error{Arg: arg, Got: got, Problem: problem, Want: want, Kind: kind}
}

// Error returns one line, such as
//
//	graph: sample weights: shape (5) is wrong, want (4)
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("graph: ")
	b.WriteString(e.Arg)
	b.WriteString(": ")
	b.WriteString(e.Got)
	b.WriteString(" ")
	b.WriteString(e.Problem)
	if e.Want != "" {
		b.WriteString(", want ")
		b.WriteString(e.Want)
	}
	if e.Cause != nil {
		b.WriteString(": ")
		b.WriteString(e.Cause.Error())
	}
	return b.String()
}

// Unwrap returns the sentinel and the cause.
func (e *Error) Unwrap() []error {
	if e.Cause == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Cause}
}

// Cause returns what an error of RunAll is about: the [*losses.Error] in it when there is one, or
// the [*Error], otherwise the op's error. The machines wrap errors in a type that errors.Is and
// errors.As cannot look into, and in words about instructions; Cause takes both off:
//
//	if err := vm.RunAll(); errors.Is(graph.Cause(err), losses.ErrLabel) { … }
//
// Any other error comes back as it is.
func Cause(err error) error {
	for {
		machine, ok := err.(interface{ Err() error })
		if !ok || machine.Err() == nil {
			break
		}
		err = machine.Err()
	}
	var e *losses.Error
	if errors.As(err, &e) {
		return e
	}
	var own *Error
	if errors.As(err, &own) {
		return own
	}
	return err
}
