package cli

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
)

// Flag is one flag: where -h lists it, what it is by default and how it is read.
type Flag struct {
	Group   string // heading in -h
	Name    string
	Arg     string // what stands behind it in -h; "" is a switch
	Default string // read before the command line
	Help    string // wrapped by -h; line breaks are kept
	Set     func(text string) error
}

// Value is a flag with a value.
func Value(name, arg, def, help string, set func(string) error) Flag {
	return Flag{Name: name, Arg: arg, Default: def, Help: help, Set: set}
}

// Switch is a flag that is given or not.
func Switch(name, help string, dst *bool) Flag {
	return Flag{Name: name, Default: "false", Help: help, Set: boolean(dst)}
}

// Group puts flags below a heading of -h.
func Group(name string, flags ...Flag) []Flag {
	for i := range flags {
		flags[i].Group = name
	}
	return flags
}

// Parse reads a command line; flags and other arguments may stand in any order. It returns the others, flag.ErrHelp
// for -h, and errors that are errUsage.
func Parse(command string, table []Flag, args []string) (rest []string, err error) {
	fs := flag.NewFlagSet(command, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	var names []string
	for _, f := range table {
		if err := f.Set(f.Default); f.Default != "" && err != nil {
			return nil, fmt.Errorf("default of -%s: %w", f.Name, err)
		}
		define := fs.Func
		if f.Arg == "" {
			define = fs.BoolFunc
		}
		define(f.Name, "", f.Set)
		names = append(names, "-"+f.Name)
	}
	for {
		err := fs.Parse(args)
		switch {
		case errors.Is(err, flag.ErrHelp):
			return nil, err
		case err != nil && strings.HasPrefix(err.Error(), "flag provided but not defined: "):
			return nil, Usagef("unknown flag %s, want one of %s",
				strings.TrimPrefix(err.Error(), "flag provided but not defined: "), strings.Join(names, " "))
		case err != nil && strings.HasPrefix(err.Error(), "flag needs an argument: "):
			return nil, Usagef("flag %s needs a value; see demo %s -h", strings.TrimPrefix(err.Error(), "flag needs an argument: "), command)
		case err != nil:
			return nil, Usagef("%s", OneLine(err))
		case fs.NArg() == 0:
			return rest, nil
		}
		rest, args = append(rest, fs.Arg(0)), fs.Args()[1:]
	}
}
