package cli

import (
	"io"
	"os"
	"path/filepath"
	"slices"

	"softloss/internal/durable"
)

// Output is where a command writes, as its flags say.
type Output struct {
	Out      string // folder
	NoPlots  bool   // no pictures, and no report, which is made of them
	JSONFile string // "" none, "-" stdout
	Quiet    bool
}

// Flags returns the flags about what a command writes: contents says what is in the folder, more
// are flags of the command's own.
func (o *Output) Flags(contents string, more ...Flag) []Flag {
	flags := append([]Flag{
		Value("out", "DIR", "demo-out", "folder of "+contents+", the pictures and the report", Text(&o.Out, "a folder")),
		Switch("noplots", "draw no pictures and write no report", &o.NoPlots),
	}, more...)
	return Group("Output", append(flags,
		Value("json", "FILE", "", "write the numbers for programs; - is stdout (all else then goes to stderr). "+
			"Accuracies and errors in it are fractions of 1", AnyText(&o.JSONFile)),
		Switch("quiet", "print nothing but errors", &o.Quiet),
	)...)
}

// Watched is a writer whose first error is not forgotten where text is written for people, line by
// line.
type Watched struct {
	io.Writer
	Err error
}

// Write writes until the first error.
func (w *Watched) Write(p []byte) (int, error) {
	if w.Err != nil {
		return 0, w.Err
	}
	n, err := w.Writer.Write(p)
	w.Err = err
	return n, err
}

// Streams returns where text for people goes, and the terminal for a progress bar, nil where none
// can be drawn.
func (o *Output) Streams(c Console) (text, terminal io.Writer) {
	text = CleanWriter{c.Stdout}
	if o.JSONFile == "-" {
		text = CleanWriter{c.Stderr}
	}
	if c.Terminal {
		terminal = c.Stderr
	}
	if o.Quiet {
		text, terminal = io.Discard, nil
	}
	return text, terminal
}

// Prepare makes the folder and checks, before the work, that the files can be written, and that the
// one of -json is none of those that are read, nor of the others that are written.
func (o *Output) Prepare(read []string, write ...string) error {
	if err := o.CheckJSON(read, write...); err != nil {
		return err
	}
	return MakeFolder("out", o.Out)
}

// MakeFolder makes the folder that a flag names and checks that files can be written there.
func MakeFolder(flag, dir string) error {
	err := os.MkdirAll(dir, 0o777)
	if err == nil {
		err = writable(dir)
	}
	if err != nil {
		return Usagef("-%s %s: %s; want a folder, or a name for a new one", flag, dir, Cause(err))
	}
	return nil
}

// CheckJSON checks, before the work, that the file of -json can be written, and that it is none of
// those that are read, nor of the others that are written.
func (o *Output) CheckJSON(read []string, write ...string) error {
	if o.JSONFile == "" || o.JSONFile == "-" {
		return nil
	}
	if slices.ContainsFunc(read, func(path string) bool { return SameFile(path, o.JSONFile) }) {
		return Usagef("-json %s: is a file that is read, want another one", o.JSONFile)
	}
	if slices.ContainsFunc(write, func(path string) bool { return samePlace(path, o.JSONFile) }) {
		return Usagef("-json %s: is a file that something else is written to, want another one", o.JSONFile)
	}
	if info, err := os.Stat(o.JSONFile); err == nil && info.IsDir() {
		return Usagef("-json %s: is a folder, want a file", o.JSONFile)
	}
	parent := filepath.Dir(o.JSONFile)
	if parent == filepath.Clean(o.Out) { // which is made and tried by itself
		return nil
	}
	if info, err := os.Stat(parent); err == nil && !info.IsDir() {
		return Usagef("-json %s: its parent is no folder", o.JSONFile)
	}
	if err := writable(parent); err != nil {
		return Usagef("-json %s: %s; want a file in a folder that exists", o.JSONFile, Cause(err))
	}
	return nil
}

// samePlace reports whether two paths lead to one file, which need not be there yet.
func samePlace(a, b string) bool {
	dirA, dirB := filepath.Dir(a), filepath.Dir(b)
	return filepath.Base(a) == filepath.Base(b) && (dirA == dirB || SameFile(dirA, dirB)) || SameFile(a, b)
}

// SameFile reports whether two paths lead to one file.
func SameFile(a, b string) bool {
	one, err := os.Stat(a)
	if err != nil {
		return false
	}
	other, err := os.Stat(b)
	return err == nil && os.SameFile(one, other)
}

// writable wants a folder in which a file can be made.
func writable(dir string) error {
	f, err := os.CreateTemp(dir, ".demo-*")
	if err != nil {
		return err
	}
	f.Close()
	return os.Remove(f.Name())
}

// WriteJSON writes numbers for programs to where -json says, and returns the file, if it is one.
func (o *Output) WriteJSON(content []byte, stdout io.Writer) (files []string, err error) {
	switch o.JSONFile {
	case "":
		return nil, nil
	case "-":
		_, err = stdout.Write(content)
		return nil, err
	}
	return []string{o.JSONFile}, durable.WriteFile(o.JSONFile, content)
}
