package main

import (
	"context"

	"softloss/cmd/demo/internal/cli"
	"softloss/cmd/demo/internal/predict"
)

// predictCommand is demo predict.
func predictCommand() command {
	return command{
		name: "predict", about: "say what a saved model makes of the rows of a file",
		intro: predictIntro, flags: new(predict.Options).Flags(), end: predictEnd,
		run: func(ctx context.Context, args []string, c cli.Console) error {
			o, err := predict.Parse(args)
			if err != nil {
				return err
			}
			return predict.Do(o, c)
		},
	}
}

const predictIntro = `demo predict says what a saved model makes of new rows.

Usage: demo predict [flags] FILE

Examples:
  demo predict new.csv                              the model in demo-out
  demo predict -model flowers.safetensors new.csv
  demo predict -json new.csv                        all probabilities
  demo predict -header no pixels.csv                columns in the model's order
  demo predict t10k-images-idx3-ubyte.gz            images; NPY files too
  tail -n +2 new.csv | demo predict -header no -format jsonl -
                                                    a filter: rows in, lines out
`

const predictEnd = `
The columns of a CSV file are found by the names that the model was trained
with, in any order; others, such as the class, are not looked at. Without a
first line of names they are in the model's order. An IDX or NPY file has the
features in the model's order, in the units that it was trained with. Files may
be gzipped. A table may be of any length: its rows are read and answered a part
at a time; - reads one from stdin. A model that was trained with -calibrate says
calibrated probabilities, one with -thresholds says a label, or one of two
classes, from its threshold on. Exit status: 0 done, 1 failed, 2 wrong flag,
value or file.
`
