package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrHelp is the error of [Parse] for -h and -help.
var ErrHelp = errors.New("help is asked for")

// Parse reads a command line: -name value, -name=value or, for a switch, -name, with one dash or
// two. Flags and other arguments may stand in any order; behind -- there are no more flags. It
// returns the other arguments, [ErrHelp], or an error that is [ErrUsage].
func Parse(command string, flags []Flag, args []string) (operands []string, err error) {
	for _, f := range flags {
		if err := f.Set(f.Default); f.Default != "" && err != nil {
			return nil, fmt.Errorf("default of -%s: %w", f.Name, err)
		}
	}
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		if arg == "--" {
			return append(operands, args...), nil
		}
		if !strings.HasPrefix(arg, "-") || arg == "-" {
			operands = append(operands, arg)
			continue
		}
		name, value, joined := strings.Cut(strings.TrimPrefix(arg[1:], "-"), "=")
		i := slices.IndexFunc(flags, func(f Flag) bool { return f.Name == name })
		switch {
		case i < 0 && (name == "h" || name == "help"):
			return nil, ErrHelp
		case i < 0:
			return nil, unknownFlag(command, name, flags)
		case joined:
		case flags[i].Arg == "":
			value = "true"
		case len(args) == 0:
			return nil, Usagef("flag -%s needs a value; see demo %s -h", name, command)
		default:
			value, args = args[0], args[1:]
		}
		if err := flags[i].Set(value); err != nil {
			return nil, Usagef("invalid value %q for flag -%s: %s", value, name, oneLine(err.Error()))
		}
	}
	return operands, nil
}

// ParseFlags is [Parse] of a command that takes flags only.
func ParseFlags(command string, flags []Flag, args []string) error {
	operands, err := Parse(command, flags, args)
	if err == nil && len(operands) > 0 {
		err = Usagef("unexpected argument %q, want flags only; a data file is given with -data", operands[0])
	}
	return err
}

// unknownFlag is the error for a flag that does not exist.
func unknownFlag(command, name string, flags []Flag) error {
	var names []string
	for _, f := range flags {
		names = append(names, f.Name)
	}
	if near := Nearest(name, names); near != "" {
		return Usagef("unknown flag -%s, did you mean -%s? demo %s -h lists all", name, near, command)
	}
	return Usagef("unknown flag -%s; demo %s -h lists all", name, command)
}

// Nearest returns the name that a word was probably meant to be, "" when none is near.
func Nearest(word string, names []string) string {
	best, least := "", 3
	for _, name := range names {
		if d := distance(word, name); d < least && 2*d < max(len(word), len(name)) {
			best, least = name, d
		}
	}
	return best
}

// distance returns how many letters of one word have to be changed, added, removed or swapped with
// the next one to give the other.
func distance(a, b string) int {
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		d[i][0] = i
	}
	for j := range d[0] {
		d[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			change := d[i-1][j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			d[i][j] = min(change, d[i-1][j]+1, d[i][j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}
