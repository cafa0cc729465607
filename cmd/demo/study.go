package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"softloss/losses"
	"softloss/train/dataset"
)

// studyOptions are what the command line of compare says.
type studyOptions struct {
	data         string
	labels       string // path, for an IDX or NPY file
	csv          dataset.CSVOptions
	losses       []string
	noise        []float64
	seeds        int
	epochs       int
	batch        int
	learnRate    float64
	hidden       []int
	testFraction float64
	scaling      string // auto, yes or no
	scale        bool   // what comes of it

	jobs     int
	out      string
	fresh    bool
	noPlots  bool
	jsonFile string
	quiet    bool
}

// The files of a study in the output folder; that of the answers of people has other names than that of label noise.
const (
	noiseStudyName   = "compare"
	answersStudyName = "compare_answers"
)

// isAnswers reports whether the study is the one about people's answers.
func (o *studyOptions) isAnswers() bool { return o.data == "housing" || o.csv.LabelColumns > 0 }

// file is a file of the study in the output folder.
func (o *studyOptions) file(end string) string {
	name := noiseStudyName
	if o.isAnswers() {
		name = answersStudyName
	}
	return filepath.Join(o.out, name+end)
}

const compareIntro = `demo compare trains the same network many times and compares losses.

With digits or a CSV file: how well does a loss withstand wrong labels? Part of
the training labels, the noise, is replaced by wrong classes; what counts is the
accuracy on clean test rows, after the last epoch and in the best one.

With housing, or a CSV file whose last columns count answers (-soft): are the
real distributions of people's answers worth more than their majority? What
counts is the KL divergence from the answers of held-out groups.

Usage: demo compare [flags]

Examples:
  demo compare                                    4 losses, 4 rates, 3 seeds
  demo compare -epochs 20 -seeds 1 -noise 0,0.4   a first look, in seconds
  demo compare -losses "ce sce 10*nce+mae gce:q=0.5"
  demo compare -data flowers.csv -label kind -hidden 64
  demo compare -data housing                      answers against majorities
`

const compareEnd = `
A run that is finished is kept in -out and is not made again: after Ctrl-C, or
with more losses, rates or seeds, the same command goes on. Results do not
depend on -jobs. Exit status: 0 done, 1 failed, 2 wrong flag, value or file, 130
stopped by Ctrl-C.
`

// table returns the flags of compare in the order of -h.
func (o *studyOptions) table() []option {
	const data, study, training, output = "Data", "Study", "Training", "Output"
	return []option{
		{data, "data", "NAME|FILE", "digits", "digits, housing, a CSV file, or with -labels an IDX or NPY file", text(&o.data, wantData)},
		{data, "labels", "FILE", "", "labels of an IDX or NPY file, as demo train takes them", anyText(&o.labels)},
		{data, "label", "NAME", "", "column of a CSV file that holds the class (default: the last)", anyText(&o.csv.Label)},
		{data, "soft", "K", "0", "the last K columns of a CSV file count the answers for each class", whole(&o.csv.LabelColumns, 0)},
		{data, "header", "auto|yes|no", "auto", "whether the first line of a CSV file names the columns", header(&o.csv.Header)},
		{data, "comma", "CHAR", "", commaHelp, comma(&o.csv.Comma)},
		{data, "test", "FRACTION", "0.3", "part of the rows kept for the test, between 0 and 1",
			number(&o.testFraction, "a number between 0 and 1, both excluded", func(x float64) bool { return x > 0 && x < 1 })},
		{data, "scale", "auto|yes|no", "auto", "scale features to mean 0 and deviation 1 of the training rows; auto leaves the pixels of digits, 0 to 1, as they are", o.setScale},

		{study, "losses", "\"L L ...\"", "", "losses as demo train -loss takes them, @A behind one smooths the labels by A " +
			"(default ce ce@0.1 gce:q=0.7 mae). For answers of people: soft, majority, majority@A, and constant, which predicts the average of all (default soft majority majority@0.1 constant)", o.setLosses},
		{study, "noise", "R,R,...", "", "parts of the training labels that are replaced (default 0,0.2,0.4,0.6); not for answers", o.setNoise},
		{study, "seeds", "N", "", "runs of each kind, each with a split, a noise and weights of its own (default 3, for answers 20)", whole(&o.seeds, 1)},

		{training, "epochs", "N", "", "epochs of a run (default 100, for answers 300)", whole(&o.epochs, 1)},
		{training, "batch", "N", "64", "rows of a training step", whole(&o.batch, 1)},
		{training, "lr", "RATE", "", "learning rate of Adam (default 0.001, for answers 0.01)",
			number(&o.learnRate, "a number > 0", func(x float64) bool { return x > 0 })},
		{training, "hidden", "N,N,...", "", "units of the hidden layers (default 256, for answers none)", o.setHidden},
		{training, "jobs", "N", "0", "runs at a time (default: one a core)", whole(&o.jobs, 0)},

		{output, "out", "DIR", "demo-out", "folder of the results, the picture and the report", text(&o.out, "a folder")},
		{output, "fresh", "", "false", "forget the runs that are kept in -out", boolean(&o.fresh)},
		{output, "noplots", "", "false", "draw no picture and write no report", boolean(&o.noPlots)},
		{output, "json", "FILE", "", "write the results for programs; - is stdout (all else then goes to stderr)", anyText(&o.jsonFile)},
		{output, "quiet", "", "false", "print nothing but errors", boolean(&o.quiet)},
	}
}

// parseStudy reads the command line of compare.
func parseStudy(args []string) (studyOptions, error) {
	var o studyOptions
	rest, err := parseFlags("compare", o.table(), args)
	switch {
	case err != nil:
		return o, err
	case len(rest) > 0:
		return o, usagef("unexpected argument %q, want flags only; a data file is given with -data", rest[0])
	}
	ofCSV := o.csv != dataset.CSVOptions{}
	if ofCSV && builtin(o.data) != nil {
		return o, usagef("-label, -soft, -header and -comma are about a CSV file, but -data is %s", o.data)
	}
	if o.labels != "" && (builtin(o.data) != nil || ofCSV) {
		return o, usagef("-labels is for an IDX or NPY file, which goes with no name of built-in data, -label, -soft, -header or -comma")
	}
	if o.csv.Label != "" && o.csv.Header == dataset.HeaderNo {
		return o, usagef("-label and -header no exclude each other: the column is found by its name in the header")
	}
	if o.csv.LabelColumns == 1 {
		return o, usagef("-soft 1: want 2 or more columns, one for each class")
	}
	if o.isAnswers() && len(o.noise) > 0 {
		return o, usagef("-noise is for labels, but -data %s has the answers of people", o.data)
	}
	o.csv.Counts = o.csv.LabelColumns > 0
	o.defaults()
	for _, l := range o.losses {
		if err := o.checkVariant(l); err != nil {
			return o, usagef("-losses: %s", err)
		}
	}
	return o, nil
}

// defaults replaces what is not given.
func (o *studyOptions) defaults() {
	kind := func(noise, answers int) int {
		if o.isAnswers() {
			return answers
		}
		return noise
	}
	o.scale = o.scaling == "yes" || o.scaling == "auto" && o.data != "digits"
	if o.losses == nil {
		o.losses = [][]string{{"ce", "ce@0.1", "gce:q=0.7", "mae"}, {"soft", "majority", "majority@0.1", "constant"}}[kind(0, 1)]
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
		o.epochs = kind(100, answersEpochs)
	}
	if o.learnRate == 0 {
		o.learnRate = []float64{defaultLearnRate, answersLearnRate}[kind(0, 1)]
	}
}

// checkVariant wants a loss, or a treatment of answers.
func (o *studyOptions) checkVariant(text string) error {
	if o.isAnswers() {
		_, err := parseAnswers(text)
		return err
	}
	_, err := parseVariant(text)
	return err
}

// parseAnswers reads a treatment of people's answers: the criterion that is trained with.
func parseAnswers(text string) (losses.Criterion, error) {
	name, strength, smooth := strings.Cut(text, "@")
	if name == "constant" && !smooth {
		return losses.Criterion{}, nil
	}
	if name != "soft" && name != "majority" {
		return losses.Criterion{}, fmt.Errorf("%q: for answers of people want soft, majority, constant or, smoothed, majority@0.1", text)
	}
	spec := "ce"
	if smooth {
		spec += "@" + strength
	}
	return parseVariant(spec)
}

func (o *studyOptions) setLosses(s string) error {
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

func (o *studyOptions) setNoise(s string) error {
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

func (o *studyOptions) setScale(s string) error {
	if !slices.Contains([]string{"auto", "yes", "no"}, s) {
		return errors.New("want auto, yes or no")
	}
	o.scaling = s
	return nil
}

func (o *studyOptions) setHidden(s string) (err error) {
	o.hidden, err = parseHidden(s)
	return err
}
