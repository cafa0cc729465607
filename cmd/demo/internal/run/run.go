// Package run makes a training run, from the data to the last file.
package run

import (
	"context"

	"softloss/cmd/demo/internal/cli"
)

// Do makes the run of a command line.
func Do(ctx context.Context, o Options, args []string, c cli.Console) error {
	if o.runs > 1 {
		return o.repeat(ctx, args, c)
	}
	return newSession(o, args, c).run(ctx)
}
