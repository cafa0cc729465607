// Package predict uses a saved model on new rows.
package predict

import (
	"context"
	"os"
	"slices"

	"gorgonia.org/tensor"

	"softloss/cmd/demo/internal/cli"
	"softloss/cmd/demo/internal/input"
	"softloss/internal/phrase"
	"softloss/train/dataset"
)

// Do runs the command predict. Rows of a table are read and written a part at a time.
func Do(_ context.Context, args []string, c cli.Console) error {
	o, err := Parse(args)
	if err != nil {
		return err
	}
	saved, err := input.Model("model", o.model)
	if err != nil {
		return err
	}
	out := newWriter(o.format, o.id, saved, c.Stdout)
	if o.file == stdin {
		return o.table("stdin", saved, c.Stdin, out, c.Stderr)
	}
	format, err := input.FormatOf("", o.file, "")
	switch {
	case err != nil:
		return err
	case format != dataset.FormatCSV && o.id != "":
		return cli.Usagef("-id is for a table, but %s is an %v file", o.file, format)
	}
	if format == dataset.FormatCSV {
		f, err := os.Open(o.file)
		if err != nil {
			return cli.Usagef("%s: %s", o.file, cli.Cause(err))
		}
		defer f.Close()
		return o.table(o.file, saved, f, out, c.Stderr)
	}
	features, err := dataset.ReadFeaturesFile(o.file)
	if err != nil {
		return cli.Usagef("%s", cli.Plain(err))
	}
	if got, want := features.Shape()[1], saved.Model.Sizes()[0]; got != want {
		return cli.Usagef("%s: got %s, want %d, the features of the model", o.file, phrase.Plural(got, "feature"), want)
	}
	probs, err := saved.Predict(features)
	if err != nil {
		return cli.Usagef("%s: %s", o.file, cli.Plain(err))
	}
	if err := wantProbs(o.file, probs); err != nil {
		return err
	}
	if err := out.rows(probs.Float32s(), make([]origin, features.Shape()[0])); err != nil {
		return err
	}
	return out.end()
}

// wantProbs wants every row of a file to have probabilities.
func wantProbs(file string, probs *tensor.Dense) error {
	if at := slices.IndexFunc(probs.Float32s(), isNaN); at >= 0 {
		return cli.Usagef("%s: row %d: %s", file, at/probs.Shape()[1]+1, tooLarge)
	}
	return nil
}
