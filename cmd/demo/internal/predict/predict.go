// Package predict uses a saved model on new rows.
package predict

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"gorgonia.org/tensor"

	"softloss/cmd/demo/internal/cli"
	"softloss/cmd/demo/internal/input"
	"softloss/train"
	"softloss/train/dataset"
)

// Do predicts. Rows of a table are read and written a part at a time.
func Do(o Options, stdin io.Reader, stdout io.Writer) error {
	saved, err := input.Model("model", o.model)
	if err != nil {
		return err
	}
	out := newWriter(o.format, saved, stdout)
	predict := func(features *tensor.Dense) error {
		probs, err := saved.Predict(features)
		if err != nil {
			return cli.Usagef("%s: %s", o.file, cli.Plain(err))
		}
		return out.rows(probs)
	}
	if err := o.read(saved, stdin, predict); err != nil {
		return err
	}
	return out.end()
}

// read reads the rows as the model wants them and calls do for every part of them.
func (o *Options) read(saved *train.Saved, in io.Reader, do func(*tensor.Dense) error) error {
	if o.file == stdin {
		return o.readTable(saved, in, do)
	}
	format, err := dataset.FormatOf(o.file)
	switch {
	case input.IsFolder(o.file):
		return cli.Usagef("%s: is a folder, want a file", o.file)
	case errors.Is(err, fs.ErrNotExist):
		return cli.Usagef("%s: no such file", o.file)
	case err != nil:
		return cli.Usagef("%s", cli.Plain(err))
	}
	if format == dataset.FormatCSV {
		f, err := os.Open(o.file)
		if err != nil {
			return cli.Usagef("%s: %s", o.file, cli.Cause(err))
		}
		defer f.Close()
		return o.readTable(saved, f, do)
	}
	features, err := dataset.ReadFeaturesFile(o.file)
	if err != nil {
		return cli.Usagef("%s", cli.Plain(err))
	}
	if got, want := features.Shape()[1], saved.Model.Sizes()[0]; got != want {
		return cli.Usagef("%s: got %s, want %d, the features of the model", o.file, cli.Count(got, "feature"), want)
	}
	return do(features)
}

// readTable reads a table.
func (o *Options) readTable(saved *train.Saved, in io.Reader, do func(*tensor.Dense) error) error {
	name := o.file
	if name == stdin {
		name = "stdin"
	}
	err := parts(in, o.csv, saved.ReadCSV, do)
	var wrong *readError
	switch {
	case !errors.As(err, &wrong):
		return err
	case errors.Is(err, dataset.ErrHeader):
		return cli.Usagef("%s", input.TableError(name, wrong.err, nil))
	case !errors.Is(err, dataset.ErrColumn):
		return cli.Usagef("%s: %s", name, input.TableError(name, wrong.err, hints))
	}
	text := fmt.Sprintf("%s: %s; the model is %s", name, cli.Plain(wrong.err), o.model)
	if saved.ClassNames != nil {
		text += ", which tells apart " + quoted(saved.ClassNames)
	}
	return cli.Usagef("%s", text)
}

// hints are what to do about a cell, see [input.TableError].
var hints = map[string]string{
	"Decimal": "-decimal , reads such numbers",
	"Fill":    "a model trained with -missing impute fills it in",
	"Unseen":  "-unseen zeros takes it for none of these",
}

// quoted lists the first names in an error.
func quoted(names []string) string {
	const most = 10
	var out []string
	for _, n := range names[:min(most, len(names))] {
		out = append(out, strconv.Quote(n))
	}
	text := strings.Join(out, ", ")
	if len(names) > most {
		text += fmt.Sprintf(" and %d more", len(names)-most)
	}
	return text
}
