package predict

import (
	"fmt"
	"io"
	"os"
	"slices"

	"gorgonia.org/tensor"

	"softloss/cmd/demo/internal/cli"
	"softloss/cmd/demo/internal/input"
	"softloss/cmd/demo/internal/record"
	"softloss/cmd/demo/internal/show"
	"softloss/train"
	"softloss/train/dataset"
	"softloss/train/metric"
)

// Evaluation is what the command line of evaluate says.
type Evaluation struct {
	model  string
	data   input.Source
	output cli.Output
}

// Flags returns the flags of evaluate in the order of -h.
func (o *Evaluation) Flags() []cli.Flag {
	flags := slices.DeleteFunc(o.data.Flags(), func(f cli.Flag) bool { // what the model says
		return slices.Contains([]string{"data", "missing", "classes"}, f.Name)
	})
	return cli.Group("Flags", append(flags,
		unseenFlag(&o.data.CSV.Unseen),
		cli.Switch("counts", "with -soft: they are votes, and a row weighs as many as it has", &o.data.CSV.Counts),
		cli.Value("json", "FILE", "", "write the numbers for programs; - is stdout (all else then goes to stderr)",
			cli.AnyText(&o.output.JSONFile)),
	)...)
}

// ParseEvaluation reads the command line of evaluate.
func ParseEvaluation(args []string) (o Evaluation, err error) {
	operands, err := cli.Parse("evaluate", o.Flags(), args)
	switch {
	case err != nil:
		return o, err
	case len(operands) != 2:
		return o, cli.Usagef("got %s, want two: demo evaluate MODEL FILE", cli.Count(len(operands), "argument"))
	}
	o.model, o.data.Data, o.data.Bare = operands[0], operands[1], true
	return o, o.data.Check()
}

// evaluated is what -json writes.
type evaluated struct {
	Model   string          `json:"model"`
	Data    string          `json:"data"`
	Rows    int             `json:"rows"`
	ECE     record.Float    `json:"ece"`
	Verdict *record.Verdict `json:"verdict"`
}

// Evaluate says how good a saved model is on rows whose classes are known.
func Evaluate(o Evaluation, c cli.Console) error {
	saved, err := input.Model("", o.model)
	if err != nil {
		return err
	}
	if saved.Fill != nil { // features reads the cells without a value as the model fills them in
		o.data.CSV.Missing = dataset.MissingNaN
	}
	classes := saved.ClassNames
	if classes == nil && o.data.Labels != "" {
		for k := range saved.Model.Sizes()[len(saved.Model.Sizes())-1] {
			classes = append(classes, record.ClassName(nil, k))
		}
	}
	if info, err := os.Stat(o.data.Data); err == nil && info.Mode()&(os.ModeNamedPipe|os.ModeCharDevice) != 0 {
		return cli.Usagef("%s: is a pipe or a device, want a file, which is read twice", o.data.Data)
	}
	o.data.Like(saved.LabelName, classes)
	set, err := o.data.Load()
	if err != nil {
		return err
	}
	if input.Builtin(o.data.Data) != nil && classes != nil {
		if set, err = set.WithClasses(classes); err != nil {
			return cli.Usagef("%s: %s as in the model", o.data.Data, cli.Plain(err))
		}
	}
	features, err := o.features(saved, set)
	if err != nil {
		return err
	}
	probs, err := saved.Predict(features)
	if err != nil {
		return cli.Usagef("%s: %s", o.data.Data, cli.Plain(err))
	}
	out := evaluated{Model: o.model, Data: o.data.Data, Rows: set.Len()}
	ece, err := metric.ECE(probs, set.Labels, set.Counts, record.ReliabilityBins)
	if err != nil {
		return err
	}
	out.ECE = record.Float(ece)
	if out.Verdict, err = record.Judge(probs, set.Labels, set.Counts, saved.ClassNames); err != nil {
		return err
	}
	text, _ := o.output.Streams(c)
	out.print(text)
	content, err := record.JSON(out)
	if err != nil {
		return err
	}
	_, err = o.output.WriteJSON(content, c.Stdout)
	return err
}

// features are those of the model, whatever the order of a table's columns is.
func (o *Evaluation) features(saved *train.Saved, set *dataset.Dataset) (*tensor.Dense, error) {
	if input.Builtin(o.data.Data) == nil && o.data.Labels == "" {
		features, err := saved.ReadCSVFile(o.data.Data, o.data.CSV)
		if err != nil {
			return nil, cli.Usagef("%s", input.TableError(o.data.Data, err, hints))
		}
		return features, nil
	}
	if got, want := set.NumFeatures(), saved.Model.Sizes()[0]; got != want {
		return nil, cli.Usagef("%s: got %s, want %d, the features of the model", o.data.Data, cli.Count(got, "feature"), want)
	}
	return set.Features, nil
}

// print writes the numbers for people.
func (e *evaluated) print(w io.Writer) {
	fmt.Fprintf(w, "model    %s\ndata     %s: %s\n\naccuracy %s, calibration error %s\n\n", e.Model, e.Data,
		cli.Count(e.Rows, "row"), record.Percent(e.Verdict.Accuracy), record.Percent(e.ECE))
	show.Verdict(w, e.Verdict)
}
