package train

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"softloss/train/internal/safetensors"
)

// What can be wrong, for errors.Is. An error's text says more than its sentinel; errors about a
// dataset's values and about a criterion wrap those of packages dataset and losses.
var (
	ErrConfig   = errors.New("train: wrong configuration")       // every *ConfigError, and other arguments out of range
	ErrEmpty    = errors.New("train: no rows")                   // a set that is missing or has no rows
	ErrMismatch = errors.New("train: sizes do not go together")  // feature or class numbers of sets, models and tensors
	ErrDtype    = errors.New("train: wrong dtype")               // a tensor of another element type
	ErrValue    = errors.New("train: wrong value")               // a NaN or out-of-range entry of a tensor
	ErrDiverged = errors.New("train: training diverged")         // every *DivergedError
	ErrState    = errors.New("train: wrong state")               // a State that is damaged or of another run
	ErrExport   = errors.New("train: not offered by the format") // what a file of another format cannot say
	ErrFile     = errors.New("train: damaged or foreign file")   // every *FileError
)

// failure is an error of this package with a sentinel, or a cause, for errors.Is that its text does
// not repeat.
type failure struct {
	text string // without "train: "; "" is that of the cause
	kind error
}

// Error returns one line.
func (f *failure) Error() string {
	if f.text == "" {
		return "train: " + f.kind.Error()
	}
	return "train: " + f.text
}

// Unwrap returns the sentinel or the cause.
func (f *failure) Unwrap() error { return f.kind }

// Plain returns the line without the names of packages in front.
func (f *failure) Plain() string {
	if f.text == "" {
		return plain(f.kind)
	}
	return f.text
}

// wrap returns an error, of another package as one of this package, behind what it is about, if
// that is said.
func wrap(err error, about string, args ...any) error {
	if about == "" {
		return &failure{kind: err}
	}
	text := strings.TrimPrefix(err.Error(), "train: ")
	return &failure{fmt.Sprintf(about, args...) + ": " + text, err}
}

// fail returns an error of the given kind.
func fail(kind error, format string, args ...any) error {
	return &failure{fmt.Sprintf(format, args...), kind}
}

// plain is the text of an error as a part of another one's.
func plain(err error) string {
	if own, ok := err.(interface{ Plain() string }); ok {
		return own.Plain()
	}
	return err.Error()
}

// ConfigError says that a field of [Config] is out of range. errors.Is(err, [ErrConfig]) holds.
type ConfigError struct {
	Field   string // its name, such as "ClipNorm"
	Problem string // what is wrong, such as "got -1, want a finite number, at least 0"
}

// wrongField returns a *ConfigError.
func wrongField(field, format string, args ...any) error {
	return &ConfigError{Field: field, Problem: fmt.Sprintf(format, args...)}
}

// Error returns one line, such as
//
//	train: clip norm: got -1, want a finite number, at least 0
func (e *ConfigError) Error() string { return "train: " + e.Plain() }

// Plain returns the line without the name of the package in front.
func (e *ConfigError) Plain() string {
	words := capital.ReplaceAllStringFunc(e.Field, func(s string) string { return s[:1] + " " + s[1:] })
	if words != strings.ToUpper(words) { // L2 stays as it is
		words = strings.ToLower(words)
	}
	return words + ": " + e.Problem
}

// capital is where a word of a field's name ends and the next one begins.
var capital = regexp.MustCompile("[a-z][A-Z]")

// Is reports whether target is [ErrConfig].
func (e *ConfigError) Is(target error) bool { return target == ErrConfig }

// DivergedError says that training reached numbers that are not finite. errors.Is(err,
// [ErrDiverged]) holds.
type DivergedError struct {
	Epoch, Batch int     // where, counted from 1
	LearnRate    float64 // of that step
	Loss         float64 // of that mini-batch; finite when the step after it spoilt the weights
}

// Error returns one line that says where, what, and what to do.
func (e *DivergedError) Error() string { return "train: " + e.Plain() }

// Plain returns the line without the name of the package in front.
func (e *DivergedError) Plain() string {
	what := fmt.Sprintf("the loss is %v", e.Loss)
	if e.Loss-e.Loss == 0 {
		what = "a weight is no longer finite"
	}
	return fmt.Sprintf("epoch %d batch %d: %s; lower the learn rate (now %v) or scale the features", e.Epoch, e.Batch,
		what, e.LearnRate)
}

// Is reports whether target is [ErrDiverged].
func (e *DivergedError) Is(target error) bool { return target == ErrDiverged }

// FileError says that a file is damaged, cut off, of another kind, or made by something else.
// errors.Is(err, [ErrFile]) holds.
type FileError struct {
	Path     string // as it was given
	Text     string // what is wrong
	Previous bool   // it is a checkpoint, and the one before it is there: see [ReadPreviousCheckpoint]
}

// Error returns one line with path and text.
func (e *FileError) Error() string { return "train: " + e.Plain() }

// Plain returns the line without the name of the package in front.
func (e *FileError) Plain() string {
	text := e.Path + ": " + e.Text
	if e.Previous {
		text += "; the checkpoint before it is there: see ReadPreviousCheckpoint"
	}
	return text
}

// Is reports whether target is [ErrFile].
func (e *FileError) Is(target error) bool { return target == ErrFile }

// damaged returns a *FileError, still without its path: see inFile.
func damaged(format string, args ...any) error {
	return &FileError{Text: fmt.Sprintf(format, args...)}
}

// inFile makes what went wrong while a file was read an error of this package.
func inFile(path string, err error) error {
	switch e := err.(type) {
	case nil:
		return nil
	case *FileError:
		return &FileError{Path: path, Text: e.Text}
	case *safetensors.Error:
		return &FileError{Path: path, Text: e.Text}
	}
	return wrap(err, "")
}
