package main

import (
	"context"

	"softloss/cmd/demo/internal/cli"
	"softloss/cmd/demo/internal/run"
	"softloss/train"
)

// trainCommand is demo train, on the processes of a group or, without one, on this one.
func trainCommand(group train.Group) command {
	return command{
		name: "train", about: "train a classifier, report, draw, save the model",
		intro: trainIntro, flags: new(run.Options).Flags(), end: trainEnd,
		run: func(ctx context.Context, args []string, c cli.Console) error {
			o, err := run.Parse(args)
			if err != nil {
				return err
			}
			return run.Do(ctx, group, o, args, c)
		},
	}
}

const trainIntro = `demo train trains a small classifier with the losses of this module, shows how
well it does, saves it and draws it. Without flags it learns to read handwritten
digits.

Usage: demo train [flags], or demo [flags]

Examples:
  demo train                                  digits, labels smoothed by 0.1
  demo train -noise 0.4 -loss gce:q=0.7       withstands wrong labels
  demo train -data housing -hidden none       how real people answered
  demo train -data flowers.csv -label kind    your own table
  demo train -data votes.csv -soft 3 -counts  the last 3 columns count votes
  demo train -data digits-labels -thresholds  several labels may be true
  demo train -data fruit.csv -label sweet,big  the same of your own table
  demo train -data x.npy -labels y.npy        arrays of NumPy; y soft or classes
  demo train -data train-images-idx3-ubyte.gz -labels train-labels-idx1-ubyte.gz
    -testdata t10k-images-idx3-ubyte.gz -testlabels t10k-labels-idx1-ubyte.gz
                                              MNIST, or Fashion-MNIST
  demo train -epochs 99 -patience 5           until the validation loss rises
  demo train -calibrate                       confidence that can be believed
  demo train -hidden 512,512 -out big         a large model; then a small one
  demo train -hidden 8 -teacher big/model.safetensors    that learns from it
  demo train -epochs 99 -checkpoint run       a run that a crash does not lose,
  demo train -epochs 99 -checkpoint run -resume  and how it goes on
  demo train -repeat 5 -noplots               mean and deviation over 5 seeds
  demo train -epochs 5 -json - -noplots       a summary for programs
`

const trainEnd = `
Features are scaled to mean 0 and standard deviation 1 of the training rows.
Ctrl-C stops the training, reports what was learned, saves the run and says how
to go on with it; a second one ends at once. Exit status: 0 done, 1 failed, 2
wrong flag, value or file, 130 stopped by Ctrl-C.
`
