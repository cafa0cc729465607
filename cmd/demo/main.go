// Command demo shows the losses of this module at work: it trains a small classifier on real data, reports how well it
// does, saves it and draws it; compares losses under label noise; predicts with a saved model.
//
//	go run ./cmd/demo
//	go run ./cmd/demo -h
//
// Exit status: 0 done, 1 failed, 2 wrong flag, value or file, 130 stopped by Ctrl-C.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/term"
)

// Exit statuses.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	terminal := term.IsTerminal(int(os.Stderr.Fd())) && os.Getenv("TERM") != "dumb"
	os.Exit(run(ctx, os.Args[1:], console{os.Stdout, os.Stderr, terminal, programName(os.Args[0])}))
}

// console is where a command writes, and how it was called.
type console struct {
	stdout, stderr io.Writer
	terminal       bool   // stderr is a terminal, on which a progress bar can be drawn
	program        string // what a user writes to call this program
}

// streams are the text for people and the terminal for a progress bar, which is nil when none can be drawn.
func (c console) streams(jsonFile string, quiet bool) (text, terminal io.Writer) {
	text = c.stdout
	if jsonFile == "-" {
		text = c.stderr
	}
	if c.terminal {
		terminal = c.stderr
	}
	if quiet {
		text, terminal = io.Discard, nil
	}
	return text, terminal
}

// command is a line for the shell that calls a command with these arguments, the flags that are to be left out aside.
func (c console) command(name string, args []string, without ...string) string {
	words := []string{c.program, name}
	for i := 0; i < len(args); i++ {
		flag, _, joined := strings.Cut(strings.TrimLeft(args[i], "-"), "=")
		if !strings.HasPrefix(args[i], "-") || !slices.Contains(without, flag) {
			words = append(words, shellWord(args[i]))
		} else if !joined && flag == "checkpoint" {
			i++ // its value
		}
	}
	return strings.Join(words, " ")
}

// shellWord is a word that a shell reads as text.
func shellWord(text string) string {
	if text != "" && !strings.ContainsFunc(text, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_=+,.:/@%", r))
	}) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// programName is what a user writes to call this program; go run puts it into a folder that is gone afterwards.
func programName(arg string) string {
	if strings.Contains(arg, "go-build") {
		return "go run softloss/cmd/demo"
	}
	return arg
}

// command is one of the things that the program does.
type command struct {
	name, about string
	help        func(io.Writer)
	run         func(ctx context.Context, args []string, c console) error
}

// commands are all of them; the first one is meant when none is named.
func commands() []command {
	return []command{
		{"train", "train a classifier, report, draw, save the model", printHelp, trainCommand},
		{"compare", "compare losses under label noise, or kinds of soft label", printCompareHelp, compareCommand},
		{"plot", "draw pictures and report again, without training", printPlotHelp, plotCommand},
		{"predict", "say what a saved model makes of the rows of a file", printPredictHelp, predictCommand},
	}
}

// run is the command: main without the process. The end of ctx is Ctrl-C.
func run(ctx context.Context, args []string, c console) int {
	all := commands()
	args = helpWords(args)
	chosen, asked := all[0], len(args) > 0 && !strings.HasPrefix(args[0], "-")
	var err error
	if asked {
		i := slices.IndexFunc(all, func(k command) bool { return k.name == args[0] })
		if i < 0 {
			err = usagef("unknown command %q, want %s; see demo -h", args[0], commandNames())
		} else {
			chosen, args = all[i], args[1:]
		}
	}
	if err == nil {
		err = chosen.run(ctx, args, c)
	}
	if errors.Is(err, flag.ErrHelp) {
		if !asked {
			chosen.help = printOverview
		}
		chosen.help(c.stdout)
		return exitDone
	}
	if err != nil {
		fmt.Fprintln(c.stderr, "demo: "+trimPackage(err))
	}
	switch {
	case errors.Is(err, errUsage):
		return exitUsage
	case err != nil:
		return exitFailed
	case ctx.Err() != nil:
		return exitInterrupted
	}
	return exitDone
}

// helpWords is a command line that asks for help in words, help or help COMMAND, as one that does so by -h. There are no versions.
func helpWords(args []string) []string {
	switch {
	case len(args) == 2 && args[0] == "help":
		return []string{args[1], "-h"}
	case len(args) > 0 && (args[0] == "help" || args[0] == "version"):
		return []string{"-h"}
	}
	return args
}

// commandNames lists the commands in a sentence.
func commandNames() string {
	var names []string
	for _, c := range commands() {
		names = append(names, c.name)
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

// trainCommand trains.
func trainCommand(ctx context.Context, args []string, c console) error {
	o, err := parseArgs(args)
	if err != nil {
		return err
	}
	s := &session{options: o, console: c, args: args, summary: newSummary(o)}
	s.text, s.terminal = c.streams(o.jsonFile, o.quiet)
	return s.run(ctx)
}

// compareCommand makes a study.
func compareCommand(ctx context.Context, args []string, c console) error {
	o, err := parseStudy(args)
	if err != nil {
		return err
	}
	return runStudy(ctx, o, args, c)
}
