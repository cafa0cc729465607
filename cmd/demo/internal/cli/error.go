package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// ErrUsage marks errors that the user can correct: a wrong flag, value or file. The exit status is
// 2.
var ErrUsage = errors.New("usage")

// usageError is an error of one line that is ErrUsage.
type usageError struct{ text string }

func (e usageError) Error() string        { return e.text }
func (e usageError) Is(target error) bool { return target == ErrUsage }

// Usagef returns an error that is [ErrUsage].
func Usagef(format string, args ...any) error { return usageError{fmt.Sprintf(format, args...)} }

// oneLine returns a text without line breaks.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// Plain returns the text of an error without the name of the package that made it, which means
// nothing to a user.
func Plain(err error) string {
	switch e := err.(type) {
	case interface{ Plain() string }: // packages train and dataset
		return oneLine(e.Plain())
	case interface{ Text() string }: // package losses
		return oneLine(e.Text())
	}
	return oneLine(err.Error())
}

// Cause returns what the system said, without the operation and the path.
func Cause(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return oneLine(err.Error())
}
