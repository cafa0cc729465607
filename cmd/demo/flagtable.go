package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"softloss/train/dataset"
)

// errUsage marks what the user can put right: a wrong flag, value or file. The command then exits with 2.
var errUsage = errors.New("usage")

// usageError is an error of one line that is errUsage.
type usageError struct{ text string }

func (e usageError) Error() string        { return e.text }
func (e usageError) Is(target error) bool { return target == errUsage }

func usagef(format string, args ...any) error { return usageError{fmt.Sprintf(format, args...)} }

// option is one flag: where -h lists it, what it is by default and how it is read.
type option struct {
	group string // heading in -h
	name  string
	arg   string // what stands behind it in -h; "" is a switch
	def   string // read before the command line
	help  string // wrapped by -h; line breaks are kept
	set   func(text string) error
}

// parseFlags reads a command line; flags and other arguments may stand in any order. It returns the others, flag.ErrHelp
// for -h, and errors that are errUsage.
func parseFlags(command string, table []option, args []string) (rest []string, err error) {
	fs := flag.NewFlagSet(command, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	var names []string
	for _, f := range table {
		if err := f.set(f.def); f.def != "" && err != nil {
			return nil, fmt.Errorf("default of -%s: %w", f.name, err)
		}
		define := fs.Func
		if f.arg == "" {
			define = fs.BoolFunc
		}
		define(f.name, "", f.set)
		names = append(names, "-"+f.name)
	}
	for {
		err := fs.Parse(args)
		switch {
		case errors.Is(err, flag.ErrHelp):
			return nil, err
		case err != nil && strings.HasPrefix(err.Error(), "flag provided but not defined: "):
			return nil, usagef("unknown flag %s, want one of %s",
				strings.TrimPrefix(err.Error(), "flag provided but not defined: "), strings.Join(names, " "))
		case err != nil && strings.HasPrefix(err.Error(), "flag needs an argument: "):
			return nil, usagef("flag %s needs a value; see demo %s -h", strings.TrimPrefix(err.Error(), "flag needs an argument: "), command)
		case err != nil:
			return nil, usagef("%s", oneLine(err))
		case fs.NArg() == 0:
			return rest, nil
		}
		rest, args = append(rest, fs.Arg(0)), fs.Args()[1:]
	}
}

// The readers of single values. Package flag puts the flag's name before their errors.

func text(dst *string, want string) func(string) error {
	return func(s string) error {
		if s == "" {
			return errors.New("want " + want)
		}
		*dst = s
		return nil
	}
}

// anyText accepts everything, nothing included.
func anyText(dst *string) func(string) error {
	return func(s string) error {
		*dst = s
		return nil
	}
}

func number(dst *float64, want string, ok func(float64) bool) func(string) error {
	return func(s string) error {
		x, err := strconv.ParseFloat(s, 64)
		if err != nil || !ok(x) || math.IsInf(x, 0) {
			return errors.New("want " + want)
		}
		*dst = x
		return nil
	}
}

// notNegative is a number that switches something off at 0.
func notNegative(dst *float64) func(string) error {
	return number(dst, "a number >= 0", func(x float64) bool { return x >= 0 })
}

func whole(dst *int, least int) func(string) error {
	const most = 1_000_000
	return func(s string) error {
		n, err := strconv.Atoi(s)
		if err != nil || n < least || n > most {
			return fmt.Errorf("want a whole number from %d to %d", least, most)
		}
		*dst = n
		return nil
	}
}

func boolean(dst *bool) func(string) error {
	return func(s string) error {
		b, err := strconv.ParseBool(s)
		if err != nil {
			return errors.New("want true or false, or nothing")
		}
		*dst = b
		return nil
	}
}

// header reads whether a CSV file has one.
func header(dst *dataset.Header) func(string) error {
	return func(s string) error {
		i := slices.Index([]string{"auto", "yes", "no"}, s)
		if i < 0 {
			return errors.New("want auto, yes or no")
		}
		*dst = []dataset.Header{dataset.HeaderAuto, dataset.HeaderYes, dataset.HeaderNo}[i]
		return nil
	}
}

const commaHelp = "what separates the cells of a CSV file: a character, or tab (default: a comma, or the semicolon or tab that stands " +
	"in the first line without one)"

// comma reads what separates the cells of a CSV file.
func comma(dst *rune) func(string) error {
	return func(s string) error {
		if s == "tab" || s == `\t` {
			s = "\t"
		}
		c, size := utf8.DecodeRuneInString(s)
		if size == 0 || size != len(s) || c == utf8.RuneError || strings.ContainsRune("\"\r\n\x00", c) {
			return errors.New("want one character that is no quote, such as ; or the word tab")
		}
		*dst = c
		return nil
	}
}

// oneLine is the text of an error without line breaks.
func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
