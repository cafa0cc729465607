package main

import (
	"errors"
	"strconv"
	"strings"

	"softloss/losses"
	"softloss/train"
	"softloss/train/dataset"
)

// options are what the command line says.
type options struct {
	data         string // digits, housing or a path
	labels       string // path, for an IDX or NPY file
	testData     string // path of test rows of their own
	testLabels   string // and of their labels
	csv          dataset.CSVOptions
	testFraction float64 // 0 with testData
	validation   float64 // part of the training rows; 0 holds none out
	noise        float64

	loss      string // as given
	lossInfo  lossInfo
	criterion losses.Criterion

	hidden    []int // empty: none
	epochs    int   // 0: as many as make defaultSteps
	batch     int
	learnRate float64
	seed      uint64

	curve    train.Curve
	warmup   float64 // epochs
	patience int
	l2       float64
	decay    float64
	clip     float64
	mixup    float64

	teacher       string  // path of a model; "" is none
	temperature   float64 // of the distillation; 0 without a teacher
	teacherWeight float64
	calibrate     bool

	checkpoint  string
	resume      bool
	tensorboard string

	out      string
	noPlots  bool
	jsonFile string // "" none, "-" stdout
	quiet    bool
}

// table returns the flags in the order of -h. It is the only place that names them.
func (o *options) table() []option {
	const data, loss, training, output = "Data", "Loss", "Training", "Output"
	return []option{
		{data, "data", "NAME|FILE", "digits", "digits (1797 images, 10 classes), housing (24 rows of how tenants answered, 3 classes), " +
			"a CSV file, or with -labels an IDX or NPY file; files may be gzipped",
			text(&o.data, wantData)},
		{data, "labels", "FILE", "", "labels of an IDX or NPY file: a file of the same kind, of classes or, NPY, of soft rows", anyText(&o.labels)},
		{data, "testdata", "FILE", "", "test rows of their own, instead of a part of -data", anyText(&o.testData)},
		{data, "testlabels", "FILE", "", "their labels, when -data has -labels", anyText(&o.testLabels)},
		{data, "label", "NAME", "", "column of a CSV file that holds the class (default: the last)",
			func(s string) error { o.csv.Label = s; return nil }},
		{data, "soft", "K", "0", "the last K columns of a CSV file hold one number >= 0 for each class, a soft label; " +
			"rows are divided by their sums",
			whole(&o.csv.LabelColumns, 0)},
		{data, "counts", "", "false", "with -soft: they are votes, and a row weighs as many as it has",
			boolean(&o.csv.Counts)},
		{data, "header", "auto|yes|no", "auto", "whether the first line of a CSV file names the columns", header(&o.csv.Header)},
		{data, "comma", "CHAR", "", commaHelp, comma(&o.csv.Comma)},
		{data, "test", "FRACTION", "", "part of the rows kept for the test, between 0 and 1 (default 0.2, without -testdata)",
			number(&o.testFraction, "a number between 0 and 1, both excluded", func(x float64) bool { return x > 0 && x < 1 })},
		{data, "validation", "FRACTION", "", "part of the training rows that is held out and watched after each epoch instead of the test " +
			"(default 0.1 with -patience or -calibrate, which go by it, else 0)",
			number(&o.validation, "a number from 0 to below 1", func(x float64) bool { return x >= 0 && x < 1 })},
		{data, "noise", "RATE", "0", "part of the training labels, of validation rows too, replaced by a wrong class, 0 to 1",
			number(&o.noise, "a number from 0 to 1", func(x float64) bool { return x >= 0 && x <= 1 })},

		{loss, "loss", "NAME", "ce", lossHelp(), o.setLoss},
		{loss, "alpha", "A", "0.1", "strength of label smoothing; 0 is off",
			number(&o.criterion.Smoothing.Alpha, "a number >= 0", func(x float64) bool { return x >= 0 })},
		{loss, "smoothing", "RULE", "notebook", "how alpha is applied: notebook (taken in equal parts from the labels above 0), " +
			"uniform (as PyTorch does), prior (keeps sums)",
			o.setSmoothing},

		{training, "epochs", "N", "", "times that training sees every row (default 30, with a small file more, so that there are about 1000 steps; " +
			"with housing 300)", whole(&o.epochs, 1)},
		{training, "batch", "N", "64", "rows of a training step", whole(&o.batch, 1)},
		{training, "lr", "RATE", "", "learning rate of the optimiser (default 0.001, with housing 0.01)",
			number(&o.learnRate, "a number > 0", func(x float64) bool { return x > 0 })},
		{training, "hidden", "N,N,...", "256", "units of the hidden layers, such as 128,64; none for a linear model", o.setHidden},
		{training, "seed", "N", "1", "of the split, the noise, the weights and the batches", o.setSeed},

		{training, "schedule", "CURVE", "constant", "of the learning rate: constant, or cosine down to 0", o.setCurve},
		{training, "warmup", "EPOCHS", "0", "the learning rate rises in a line from 0 during so many epochs", notNegative(&o.warmup)},
		{training, "patience", "N", "0", "stop after N epochs without a better validation loss and keep the weights of the best epoch",
			whole(&o.patience, 0)},
		{training, "l2", "S", "0", "penalty S/2 times the squares of the weights", notNegative(&o.l2)},
		{training, "decay", "S", "0", "weight decay as in AdamW", notNegative(&o.decay)},
		{training, "clip", "NORM", "0", "the largest length of a gradient; 0 is no limit", notNegative(&o.clip)},
		{training, "mixup", "A", "0", "mix every batch with itself, in parts of Beta(A, A); 0.2 is a good start", notNegative(&o.mixup)},
		{training, "teacher", "FILE", "", "distil a model that demo train saved: learn what it says of the training rows, beside their labels. " +
			"Train it with the same -seed and -test, or it knows the test rows", anyText(&o.teacher)},
		{training, "temperature", "T", "", "of -teacher: logits of both are divided by T, which softens them (default 2). The teacher's part " +
			"of the loss is multiplied by T squared, so that its gradient keeps its size",
			number(&o.temperature, "a number > 0", func(x float64) bool { return x > 0 })},
		{training, "teacherweight", "W", "", "of -teacher: part of the loss that is the teacher's, up to 1; the rest is the labels' (default 0.5)",
			number(&o.teacherWeight, "a number above 0, up to 1", func(x float64) bool { return x > 0 && x <= 1 })},
		{training, "calibrate", "", "false", "after the training fit the temperature that makes the confidence right on the validation rows; " +
			"the saved model has it", boolean(&o.calibrate)},

		{output, "out", "DIR", "demo-out", "folder of the model (safetensors and ONNX), the summary, the pictures and the report",
			text(&o.out, "a folder")},
		{output, "noplots", "", "false", "write nothing to -out", boolean(&o.noPlots)},
		{output, "checkpoint", "DIR", "", "save the run there after every epoch, so that not even a crash loses it; without, Ctrl-C saves it " +
			"in the folder checkpoint of -out", anyText(&o.checkpoint)},
		{output, "resume", "", "false", "go on with the run in -checkpoint; all other flags must be as they were, but -epochs, " +
			"which may be more", boolean(&o.resume)},
		{output, "tensorboard", "DIR", "", "write event files for TensorBoard; give every run a folder of its own", anyText(&o.tensorboard)},
		{output, "json", "FILE", "", "write a summary for programs; - is stdout (all else then goes to stderr). " +
			"Accuracies and errors in it are fractions of 1",
			anyText(&o.jsonFile)},
		{output, "quiet", "", "false", "print nothing but errors", boolean(&o.quiet)},
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

func (o *options) setCurve(s string) error {
	for _, c := range []train.Curve{train.Constant, train.Cosine} {
		if s == c.String() {
			o.curve = c
			return nil
		}
	}
	return errors.New("want constant or cosine")
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

func (o *options) setHidden(s string) (err error) {
	o.hidden, err = parseHidden(s)
	return err
}

// parseHidden reads the sizes of the hidden layers; they are never nil, which would be the trainer's default.
func parseHidden(s string) ([]int, error) {
	sizes := []int{}
	if s == "none" {
		return sizes, nil
	}
	for part := range strings.SplitSeq(s, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil || n < 1 || n > 16384 {
			return nil, errors.New("want whole numbers from 1 to 16384 such as 256 or 128,64, or none")
		}
		sizes = append(sizes, n)
	}
	return sizes, nil
}

func (o *options) setLoss(s string) error {
	loss, err := parseLoss(s)
	if err != nil {
		return err
	}
	o.loss, o.lossInfo, o.criterion.Loss = s, describeLoss(loss), loss
	return nil
}
