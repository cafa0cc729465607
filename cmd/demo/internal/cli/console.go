package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
)

// Console is where a command writes, and how it was called.
type Console struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Terminal       bool   // Stderr is a terminal, on which a progress bar can be drawn
	Program        string // what a user writes to call this program
	Signals        []os.Signal
}

// ErrInterrupted says that a signal stopped the work; what was done until then has been reported.
var ErrInterrupted = errors.New("interrupted")

// Interruptible returns a context that ends at the first of the console's signals; the second one
// ends the process at once. Before this call the first one does: while a file is read there is
// nothing to save.
func (c Console) Interruptible(ctx context.Context) (context.Context, context.CancelFunc) {
	if len(c.Signals) == 0 {
		return context.WithCancel(ctx)
	}
	ctx, stop := signal.NotifyContext(ctx, c.Signals...)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

// Command returns the line for a shell that calls a command with these arguments, without some of
// the flags.
func (c Console) Command(name string, args []string, without ...string) string {
	words := []string{c.Program, name}
	for i := 0; i < len(args); i++ {
		flag, _, joined := strings.Cut(strings.TrimLeft(args[i], "-"), "=")
		if !strings.HasPrefix(args[i], "-") || !slices.Contains(without, flag) {
			words = append(words, ShellWord(args[i]))
		} else if !joined && flag == "checkpoint" {
			i++ // its value
		}
	}
	return strings.Join(words, " ")
}

// ShellWord returns a text as one word for a shell, in quotes where it needs them.
func ShellWord(text string) string {
	if text != "" && !strings.ContainsFunc(text, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' ||
			strings.ContainsRune("-_=+,.:/@%", r))
	}) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// ProgramName returns what a user types to call this program, from its own path: go run builds it
// in a folder that is deleted afterwards.
func ProgramName(arg string) string {
	if strings.Contains(arg, "go-build") {
		return "go run softloss/cmd/demo"
	}
	return arg
}
