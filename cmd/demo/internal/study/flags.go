package study

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"softloss/cmd/demo/internal/cli"
	"softloss/cmd/demo/internal/input"
	"softloss/cmd/demo/internal/record"
)

// Options are what the command line of compare says.
type Options struct {
	record.StudyConfig // what the summary keeps of it
	input.Source
	cli.Output

	kind     *kind
	study    string        // its name; "" for what the data are about
	levelsOf string        // the flag that gave the levels
	weights  input.Weights // of the classes
	scaling  string        // auto, yes or no
	scale    bool          // what follows from it
	jobs     int
	fresh    bool
}

// isAnswers reports whether the study is the one about people's answers.
func (o *Options) isAnswers() bool { return o.kind.name == "answers" }

// file is a file of the study in the output folder.
func (o *Options) file(end string) string { return filepath.Join(o.Out, o.kind.file+end) }

// Flags returns the flags of compare in the order of -h.
func (o *Options) Flags() []cli.Flag {
	return slices.Concat(
		cli.Group("Data", append(o.Source.Flags(false),
			cli.Value("test", "FRACTION", "0.3", "part of the rows kept for the test, between 0 and 1",
				cli.Part(&o.TestFraction)),
			cli.Value("scale", "auto|yes|no", "auto", "scale features to mean 0 and deviation 1 of the training rows; auto "+
				"leaves the pixels of digits, 0 to 1, as they are",
				cli.OneOf(&o.scaling, strings.Clone, "auto", "yes", "no")),
		)...),
		cli.Group("Study",
			cli.Value("study", "NAME", "", "noise: wrong labels; tail: rare classes; answers: of people, for housing and "+
				"with -soft (default answers for these, else noise)",
				cli.OneOf(&o.study, strings.Clone, "noise", "tail", "answers")),
			cli.Value("losses", "\"L L ...\"", "", "losses as demo train -loss takes them, @A behind one smooths the labels "+
				"by A (default ce ce@0.1 gce:q=0.7 mae). For tail, @ is followed by weights, effective, adjusted or ldam: "+
				"class weights inverse to the numbers of rows or to effective numbers, logit adjustment, or margins "+
				"(default ce ce@weights ce@effective ce@adjusted ce@ldam focal). For answers: soft, majority, majority@A, and "+
				"constant, which predicts the average of all (default soft majority majority@0.1 constant)", o.setLosses),
			cli.Value("noise", "R,R,...", "", "for noise: parts of the training labels that are replaced (default "+
				"0,0.2,0.4,0.6)", o.setLevels("noise", "0 to 1 such as 0,0.2,0.4", 0, 1)),
			cli.Value("tail", "R,R,...", "", "for tail: how many rows the most frequent class has for each of the rarest "+
				"(default 1,10,25,50)", o.setLevels("tail", "1 to 1000 such as 1,10,50", 1, 1000)),
			cli.Value("seeds", "N", "", "runs of each kind, each with a split, a noise and weights of its own (default 3, "+
				"for tail 10, for answers 20)", cli.Whole(&o.Seeds, 1)),
		),
		cli.Group("Training",
			cli.Value("epochs", "N", "", "epochs of a run (default 100, for answers 300)", cli.Whole(&o.Epochs, 1)),
			cli.Value("batch", "N", "64", "rows of a training step", cli.Whole(&o.Batch, 1)),
			cli.Value("lr", "RATE", "", "learning rate of Adam (default 0.001, for answers 0.01)", cli.Positive(&o.LearnRate)),
			o.weights.Flag(false),
			cli.Value("hidden", "N,N,...", "", "units of the hidden layers (default 256, for answers none)",
				cli.Layers(&o.Hidden)),
			cli.Value("jobs", "N", "0", "runs at a time (default: one a core)", cli.Whole(&o.jobs, 0)),
		),
		o.Output.Flags("the results", cli.Switch("fresh", "forget the runs that are kept in -out", &o.fresh)),
	)
}

// Parse reads the command line of compare.
func Parse(args []string) (Options, error) {
	o := Options{Source: input.Source{OfClasses: true}}
	if err := cli.ParseFlags("compare", o.Flags(), args); err != nil {
		return o, err
	}
	if err := o.Check(); err != nil {
		return o, err
	}
	if o.SeveralLabels() {
		return o, cli.Usagef("-data %s has several labels a row, but what is compared are losses of classes", o.Data)
	}
	if err := o.setKind(); err != nil {
		return o, err
	}
	if o.weights.Text != "" && o.kind.name == "tail" {
		return o, cli.Usagef("-weights is for all losses of a study, but -study tail compares them: say ce@weights in " +
			"-losses")
	}
	o.CSV.Counts = o.CSV.LabelColumns > 0
	o.defaults()
	for _, l := range o.Losses {
		if _, err := o.kind.criterion(l, []float64{2, 1}); err != nil {
			return o, cli.Usagef("-losses: %s", err)
		}
	}
	return o, nil
}

// setKind finds out which study it is.
func (o *Options) setKind() error {
	ofAnswers := o.Data == "housing" || o.CSV.LabelColumns > 0
	name := cmp.Or(o.study, map[bool]string{false: "noise", true: "answers"}[ofAnswers])
	o.kind = &kinds[slices.IndexFunc(kinds, func(k kind) bool { return k.name == name })]
	switch {
	case ofAnswers && o.levelsOf != "":
		return cli.Usagef("-%s is for labels, but -data %s has the answers of people", o.levelsOf, o.Data)
	case ofAnswers != o.isAnswers():
		return cli.Usagef("-study %s: want answers for housing and data with -soft, noise or tail for others", name)
	case o.levelsOf != "" && o.levelsOf != name:
		return cli.Usagef("-%s is for -study %s", o.levelsOf, o.levelsOf)
	}
	return nil
}

// defaults replaces what is not given.
func (o *Options) defaults() {
	k := o.kind.defaults
	o.scale = o.scaling == "yes" || o.scaling == "auto" && o.Data != "digits"
	if o.Losses == nil {
		o.Losses = k.Losses
	}
	if o.Levels == nil {
		o.Levels = k.Levels
	}
	if o.Hidden == nil {
		o.Hidden = k.Hidden
	}
	o.Seeds, o.Epochs, o.LearnRate = cmp.Or(o.Seeds, k.Seeds), cmp.Or(o.Epochs, k.Epochs), cmp.Or(o.LearnRate, k.LearnRate)
}

func (o *Options) setLosses(s string) error {
	list := strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == ';' })
	if len(list) == 0 || slices.ContainsFunc(list, hasCommas) {
		return errors.New("want losses with spaces between them")
	}
	for i, l := range list {
		if slices.Contains(list[:i], l) {
			return fmt.Errorf("%s is there twice", l)
		}
	}
	o.Losses = list
	return nil
}

// hasCommas reports whether commas stand in the place of spaces: behind one comes no parameter.
func hasCommas(list string) bool {
	parameters := strings.Split(list, ",")[1:]
	return slices.ContainsFunc(parameters, func(p string) bool {
		name, _, ok := strings.Cut(p, "=")
		return !ok || strings.Contains(name, ":")
	})
}

// setLevels reads the levels of a study, which a flag gives.
func (o *Options) setLevels(flag, want string, least, most float64) func(string) error {
	return func(s string) error {
		var list []float64
		for part := range strings.SplitSeq(s, ",") {
			x, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
			if err != nil || !(x >= least && x <= most) || slices.Contains(list, x) {
				return errors.New("want different numbers from " + want)
			}
			list = append(list, x)
		}
		slices.Sort(list)
		o.Levels, o.levelsOf = list, flag
		return nil
	}
}
