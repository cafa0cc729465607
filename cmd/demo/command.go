package main

import (
	"context"
	"embed"
	"fmt"
	"io"
	"strings"

	"softloss/cmd/demo/internal/cli"
	"softloss/cmd/demo/internal/predict"
	"softloss/cmd/demo/internal/run"
	"softloss/cmd/demo/internal/study"
	"softloss/train"
)

// command is what the program does for a word such as train.
type command struct {
	name, about string // about is its line in the overview
	flags       []cli.Flag
	do          func(ctx context.Context, args []string, c cli.Console) error
}

// commands are all of them; the first one is meant when none is named, and the one that a group of
// processes works on.
func commands(group train.Group) []command {
	return []command{
		{name: "train", about: "train a classifier, report, draw, save the model", flags: new(run.Options).Flags(),
			do: func(ctx context.Context, args []string, c cli.Console) error { return run.Do(ctx, group, args, c) }},
		{name: "compare", about: "compare losses: wrong labels, rare classes, kinds of soft label",
			flags: new(study.Options).Flags(), do: study.Do},
		{name: "predict", about: "say what a saved model makes of the rows of a file",
			flags: new(predict.Options).Flags(), do: predict.Do},
		{name: "evaluate", about: "say how good a saved model is on rows with their classes",
			flags: new(predict.Evaluation).Flags(), do: predict.Evaluate},
	}
}

// The texts of -h, in which FLAGS and COMMANDS stand for their lists.
//
//go:embed help
var helps embed.FS

// printHelp writes what -h of a command shows.
func (c command) printHelp(w io.Writer) { printWith(w, c.name, "FLAGS\n", cli.FlagList(c.flags)) }

// printOverview writes what -h without a command shows.
func printOverview(w io.Writer, all []command) {
	var list strings.Builder
	for i, c := range all {
		about := c.about
		if i == 0 {
			about += " (default)"
		}
		fmt.Fprintf(&list, "  %-9s%s\n", c.name, about)
	}
	printWith(w, "overview", "COMMANDS\n", list.String())
}

// printWith writes a text with a list in its place.
func printWith(w io.Writer, name, place, list string) {
	text, _ := helps.ReadFile("help/" + name + ".txt") // a test reads them all
	io.WriteString(w, strings.Replace(string(text), place, list, 1))
}
