// Command demo shows the losses of this module at work: it trains a small classifier on real data,
// reports how well it does, saves it and draws it; compares losses under label noise; predicts with
// a saved model.
//
//	go run ./cmd/demo
//	go run ./cmd/demo -h
//
// Exit status: 0 done, 1 failed, 2 wrong flag, value or file, 130 stopped by Ctrl-C.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/term"

	"softloss/cmd/demo/internal/cli"
	"softloss/internal/phrase"
	"softloss/train"
)

// Exit statuses.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130
)

func main() {
	c := cli.Console{
		Stdin:    os.Stdin,
		Stdout:   os.Stdout,
		Stderr:   os.Stderr,
		Terminal: term.IsTerminal(int(os.Stderr.Fd())) && os.Getenv("TERM") != "dumb",
		Program:  cli.ProgramName(os.Args[0]),
		Signals:  []os.Signal{os.Interrupt, syscall.SIGTERM},
	}
	group, exit, err := join()
	if err != nil {
		fmt.Fprintln(c.Stderr, "demo:", err)
		os.Exit(exitFailed)
	}
	if rankOf(group) > 0 {
		c.Stdout, c.Terminal = io.Discard, false
	}
	exit(execute(context.Background(), group, os.Args[1:], c))
}

// execute is the command: main without the process, which may be one of a group. The end of ctx is
// as good as a signal.
func execute(ctx context.Context, group train.Group, args []string, c cli.Console) int {
	stdout := &cli.Watched{Writer: c.Stdout}
	c.Stdout = stdout
	all := commands(group)
	args = helpWords(args)
	chosen, asked := all[0], len(args) > 0 && !strings.HasPrefix(args[0], "-")
	var err error
	if asked {
		i := slices.IndexFunc(all, func(k command) bool { return k.name == args[0] })
		if i < 0 {
			err = unknownCommand(args[0], all)
		} else {
			chosen, args = all[i], args[1:]
		}
	}
	if err == nil && chosen.name != all[0].name && group != nil && group.Size() > 1 {
		err = cli.Usagef("%s is the work of one process, want it without mpirun", chosen.name)
	}
	if err == nil {
		err = chosen.do(ctx, args, c)
	}
	if errors.Is(err, cli.ErrHelp) {
		if asked {
			chosen.printHelp(c.Stdout)
		} else {
			printOverview(c.Stdout, all)
		}
		err = nil
	}
	if err == nil {
		err = stdout.Err
	}
	if err != nil && !errors.Is(err, cli.ErrInterrupted) {
		time.Sleep(turn(group, err))
		fmt.Fprintln(c.Stderr, "demo: "+cli.Clean(cli.Plain(err)))
	}
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, cli.ErrUsage):
		return exitUsage
	case errors.Is(err, cli.ErrInterrupted):
		return exitInterrupted
	}
	return exitFailed
}

// helpWords returns the command line with -h in the place of the words help, help COMMAND and
// version: there is no version to print.
func helpWords(args []string) []string {
	switch {
	case len(args) > 1 && args[0] == "help":
		return []string{args[1], "-h"}
	case len(args) > 0 && (args[0] == "help" || args[0] == "version"):
		return []string{"-h"}
	}
	return args
}

// unknownCommand is the error for a command that does not exist.
func unknownCommand(name string, all []command) error {
	var names []string
	for _, c := range all {
		names = append(names, c.name)
	}
	if near := cli.Nearest(name, names); near != "" {
		return cli.Usagef("unknown command %q, did you mean %s? see demo -h", name, near)
	}
	return cli.Usagef("unknown command %q, want %s; see demo -h", name, phrase.Or(names))
}
