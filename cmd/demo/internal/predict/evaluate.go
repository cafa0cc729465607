package predict

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"gorgonia.org/tensor"

	"softloss/cmd/demo/internal/cli"
	"softloss/cmd/demo/internal/input"
	"softloss/cmd/demo/internal/record"
	"softloss/cmd/demo/internal/show"
	"softloss/internal/phrase"
	"softloss/losses"
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
	flags := slices.DeleteFunc(o.data.Flags(true), func(f cli.Flag) bool { // what the model says
		return slices.Contains([]string{"data", "missing", "classes"}, f.Name)
	})
	return cli.Group("Flags", append(flags,
		input.UnseenFlag(&o.data.CSV.Unseen, "that the model does not know"),
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
		return o, cli.Usagef("got %s, want two: demo evaluate MODEL FILE", phrase.Plural(len(operands), "argument"))
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

// Evaluate runs the command evaluate: it says how good a saved model is on rows whose classes are
// known.
func Evaluate(_ context.Context, args []string, c cli.Console) error {
	o, err := ParseEvaluation(args)
	if err != nil {
		return err
	}
	if err := o.output.CheckJSON(append(o.data.Files(), o.model)); err != nil {
		return err
	}
	saved, err := input.Model("", o.model)
	if err != nil {
		return err
	}
	set, err := o.load(saved)
	if err != nil {
		return err
	}
	probs, err := o.predict(saved, set)
	if err != nil {
		return err
	}
	out := evaluated{Model: o.model, Data: o.data.Data, Rows: set.Len()}
	p, t, w := metric.AsClasses(saved.Model.Criterion().Link, probs, set.Labels, set.Counts)
	ece, err := metric.ECE(p, t, w, record.ReliabilityBins)
	if err != nil {
		return err
	}
	out.ECE = record.Float(ece)
	if out.Verdict, err = record.Judge(saved, probs, set.Labels, set.Counts); err != nil {
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

// load reads the rows with what is known of them.
func (o *Evaluation) load(saved *train.Saved) (*dataset.Dataset, error) {
	if saved.Fill != nil { // features reads the cells without a value as the model fills them in
		o.data.CSV.Missing = dataset.MissingNaN
	}
	if info, err := os.Stat(o.data.Data); err == nil && info.Mode()&(os.ModeNamedPipe|os.ModeCharDevice) != 0 {
		return nil, cli.Usagef("%s: is a pipe or a device, want a file, which is read twice", o.data.Data)
	}
	if saved.Model.Criterion().Link == losses.SigmoidLink {
		return o.loadQuestions(saved)
	}
	return o.loadClasses(saved)
}

// predict returns what the model says of the rows.
func (o *Evaluation) predict(saved *train.Saved, set *dataset.Dataset) (*tensor.Dense, error) {
	features, err := o.features(saved, set)
	if err != nil {
		return nil, err
	}
	probs, err := saved.Predict(features)
	if err != nil {
		return nil, cli.Usagef("%s: %s", o.data.Data, cli.Plain(err))
	}
	return probs, wantProbs(o.data.Data, probs)
}

// loadClasses reads rows that are of one class each, of those of the model.
func (o *Evaluation) loadClasses(saved *train.Saved) (*dataset.Dataset, error) {
	classes := saved.ClassNames
	if classes == nil && o.data.Labels != "" {
		for k := range saved.Model.Sizes()[len(saved.Model.Sizes())-1] {
			classes = append(classes, record.ClassName(nil, k))
		}
	}
	o.data.Like(saved.LabelName, classes)
	set, err := o.data.Load()
	if err != nil || input.Builtin(o.data.Data) == nil || classes == nil {
		return set, err
	}
	return o.withClasses(set, classes)
}

// loadQuestions reads the labels of a model of several labels: from columns of their names, as
// shares of the last columns, or as the classes of one column, of which the model may know one
// alone.
func (o *Evaluation) loadQuestions(saved *train.Saved) (*dataset.Dataset, error) {
	o.data.Questions = true
	names, k := saved.ClassNames, saved.Model.Sizes()[len(saved.Model.Sizes())-1]
	ofClasses := o.data.CSV.Label != "" || saved.LabelName != ""
	switch isTable := input.Builtin(o.data.Data) == nil && o.data.Labels == ""; {
	case isTable && !ofClasses && o.data.CSV.Questions == nil && o.data.CSV.LabelColumns == 0 && names != nil:
		isColumn := func(name string) bool { return strings.HasPrefix(name, "column_") }
		if o.data.CSV.Header == dataset.HeaderNo && !slices.ContainsFunc(names, isColumn) {
			return nil, cli.Usagef("-header no: the labels of the model are %s; -label says which columns they are, by their "+
				"numbers", phrase.List(names))
		}
		o.data.CSV.Questions = names
	case ofClasses && k == 1:
		o.data.Like(saved.LabelName, nil)
	case ofClasses:
		o.data.Like(saved.LabelName, names)
	}
	set, err := o.data.Load()
	switch {
	case err != nil:
		return nil, err
	case k == 1 && set.NumClasses() == 2:
		at := 1
		if names != nil {
			at = slices.Index(set.ClassNames, names[0])
		}
		if at < 0 {
			return nil, cli.Usagef("%s: got the classes %s, want %q among them as in the model", o.data.Data,
				phrase.List(set.ClassNames), names[0])
		}
		return set.Question(at)
	case set.NumClasses() != k:
		return nil, cli.Usagef("%s: got %s, want %d as in the model", o.data.Data,
			phrase.Plural(set.NumClasses(), "label"), k)
	}
	if o.data.Labels != "" || !slices.ContainsFunc(set.ClassNames, func(name string) bool {
		return slices.Contains(names, name)
	}) { // labels by their order: those of an array, or of columns that have other names
		return set, nil
	}
	return o.withClasses(set, names)
}

// withClasses brings the classes, or labels, of a set into the order of the model.
func (o *Evaluation) withClasses(set *dataset.Dataset, names []string) (*dataset.Dataset, error) {
	set, err := set.WithClasses(names)
	if err != nil {
		return nil, cli.Usagef("%s: %s as in the model", o.data.Data, cli.Plain(err))
	}
	return set, nil
}

// features are those of the model, whatever the order of a table's columns is.
func (o *Evaluation) features(saved *train.Saved, set *dataset.Dataset) (*tensor.Dense, error) {
	if input.Builtin(o.data.Data) == nil && o.data.Labels == "" {
		csv := o.data.CSV
		if csv.Header == dataset.HeaderNo { // where the features are columns by their order
			csv.Drop = slices.Concat(csv.Drop, o.labelColumns(saved.Model.Sizes()[0]))
		}
		features, err := saved.ReadCSVFile(o.data.Data, csv)
		if err != nil {
			return nil, cli.Usagef("%s", input.TableError(o.data.Data, err, hints))
		}
		return features, nil
	}
	if got, want := set.NumFeatures(), saved.Model.Sizes()[0]; got != want {
		return nil, cli.Usagef("%s: got %s, want %d, the features of the model", o.data.Data,
			phrase.Plural(got, "feature"), want)
	}
	return set.Features, nil
}

// labelColumns are the numbers of the columns with labels in a table of that many features without
// a header.
func (o *Evaluation) labelColumns(features int) (columns []string) {
	switch csv := o.data.CSV; {
	case csv.Questions != nil:
		return csv.Questions
	case csv.Label != "":
		return []string{csv.Label}
	default:
		k := max(csv.LabelColumns, 1)
		for j := range k {
			columns = append(columns, strconv.Itoa(features+len(csv.Drop)+j+1))
		}
		return columns
	}
}

// print writes the numbers for people.
func (e *evaluated) print(w io.Writer) {
	fmt.Fprintf(w, "model    %s\ndata     %s: %s\n\naccuracy %s, calibration error %s\n\n", e.Model, e.Data,
		phrase.Plural(e.Rows, "row"), record.Percent(e.Verdict.Accuracy), record.Percent(e.ECE))
	show.Verdict(w, e.Verdict)
}
