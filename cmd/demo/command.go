package main

import (
	"context"

	"softloss/cmd/demo/internal/cli"
)

// command is one of the things that the program does.
type command struct {
	name, about string
	intro, end  string // of its help, around the flags
	flags       []cli.Flag
	run         func(ctx context.Context, args []string, c cli.Console) error
}
