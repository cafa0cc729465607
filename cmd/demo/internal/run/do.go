package run

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"softloss/cmd/demo/internal/cli"
	"softloss/cmd/demo/internal/record"
	"softloss/cmd/demo/internal/show"
	"softloss/internal/durable"
	"softloss/train"
)

// Do makes the run of a command line, on all processes of a group or, without one, on this one.
// Only the first process of a group writes anything.
func Do(ctx context.Context, group train.Group, args []string, c cli.Console) error {
	o, err := Parse(args)
	if err != nil {
		return err
	}
	if o.group = group; !o.leads() {
		o.Quiet, o.JSONFile = true, ""
	}
	switch {
	case o.runs <= 1:
		return newSession(o, args, c).run(ctx)
	case group != nil && group.Size() > 1:
		return cli.Usagef("-repeat makes several runs, but mpirun starts the processes of one")
	}
	return o.repeat(ctx, args, c)
}

// repeat makes the run with several seeds, each in a folder of its own, and writes mean and
// deviation.
func (o Options) repeat(ctx context.Context, args []string, c cli.Console) error {
	if err := o.Prepare(o.reads()); err != nil {
		return err
	}
	text, terminal := o.Streams(c)
	all := record.Repeat{Wanted: o.runs}
	for i := range o.runs {
		one := o
		one.Seed, one.JSONFile = o.Seed+uint64(i), ""
		one.Out = filepath.Join(o.Out, fmt.Sprintf("seed_%d", one.Seed))
		s := newSession(one, args, c)
		s.text, s.terminal = io.Discard, terminal
		err := s.run(ctx)
		if err != nil && !errors.Is(err, cli.ErrInterrupted) {
			return err
		}
		if i == 0 {
			show.Head(text, s.summary)
			fmt.Fprintln(text)
		}
		if err != nil {
			break
		}
		all.Add(s.summary)
		all.Folders = append(all.Folders, one.Out)
		fmt.Fprintf(text, "%4d/%d  seed %d  test accuracy %s\n", i+1, o.runs, one.Seed,
			record.Percent(s.summary.TestAccuracy))
	}
	fmt.Fprintln(text)
	if len(all.Seeds) == 0 { // and nothing to say of them
		fmt.Fprintf(text, "stopped before one of %d runs had ended\n", o.runs)
		return cli.ErrInterrupted
	}
	show.Repeat(text, &all)
	content, err := record.JSON(all)
	if err != nil {
		return err
	}
	path := filepath.Join(o.Out, record.RepeatFile)
	if err := durable.WriteFile(path, content); err != nil {
		return err
	}
	more, err := o.WriteJSON(content, c.Stdout)
	show.Files(text, append(append(all.Folders, path), more...))
	if err == nil && len(all.Seeds) < o.runs {
		err = cli.ErrInterrupted
	}
	return err
}
