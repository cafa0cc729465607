package main

import (
	"context"

	"softloss/cmd/demo/internal/cli"
)

// command is what the program does for a word such as train.
type command struct {
	name, about string
	intro, end  string // of its help, around the flags
	flags       []cli.Flag
	run         func(ctx context.Context, args []string, c cli.Console) error
}
