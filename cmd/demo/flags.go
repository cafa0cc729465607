package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"softloss/losses"
	"softloss/train/dataset"
)

// options are what the command line says.
type options struct {
	data         string // digits, housing or a path
	csv          dataset.CSVOptions
	header       string // csv.Header as given
	testFraction float64
	noise        float64

	loss      string // as given
	lossEntry lossEntry
	criterion losses.Criterion

	hidden    []int // empty: none
	epochs    int
	batch     int
	learnRate float64
	seed      uint64

	out      string
	noPlots  bool
	jsonFile string // "" none, "-" stdout
	quiet    bool
}

// errUsage marks what the user can put right: a wrong flag, value or file. The command then exits with 2.
var errUsage = errors.New("usage")

// usageError is an error of one line that is errUsage.
type usageError struct{ text string }

func (e usageError) Error() string        { return e.text }
func (e usageError) Is(target error) bool { return target == errUsage }

func usagef(format string, args ...any) error { return usageError{fmt.Sprintf(format, args...)} }

// option is one flag: where -h lists it, what it is by default and how it is read.
type option struct {
	group string // heading in -h
	name  string
	arg   string // what stands behind it in -h; "" is a switch
	def   string // read before the command line
	help  string // wrapped by -h; line breaks are kept
	set   func(text string) error
}

// table returns the flags in the order of -h. It is the only place that names them.
func (o *options) table() []option {
	const data, loss, training, output = "Data", "Loss", "Training", "Output"
	return []option{
		{data, "data", "NAME|FILE", "digits", "digits (1797 images, 10 classes), housing (24 rows of how tenants answered, 3 classes), " +
			"or a CSV file, also gzipped",
			text(&o.data, "digits, housing or the path of a CSV file")},
		{data, "label", "NAME", "", "column of a CSV file that holds the class (default: the last)",
			func(s string) error { o.csv.Label = s; return nil }},
		{data, "soft", "K", "0", "the last K columns of a CSV file hold one number >= 0 for each class, a soft label; " +
			"rows are divided by their sums",
			whole(&o.csv.LabelColumns, 0)},
		{data, "counts", "", "false", "with -soft: they are votes, and a row weighs as many as it has",
			boolean(&o.csv.Counts)},
		{data, "header", "auto|yes|no", "auto", "whether the first line of a CSV file names the columns", o.setHeader},
		{data, "test", "FRACTION", "0.2", "part of the rows kept for the test, between 0 and 1",
			number(&o.testFraction, "a number between 0 and 1, both excluded", func(x float64) bool { return x > 0 && x < 1 })},
		{data, "noise", "RATE", "0", "part of the training labels replaced by a wrong class, 0 to 1",
			number(&o.noise, "a number from 0 to 1", func(x float64) bool { return x >= 0 && x <= 1 })},

		{loss, "loss", "NAME", "ce", lossHelp(), o.setLoss},
		{loss, "alpha", "A", "0.1", "strength of label smoothing; 0 is off",
			number(&o.criterion.Smoothing.Alpha, "a number >= 0", func(x float64) bool { return x >= 0 })},
		{loss, "smoothing", "RULE", "notebook", "how alpha is applied: notebook (taken in equal parts from the labels above 0), " +
			"uniform (as PyTorch does), prior (keeps sums)",
			o.setSmoothing},

		{training, "epochs", "N", "30", "times that training sees every row", whole(&o.epochs, 1)},
		{training, "batch", "N", "64", "rows of a training step", whole(&o.batch, 1)},
		{training, "lr", "RATE", "0.001", "learning rate of the optimiser",
			number(&o.learnRate, "a number > 0", func(x float64) bool { return x > 0 })},
		{training, "hidden", "N,N,...", "256", "units of the hidden layers, such as 128,64; none for a linear model", o.setHidden},
		{training, "seed", "N", "1", "of the split, the noise, the weights and the batches", o.setSeed},

		{output, "out", "DIR", "demo-out", "folder of the pictures", text(&o.out, "a folder")},
		{output, "noplots", "", "false", "draw no pictures", boolean(&o.noPlots)},
		{output, "json", "FILE", "", "write a summary for programs; - is stdout (all else then goes to stderr). " +
			"Accuracies and errors in it are fractions of 1",
			func(s string) error { o.jsonFile = s; return nil }},
		{output, "quiet", "", "false", "print nothing but errors", boolean(&o.quiet)},
	}
}

// parseArgs reads the command line. It returns flag.ErrHelp for -h and errors that are errUsage.
func parseArgs(args []string) (options, error) {
	var o options
	fs := flag.NewFlagSet("demo", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	var names []string
	for _, f := range o.table() {
		if err := f.set(f.def); f.def != "" && err != nil {
			return o, fmt.Errorf("default of -%s: %w", f.name, err)
		}
		define := fs.Func
		if f.arg == "" {
			define = fs.BoolFunc
		}
		define(f.name, "", f.set)
		names = append(names, "-"+f.name)
	}
	err := fs.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return o, err
	case err != nil && strings.HasPrefix(err.Error(), "flag provided but not defined: "):
		return o, usagef("unknown flag %s, want one of %s",
			strings.TrimPrefix(err.Error(), "flag provided but not defined: "), strings.Join(names, " "))
	case err != nil && strings.HasPrefix(err.Error(), "flag needs an argument: "):
		return o, usagef("flag %s needs a value; see demo -h", strings.TrimPrefix(err.Error(), "flag needs an argument: "))
	case err != nil:
		return o, usagef("%s", oneLine(err))
	case fs.NArg() > 0:
		return o, usagef("unexpected argument %q, want flags only; a data file is given with -data", fs.Arg(0))
	}
	return o, o.check()
}

// check looks for values that are right alone and wrong together.
func (o *options) check() error {
	switch set := o.csv.Label != "" || o.csv.LabelColumns != 0 || o.csv.Counts || o.header != "auto"; {
	case set && builtin(o.data) != nil:
		return usagef("-label, -soft, -counts and -header are about a CSV file, but -data is %s", o.data)
	case o.csv.Label != "" && o.csv.LabelColumns != 0:
		return usagef("-label and -soft exclude each other: the class is in one column or in the last K")
	case o.csv.Counts && o.csv.LabelColumns == 0:
		return usagef("-counts needs -soft K: the last K columns count the votes for each class")
	case o.csv.LabelColumns == 1:
		return usagef("-soft 1: want 2 or more columns, one for each class")
	}
	err := o.criterion.Validate()
	if errors.Is(err, losses.ErrAlpha) {
		return usagef("-alpha %g: with -smoothing %v want a number from 0 to 1", o.criterion.Smoothing.Alpha, o.criterion.Smoothing.Rule)
	}
	if err != nil {
		return usagef("-loss %s: %s", o.loss, oneLine(err))
	}
	return nil
}

// The readers of single values. Package flag puts the flag's name before their errors.

func text(dst *string, want string) func(string) error {
	return func(s string) error {
		if s == "" {
			return errors.New("want " + want)
		}
		*dst = s
		return nil
	}
}

func number(dst *float64, want string, ok func(float64) bool) func(string) error {
	return func(s string) error {
		x, err := strconv.ParseFloat(s, 64)
		if err != nil || !ok(x) || math.IsInf(x, 0) {
			return errors.New("want " + want)
		}
		*dst = x
		return nil
	}
}

func whole(dst *int, least int) func(string) error {
	const most = 1_000_000
	return func(s string) error {
		n, err := strconv.Atoi(s)
		if err != nil || n < least || n > most {
			return fmt.Errorf("want a whole number from %d to %d", least, most)
		}
		*dst = n
		return nil
	}
}

func boolean(dst *bool) func(string) error {
	return func(s string) error {
		b, err := strconv.ParseBool(s)
		if err != nil {
			return errors.New("want true or false, or nothing")
		}
		*dst = b
		return nil
	}
}

func (o *options) setSeed(s string) error {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return errors.New("want a whole number >= 0")
	}
	o.seed = n
	return nil
}

func (o *options) setHeader(s string) error {
	i := slices.Index([]string{"auto", "yes", "no"}, s)
	if i < 0 {
		return errors.New("want auto, yes or no")
	}
	o.header, o.csv.Header = s, []dataset.Header{dataset.HeaderAuto, dataset.HeaderYes, dataset.HeaderNo}[i]
	return nil
}

func (o *options) setSmoothing(s string) error {
	for _, rule := range []losses.SmoothingRule{losses.SmoothNotebook, losses.SmoothUniform, losses.SmoothPrior} {
		if s == rule.String() {
			o.criterion.Smoothing.Rule = rule
			return nil
		}
	}
	return errors.New("want notebook, uniform or prior")
}

func (o *options) setHidden(s string) error {
	o.hidden = []int{}
	if s == "none" {
		return nil
	}
	for part := range strings.SplitSeq(s, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil || n < 1 || n > 16384 {
			return errors.New("want whole numbers from 1 to 16384 such as 256 or 128,64, or none")
		}
		o.hidden = append(o.hidden, n)
	}
	return nil
}

func (o *options) setLoss(s string) error {
	entry, loss, err := parseLoss(s)
	if err != nil {
		return err
	}
	o.loss, o.lossEntry, o.criterion.Loss = s, entry, loss
	return nil
}

// oneLine is the text of an error without line breaks.
func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
