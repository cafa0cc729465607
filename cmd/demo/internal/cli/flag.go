// Package cli is the command line: flags, their help, what is wrong with them, and where a command
// writes.
package cli

// Flag is one flag: where -h lists it, what it is by default and how it is read.
type Flag struct {
	Group   string // heading in -h
	Name    string
	Arg     string // what stands behind it in -h; "" is a switch
	Default string // read before the command line
	Help    string // wrapped by -h; line breaks are kept
	Field   string // of train.Config that it sets, if -resume can find it different
	Set     func(text string) error
}

// Value returns a flag with a value.
func Value(name, arg, def, help string, set func(string) error) Flag {
	return Flag{Name: name, Arg: arg, Default: def, Help: help, Set: set}
}

// Switch returns a flag without a value.
func Switch(name, help string, dst *bool) Flag {
	return Flag{Name: name, Default: "false", Help: help, Set: boolean(dst)}
}

// Sets returns the flag with the field of train.Config that it sets.
func (f Flag) Sets(field string) Flag {
	f.Field = field
	return f
}

// Group returns the flags below a heading of -h.
func Group(name string, flags ...Flag) []Flag {
	for i := range flags {
		flags[i].Group = name
	}
	return flags
}
