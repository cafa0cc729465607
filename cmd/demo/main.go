// Command demo shows the losses of this module at work: it trains a small
// classifier on real data, reports how well it does, evaluates the same
// criterion on tensors and in a graph, and draws what label smoothing does to a loss and how the training went.
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
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr, terminal))
}

// run is the command: main without the process. isTerminal says that stderr is
// a terminal, on which a progress bar can be drawn. The end of ctx is Ctrl-C.
func run(ctx context.Context, args []string, stdout, stderr io.Writer, isTerminal bool) int {
	o, err := parseArgs(args)
	if errors.Is(err, flag.ErrHelp) {
		printHelp(stdout)
		return exitDone
	}
	if err == nil {
		err = runOptions(ctx, o, stdout, stderr, isTerminal)
	}
	if err != nil {
		fmt.Fprintln(stderr, "demo: "+trimPackage(err))
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

// runOptions makes the run that the options describe and writes its outputs where they belong.
func runOptions(ctx context.Context, o options, stdout, stderr io.Writer, isTerminal bool) error {
	text, terminal := stdout, stderr
	if o.jsonFile == "-" {
		text = stderr
	}
	if !isTerminal {
		terminal = nil
	}
	if o.quiet {
		text, terminal = io.Discard, nil
	}
	return (&session{options: o, text: text, terminal: terminal, stdout: stdout, summary: newSummary(o)}).run(ctx)
}
