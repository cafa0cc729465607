package predict

import (
	"slices"
	"strings"

	"softloss/cmd/demo/internal/cli"
	"softloss/cmd/demo/internal/input"
	"softloss/cmd/demo/internal/record"
	"softloss/internal/phrase"
	"softloss/train/dataset"
)

// Options are what the command line of predict says.
type Options struct {
	model  string
	csv    dataset.CSVOptions
	format string
	id     string // column that is kept; "" for none
	file   string // of the rows; stdin for -
}

// stdin is the name of the rows that are no file.
const stdin = "-"

// Flags returns the flags of predict in the order of -h.
func (o *Options) Flags() []cli.Flag {
	json := cli.Switch("json", "the same as -format json", new(bool))
	json.Set = func(s string) error {
		if s == "true" {
			o.format = "json"
		}
		return nil
	}
	return cli.Group("Flags", slices.Concat(
		[]cli.Flag{cli.Value("model", "FILE", "demo-out/"+record.ModelFile, "a model that demo train saved",
			cli.Text(&o.model, "a file"))},
		input.TableFlags(&o.csv),
		[]cli.Flag{
			input.UnseenFlag(&o.csv.Unseen, "that the model does not know"),
			cli.Value("format", "NAME", "text", "text (a table), or with the probabilities of all classes: csv, jsonl (a "+
				"line of JSON for each row), json (one list)",
				cli.OneOf(&o.format, strings.Clone, "text", "csv", "jsonl", "json")),
			json,
			cli.Value("id", "NAME", "", "column of a CSV file, by name or number, that is kept beside the predictions, so "+
				"that they can be joined with the rows again", cli.AnyText(&o.id)),
		},
	)...)
}

// Parse reads the command line of predict.
func Parse(args []string) (o Options, err error) {
	operands, err := cli.Parse("predict", o.Flags(), args)
	switch {
	case err != nil:
		return o, err
	case len(operands) != 1:
		return o, cli.Usagef("got %s, want the file to predict, or - for stdin: demo predict -model %s FILE",
			phrase.Plural(len(operands), "file"), cli.ShellWord(o.model))
	}
	o.file = operands[0]
	return o, nil
}
