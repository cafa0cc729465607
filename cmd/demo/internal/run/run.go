// Package run makes a training run, from the data to the last file.
package run

import (
	"context"

	"softloss/cmd/demo/internal/cli"
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
