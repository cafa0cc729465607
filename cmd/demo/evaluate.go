package main

import (
	"context"

	"softloss/cmd/demo/internal/cli"
	"softloss/cmd/demo/internal/predict"
)

// evaluateCommand is demo evaluate.
func evaluateCommand() command {
	return command{
		name: "evaluate", about: "say how good a saved model is on rows with their classes",
		intro: evaluateIntro, flags: new(predict.Evaluation).Flags(), end: evaluateEnd,
		run: func(_ context.Context, args []string, c cli.Console) error {
			o, err := predict.ParseEvaluation(args)
			if err != nil {
				return err
			}
			return predict.Evaluate(o, c)
		},
	}
}

const evaluateIntro = `demo evaluate says how good a saved model is on rows whose classes are known.

Usage: demo evaluate [flags] MODEL FILE

Examples:
  demo evaluate demo-out/model.safetensors digits
  demo evaluate flowers.safetensors new.csv -label kind
  demo evaluate demo-out/model.safetensors x.npy -labels y.npy
`

const evaluateEnd = `
FILE may be digits or housing, too. The columns of a CSV file are found by the
names that the model was trained with, and the class as demo train finds it.
Exit status: 0 done, 1 failed, 2 wrong flag, value or file.
`
