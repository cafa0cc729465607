package run

import (
	"slices"

	"errors"
	"strconv"

	"softloss/cmd/demo/internal/cli"
	"softloss/cmd/demo/internal/input"
	"softloss/cmd/demo/internal/record"
	"softloss/cmd/demo/internal/show"
	"softloss/losses"
	"softloss/train"
	"softloss/train/dataset"
)

// Options are what the command line says.
type Options struct {
	data         string // digits, housing or a path
	labels       string // path, for an IDX or NPY file
	testData     string // path of test rows of their own
	testLabels   string // and of their labels
	csv          dataset.CSVOptions
	testFraction float64 // 0 with testData
	Validation   float64 // part of the training rows; 0 holds none out
	noise        float64

	loss      string // as given
	lossInfo  show.LossInfo
	criterion losses.Criterion

	hidden    []int // empty: none
	Epochs    int   // 0: as many as make defaultSteps
	batch     int
	LearnRate float64
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

// Flags returns the flags in the order of -h. It is the only place that names them.
func (o *Options) Flags() []cli.Flag {
	return slices.Concat(
		cli.Group("Data",
			cli.Value("data", "NAME|FILE", "digits", "digits (1797 images, 10 classes), housing (24 rows of how tenants answered, 3 classes), "+
				"a CSV file, or with -labels an IDX or NPY file; files may be gzipped",
				cli.Text(&o.data, input.WantData)),
			cli.Value("labels", "FILE", "", "labels of an IDX or NPY file: a file of the same kind, of classes or, NPY, of soft rows", cli.AnyText(&o.labels)),
			cli.Value("testdata", "FILE", "", "test rows of their own, instead of a part of -data", cli.AnyText(&o.testData)),
			cli.Value("testlabels", "FILE", "", "their labels, when -data has -labels", cli.AnyText(&o.testLabels)),
			cli.Value("label", "NAME", "", "column of a CSV file that holds the class (default: the last)",
				cli.AnyText(&o.csv.Label)),
			cli.Value("soft", "K", "0", "the last K columns of a CSV file hold one number >= 0 for each class, a soft label; "+
				"rows are divided by their sums",
				cli.Whole(&o.csv.LabelColumns, 0)),
			cli.Switch("counts", "with -soft: they are votes, and a row weighs as many as it has", &o.csv.Counts),
			cli.Value("header", "auto|yes|no", "auto", "whether the first line of a CSV file names the columns", input.Header(&o.csv.Header)),
			cli.Value("comma", "CHAR", "", input.CommaHelp, input.Comma(&o.csv.Comma)),
			cli.Value("test", "FRACTION", "", "part of the rows kept for the test, between 0 and 1 (default 0.2, without -testdata)",
				cli.Number(&o.testFraction, "a number between 0 and 1, both excluded", func(x float64) bool { return x > 0 && x < 1 })),
			cli.Value("validation", "FRACTION", "", "part of the training rows that is held out and watched after each epoch instead of the test "+
				"(default 0.1 with -patience or -calibrate, which go by it, else 0)",
				cli.Number(&o.Validation, "a number from 0 to below 1", func(x float64) bool { return x >= 0 && x < 1 })),
			cli.Value("noise", "RATE", "0", "part of the training labels, of validation rows too, replaced by a wrong class, 0 to 1",
				cli.Number(&o.noise, "a number from 0 to 1", func(x float64) bool { return x >= 0 && x <= 1 })),
		),
		cli.Group("Loss",
			cli.Value("loss", "NAME", "ce", input.LossHelp(), o.setLoss),
			cli.Value("alpha", "A", "0.1", "strength of label smoothing; 0 is off",
				cli.Number(&o.criterion.Smoothing.Alpha, "a number >= 0", func(x float64) bool { return x >= 0 })),
			cli.Value("smoothing", "RULE", "notebook", "how alpha is applied: notebook (taken in equal parts from the labels above 0), "+
				"uniform (as PyTorch does), prior (keeps sums)",
				o.setSmoothing),
		),
		cli.Group("Training",
			cli.Value("epochs", "N", "", "times that training sees every row (default 30, with a small file more, so that there are about 1000 steps; "+
				"with housing 300)", cli.Whole(&o.Epochs, 1)),
			cli.Value("batch", "N", "64", "rows of a training step", cli.Whole(&o.batch, 1)),
			cli.Value("lr", "RATE", "", "learning rate of the optimiser (default 0.001, with housing 0.01)",
				cli.Number(&o.LearnRate, "a number > 0", func(x float64) bool { return x > 0 })),
			cli.Value("hidden", "N,N,...", "256", "units of the hidden layers, such as 128,64; none for a linear model", o.setHidden),
			cli.Value("seed", "N", "1", "of the split, the noise, the weights and the batches", o.setSeed),
			cli.Value("schedule", "CURVE", "constant", "of the learning rate: constant, or cosine down to 0", o.setCurve),
			cli.Value("warmup", "EPOCHS", "0", "the learning rate rises in a line from 0 during so many epochs", cli.NotNegative(&o.warmup)),
			cli.Value("patience", "N", "0", "stop after N epochs without a better validation loss and keep the weights of the best epoch",
				cli.Whole(&o.patience, 0)),
			cli.Value("l2", "S", "0", "penalty S/2 times the squares of the weights", cli.NotNegative(&o.l2)),
			cli.Value("decay", "S", "0", "weight decay as in AdamW", cli.NotNegative(&o.decay)),
			cli.Value("clip", "NORM", "0", "the largest length of a gradient; 0 is no limit", cli.NotNegative(&o.clip)),
			cli.Value("mixup", "A", "0", "mix every batch with itself, in parts of Beta(A, A); 0.2 is a good start", cli.NotNegative(&o.mixup)),
			cli.Value("teacher", "FILE", "", "distil a model that demo train saved: learn what it says of the training rows, beside their labels. "+
				"Train it with the same -seed and -test, or it knows the test rows", cli.AnyText(&o.teacher)),
			cli.Value("temperature", "T", "", "of -teacher: logits of both are divided by T, which softens them (default 2). The teacher's part "+
				"of the loss is multiplied by T squared, so that its gradient keeps its size",
				cli.Number(&o.temperature, "a number > 0", func(x float64) bool { return x > 0 })),
			cli.Value("teacherweight", "W", "", "of -teacher: part of the loss that is the teacher's, up to 1; the rest is the labels' (default 0.5)",
				cli.Number(&o.teacherWeight, "a number above 0, up to 1", func(x float64) bool { return x > 0 && x <= 1 })),
			cli.Switch("calibrate", "after the training fit the temperature that makes the confidence right on the validation rows; "+
				"the saved model has it", &o.calibrate),
		),
		cli.Group("Output",
			cli.Value("out", "DIR", "demo-out", "folder of the model (safetensors and ONNX), the summary, the pictures and the report",
				cli.Text(&o.out, "a folder")),
			cli.Switch("noplots", "write nothing to -out", &o.noPlots),
			cli.Value("checkpoint", "DIR", "", "save the run there after every epoch, so that not even a crash loses it; without, Ctrl-C saves it "+
				"in the folder checkpoint of -out", cli.AnyText(&o.checkpoint)),
			cli.Switch("resume", "go on with the run in -checkpoint; all other flags must be as they were, but -epochs, "+
				"which may be more", &o.resume),
			cli.Value("tensorboard", "DIR", "", "write event files for TensorBoard; give every run a folder of its own", cli.AnyText(&o.tensorboard)),
			cli.Value("json", "FILE", "", "write a summary for programs; - is stdout (all else then goes to stderr). "+
				"Accuracies and errors in it are fractions of 1",
				cli.AnyText(&o.jsonFile)),
			cli.Switch("quiet", "print nothing but errors", &o.quiet),
		),
	)
}

func (o *Options) setSeed(s string) error {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return errors.New("want a whole number >= 0")
	}
	o.seed = n
	return nil
}

func (o *Options) setCurve(s string) error {
	for _, c := range []train.Curve{train.Constant, train.Cosine} {
		if s == c.String() {
			o.curve = c
			return nil
		}
	}
	return errors.New("want constant or cosine")
}

func (o *Options) setSmoothing(s string) error {
	for _, rule := range []losses.SmoothingRule{losses.SmoothNotebook, losses.SmoothUniform, losses.SmoothPrior} {
		if s == rule.String() {
			o.criterion.Smoothing.Rule = rule
			return nil
		}
	}
	return errors.New("want notebook, uniform or prior")
}

func (o *Options) setHidden(s string) (err error) {
	o.hidden, err = input.Hidden(s)
	return err
}

func (o *Options) setLoss(s string) error {
	loss, err := input.Loss(s)
	if err != nil {
		return err
	}
	o.loss, o.lossInfo, o.criterion.Loss = s, show.DescribeLoss(loss), loss
	return nil
}

// summary is what the summary of a run says of the command line.
func (o *Options) summary() record.Config {
	return record.Config{
		Loss: o.loss, Criterion: o.criterion.Key(),
		Alpha: o.criterion.Smoothing.Alpha, Smoothing: o.criterion.Smoothing.Rule.String(),
		Hidden: o.hidden, Epochs: o.Epochs, Batch: o.batch, LearnRate: o.LearnRate,
		Seed: o.seed, Noise: o.noise, TestFraction: o.testFraction, Validation: o.Validation,
		Schedule: o.curve.String(), Warmup: o.warmup, Patience: o.patience,
		L2: o.l2, WeightDecay: o.decay, ClipNorm: o.clip, Mixup: o.mixup,
		Teacher: o.teacher, Temperature: o.temperature, TeacherWeight: o.teacherWeight,
	}
}
