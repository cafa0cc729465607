package main

import (
	"context"

	"softloss/cmd/demo/internal/cli"
	"softloss/cmd/demo/internal/study"
)

// compareCommand is demo compare.
func compareCommand() command {
	return command{
		name: "compare", about: "compare losses: wrong labels, rare classes, kinds of soft label",
		intro: compareIntro, flags: new(study.Options).Flags(), end: compareEnd,
		run: func(ctx context.Context, args []string, c cli.Console) error {
			o, err := study.Parse(args)
			if err != nil {
				return err
			}
			return study.Do(ctx, o, args, c)
		},
	}
}

const compareIntro = `demo compare trains the same network many times and compares losses.

With digits or a CSV file: how well does a loss withstand wrong labels? Part of
the training labels, the noise, is replaced by wrong classes; what counts is the
accuracy on clean test rows, after the last epoch and in the best one.

With -study tail: how are rare classes learned? Of the training rows, class 0
keeps many times as many as the last class, and those between fall
geometrically; what counts is the balanced accuracy, the mean recall of the
classes.

With housing, or a CSV file whose last columns count answers (-soft): are the
real distributions of people's answers worth more than their majority? What
counts is the KL divergence from the answers of held-out groups.

Usage: demo compare [flags]

Examples:
  demo compare                                    4 losses, 4 rates, 3 seeds
  demo compare -epochs 20 -seeds 1 -noise 0,0.4   a first look, in seconds
  demo compare -losses "ce sce 10*nce+mae gce:q=0.5"
  demo compare -data flowers.csv -label kind -hidden 64
  demo compare -study tail                        remedies for rare classes
  demo compare -data housing                      answers against majorities
`

const compareEnd = `
A run that is finished is kept in -out and is not made again: after Ctrl-C, or
with more losses, rates or seeds, the same command goes on. Results do not
depend on -jobs. Exit status: 0 done, 1 failed, 2 wrong flag, value or file, 130
stopped by Ctrl-C.
`
