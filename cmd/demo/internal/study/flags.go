package study

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"softloss/cmd/demo/internal/cli"
	"softloss/cmd/demo/internal/input"
	"softloss/cmd/demo/internal/record"
	"softloss/losses"
)

// Options are what the command line of compare says.
type Options struct {
	input.Source
	cli.Output

	losses       []string
	noise        []float64
	seeds        int
	epochs       int
	batch        int
	learnRate    float64
	hidden       []int
	testFraction float64
	scaling      string // auto, yes or no
	scale        bool   // what follows from it
	jobs         int
	fresh        bool
}

// isAnswers reports whether the study is the one about people's answers.
func (o *Options) isAnswers() bool { return o.Data == "housing" || o.CSV.LabelColumns > 0 }

// file is a file of the study in the output folder.
func (o *Options) file(end string) string {
	name := record.NoiseStudyName
	if o.isAnswers() {
		name = record.AnswersStudyName
	}
	return filepath.Join(o.Out, name+end)
}

// Flags returns the flags of compare in the order of -h.
func (o *Options) Flags() []cli.Flag {
	return slices.Concat(
		cli.Group("Data", append(o.Source.Flags(),
			cli.Value("test", "FRACTION", "0.3", "part of the rows kept for the test, between 0 and 1",
				cli.Part(&o.testFraction)),
			cli.Value("scale", "auto|yes|no", "auto", "scale features to mean 0 and deviation 1 of the training rows; auto "+
				"leaves the pixels of digits, 0 to 1, as they are",
				cli.OneOf(&o.scaling, strings.Clone, "auto", "yes", "no")),
		)...),
		cli.Group("Study",
			cli.Value("losses", "\"L L ...\"", "", "losses as demo train -loss takes them, @A behind one smooths the labels "+
				"by A (default ce ce@0.1 gce:q=0.7 mae). For answers of people: soft, majority, majority@A, and constant, "+
				"which predicts the average of all (default soft majority majority@0.1 constant)", o.setLosses),
			cli.Value("noise", "R,R,...", "", "parts of the training labels that are replaced (default 0,0.2,0.4,0.6); not "+
				"for answers", o.setNoise),
			cli.Value("seeds", "N", "", "runs of each kind, each with a split, a noise and weights of its own (default 3, "+
				"for answers 20)", cli.Whole(&o.seeds, 1)),
		),
		cli.Group("Training",
			cli.Value("epochs", "N", "", "epochs of a run (default 100, for answers 300)", cli.Whole(&o.epochs, 1)),
			cli.Value("batch", "N", "64", "rows of a training step", cli.Whole(&o.batch, 1)),
			cli.Value("lr", "RATE", "", "learning rate of Adam (default 0.001, for answers 0.01)", cli.Positive(&o.learnRate)),
			cli.Value("hidden", "N,N,...", "", "units of the hidden layers (default 256, for answers none)",
				cli.Layers(&o.hidden)),
			cli.Value("jobs", "N", "0", "runs at a time (default: one a core)", cli.Whole(&o.jobs, 0)),
		),
		o.Output.Flags("the results", cli.Switch("fresh", "forget the runs that are kept in -out", &o.fresh)),
	)
}

// Parse reads the command line of compare.
func Parse(args []string) (Options, error) {
	var o Options
	operands, err := cli.Parse("compare", o.Flags(), args)
	switch {
	case err != nil:
		return o, err
	case len(operands) > 0:
		return o, cli.Usagef("unexpected argument %q, want flags only; a data file is given with -data", operands[0])
	}
	if err := o.Check(); err != nil {
		return o, err
	}
	if o.isAnswers() && len(o.noise) > 0 {
		return o, cli.Usagef("-noise is for labels, but -data %s has the answers of people", o.Data)
	}
	o.CSV.Counts = o.CSV.LabelColumns > 0
	o.defaults()
	for _, l := range o.losses {
		if err := o.checkVariant(l); err != nil {
			return o, cli.Usagef("-losses: %s", err)
		}
	}
	return o, nil
}

// defaults replaces what is not given.
func (o *Options) defaults() {
	kind := func(noise, answers int) int {
		if o.isAnswers() {
			return answers
		}
		return noise
	}
	o.scale = o.scaling == "yes" || o.scaling == "auto" && o.Data != "digits"
	if o.losses == nil {
		o.losses = [][]string{{"ce", "ce@0.1", "gce:q=0.7", "mae"}, {"soft", "majority", "majority@0.1",
			"constant"}}[kind(0, 1)]
	}
	if o.noise == nil {
		o.noise = [][]float64{{0, 0.2, 0.4, 0.6}, {0}}[kind(0, 1)]
	}
	if o.hidden == nil {
		o.hidden = [][]int{{256}, {}}[kind(0, 1)]
	}
	if o.seeds == 0 {
		o.seeds = kind(3, 20)
	}
	if o.epochs == 0 {
		o.epochs = kind(100, input.AnswersEpochs)
	}
	if o.learnRate == 0 {
		o.learnRate = []float64{input.DefaultLearnRate, input.AnswersLearnRate}[kind(0, 1)]
	}
}

// checkVariant wants a loss, or a treatment of answers.
func (o *Options) checkVariant(text string) error {
	if o.isAnswers() {
		_, err := parseAnswers(text)
		return err
	}
	_, err := input.Variant(text)
	return err
}

// parseAnswers reads a treatment of people's answers: the criterion that is trained with.
func parseAnswers(text string) (losses.Criterion, error) {
	name, strength, smooth := strings.Cut(text, "@")
	if name == "constant" && !smooth {
		return losses.Criterion{}, nil
	}
	if name != "soft" && name != "majority" {
		return losses.Criterion{}, fmt.Errorf("%q: for answers of people want soft, majority, constant or, smoothed, "+
			"majority@0.1", text)
	}
	spec := "ce"
	if smooth {
		spec += "@" + strength
	}
	return input.Variant(spec)
}

func (o *Options) setLosses(s string) error {
	list := strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == ';' })
	if len(list) == 0 {
		return errors.New("want losses with spaces between them")
	}
	for i, l := range list {
		if slices.Contains(list[:i], l) {
			return fmt.Errorf("%s is there twice", l)
		}
	}
	o.losses = list
	return nil
}

func (o *Options) setNoise(s string) error {
	var list []float64
	for part := range strings.SplitSeq(s, ",") {
		x, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
		if err != nil || !(x >= 0 && x <= 1) || slices.Contains(list, x) {
			return errors.New("want different numbers from 0 to 1 such as 0,0.2,0.4")
		}
		list = append(list, x)
	}
	slices.Sort(list)
	o.noise = list
	return nil
}
