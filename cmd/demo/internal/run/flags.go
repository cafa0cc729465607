package run

import (
	"errors"
	"math"
	"slices"
	"strings"

	"softloss/cmd/demo/internal/cli"
	"softloss/cmd/demo/internal/input"
	"softloss/cmd/demo/internal/record"
	"softloss/losses"
	"softloss/train"
)

// Options are what the command line of train says.
type Options struct {
	record.Config // what the summary keeps of it
	cli.Output

	data      input.Source
	test      input.Source // test rows of their own; none when its Data is ""
	weights   input.Weights
	criterion losses.Criterion
	ownMap    losses.Loss // of which the map to probabilities is; nil for a softmax or a sigmoid
	curve     train.Curve
	calibrate bool
	choose    bool        // thresholds
	runs      int         // with seeds that count up
	group     train.Group // the processes that train together; nil is this one

	checkpoint  string
	resume      bool
	tensorboard string
}

// Flags returns the flags in the order of -h. A new one is a field of [record.Config], a line here
// and, where the trainer must know, one in config.
func (o *Options) Flags() []cli.Flag {
	return slices.Concat(
		cli.Group("Data", append(o.data.Flags(true),
			cli.Switch("counts", "with -soft: they are votes, and a row weighs as many as it has", &o.data.CSV.Counts),
			cli.Value("testdata", "FILE", "", "test rows of their own, instead of a part of -data", cli.AnyText(&o.test.Data)),
			input.UnseenFlag(&o.test.CSV.Unseen, "in -testdata that is not in -data"),
			cli.Value("testlabels", "FILE", "", "their labels, when -data has -labels", cli.AnyText(&o.test.Labels)),
			cli.Value("test", "FRACTION", "", "part of the rows kept for the test, between 0 and 1 (default 0.2, without "+
				"-testdata)", cli.Part(&o.TestFraction)),
			cli.Value("validation", "FRACTION", "", "part of the training rows that is held out and watched after each "+
				"epoch instead of the test (default 0.1 with -patience, -calibrate or -thresholds, which go by it, else 0)",
				cli.Number(&o.Validation, "a number from 0 to below 1", func(x float64) bool { return x >= 0 && x < 1 })),
			cli.Value("noise", "RATE", "0", "part of the training labels, of validation rows too, replaced by a wrong "+
				"class, 0 to 1",
				cli.Number(&o.Noise, "a number from 0 to 1", func(x float64) bool { return x >= 0 && x <= 1 })),
		)...),
		cli.Group("Loss",
			cli.Value("loss", "NAME", "ce", input.LossHelp(), o.setLoss),
			cli.Value("link", "NAME", "", "softmax: a row is of one class; sigmoid: every label is a yes-or-no question of its "+
				"own, several of which may be true, and of two classes one logit says which (default sigmoid for several labels, "+
				"else softmax)",
				cli.OneOf(&o.Link, strings.Clone, losses.SoftmaxLink.String(), losses.SigmoidLink.String())),
			cli.Value("alpha", "A", "", "strength of label smoothing; 0 is off (default 0.1 with digits and housing, 0 with "+
				"several labels and with data of your own)", cli.NotNegative(&o.Alpha)),
			cli.Value("smoothing", "RULE", "notebook", "how alpha is applied: notebook (taken in equal parts from the "+
				"labels above 0), uniform (as PyTorch does), prior (keeps sums)",
				cli.OneOf(&o.criterion.Smoothing.Rule, losses.SmoothingRule.String,
					losses.SmoothNotebook, losses.SmoothUniform, losses.SmoothPrior)),
			o.weights.Flag(true),
		),
		o.trainingFlags(),
		o.teacherFlags(),
		o.Output.Flags("the model (safetensors and ONNX), the summary",
			cli.Value("checkpoint", "DIR", "", "save the run there after every epoch, so that not even a crash loses it; "+
				"without, Ctrl-C saves it in the folder checkpoint of -out", cli.AnyText(&o.checkpoint)),
			cli.Switch("resume", "go on with the run in -checkpoint; all other flags must be as they were, but -epochs, "+
				"which may be more", &o.resume),
			cli.Value("tensorboard", "DIR", "", "write event files for TensorBoard; give every run a folder of its own",
				cli.AnyText(&o.tensorboard)),
		),
	)
}

func (o *Options) trainingFlags() []cli.Flag {
	return cli.Group("Training",
		cli.Value("epochs", "N", "", "times that training sees every row (default 30, with a small file more, so that "+
			"there are about 1000 steps; with housing 300)", cli.Whole(&o.Epochs, 1)),
		cli.Value("batch", "N", "64", "rows of a training step", cli.Whole(&o.Batch, 1)).Sets("BatchSize"),
		cli.Value("lr", "RATE", "", "learning rate of the optimiser (default 0.001, with housing 0.01, with data of your "+
			"own and -hidden none 0.03)",
			cli.Positive(&o.LearnRate)).Sets("LearnRate"),
		cli.Value("hidden", "N,N,...", "256", "units of the hidden layers, such as 128,64; none for a linear model",
			cli.Layers(&o.Hidden)).Sets("Hidden"),
		cli.Value("seed", "N", "1", "of the split, the noise, the weights and the batches", cli.Seed(&o.Seed)).Sets("Seed"),
		cli.Value("repeat", "N", "1", "make the run N times, with the seeds from -seed on, and say mean and deviation",
			cli.Whole(&o.runs, 1)),
		cli.Value("schedule", "CURVE", "constant", "of the learning rate: constant, or cosine down to 0",
			cli.OneOf(&o.curve, train.Curve.String, train.Constant, train.Cosine)),
		cli.Value("warmup", "EPOCHS", "0", "the learning rate rises in a line from 0 during these epochs",
			cli.NotNegative(&o.Warmup)),
		cli.Value("patience", "N", "0", "stop after N epochs without a better validation loss and keep the weights of "+
			"the best epoch", cli.Whole(&o.Patience, 0)).Sets("Patience"),
		cli.Value("l2", "S", "", "penalty S/2 times the squares of the weights (default 1 / training rows with data of your "+
			"own, 0 with digits and housing)", cli.NotNegative(&o.L2)).Sets("L2"),
		cli.Value("decay", "S", "0", "weight decay as in AdamW", cli.NotNegative(&o.WeightDecay)).Sets("WeightDecay"),
		cli.Value("clip", "NORM", "0", "the largest length of a gradient; 0 is no limit",
			cli.NotNegative(&o.ClipNorm)).Sets("ClipNorm"),
		cli.Value("mixup", "A", "0", "mix every batch with itself, in parts of Beta(A, A); 0.2 is a good start",
			cli.NotNegative(&o.Mixup)).Sets("Mixup"),
		cli.Value("shards", "N", "", "compute every batch in N parts, on as many processes as mpirun starts; the result "+
			"depends on the parts, not on the processes (default 1)", cli.Whole(&o.Shards, 1)).Sets("Shards"),
		cli.Switch("calibrate", "after the training fit the temperature that makes the confidence right on the "+
			"validation rows; the saved model has it", &o.calibrate),
		cli.Switch("thresholds", "with -link sigmoid: after the training choose for every label the probability from which "+
			"on it is true, for the best F1 on the validation rows, instead of 0.5; of two classes, that from which on the "+
			"rarer one is said. The saved model has them", &o.choose),
	)
}

func (o *Options) teacherFlags() []cli.Flag {
	return cli.Group("Training",
		cli.Value("teacher", "FILE", "", "distil a model that demo train saved: learn what it says of the training "+
			"rows, beside their labels. Train it with the same -seed and -test, or it knows the test rows",
			cli.AnyText(&o.Teacher)),
		cli.Value("temperature", "T", "", "of -teacher: logits of both are divided by T, which softens them (default "+
			"2). The teacher's part of the loss is multiplied by T squared, so that its gradient keeps its size",
			cli.Positive(&o.Temperature)).Sets("TeacherTemperature"),
		cli.Value("teacherweight", "W", "", "of -teacher: part of the loss that is the teacher's, up to 1; the rest is "+
			"the labels' (default 0.5)",
			cli.Number(&o.TeacherWeight, "a number above 0, up to 1", func(x float64) bool { return x > 0 && x <= 1 }),
		).Sets("TeacherWeight"),
	)
}

// config returns the trainer's configuration from the flags; steps is the number of steps of an
// epoch.
func (o *Options) config(steps int) train.Config {
	return train.Config{
		Hidden: o.Hidden, Epochs: o.Epochs, BatchSize: o.Batch, LearnRate: o.LearnRate, Seed: o.Seed,
		Criterion:          o.criterion,
		Schedule:           train.Schedule{Curve: o.curve, Warmup: int(math.Round(min(o.Warmup, 1e6) * float64(steps)))},
		L2:                 o.L2,
		WeightDecay:        o.WeightDecay,
		ClipNorm:           o.ClipNorm,
		Mixup:              o.Mixup,
		Shards:             o.Shards,
		Group:              o.group,
		Patience:           o.Patience,
		Checkpoint:         o.checkpoint,
		TeacherTemperature: o.Temperature,
		TeacherWeight:      o.TeacherWeight,
	}
}

// flagOf returns the flag, with its dash, of a field of the configuration; "" when it has none of
// its own.
func (o *Options) flagOf(field string) string {
	for _, f := range o.Flags() {
		if f.Field == field {
			return "-" + f.Name
		}
	}
	return ""
}

// wrongConfig is what the trainer refuses, in the words of the command line.
func (o *Options) wrongConfig(err error) error {
	var wrong *train.ConfigError
	if errors.As(err, &wrong) && o.flagOf(wrong.Field) != "" {
		return cli.Usagef("%s: %s", o.flagOf(wrong.Field), wrong.Problem)
	}
	return cli.Usagef("%s", cli.Plain(err))
}

func (o *Options) setLoss(s string) error {
	loss, err := input.Loss(s)
	if err != nil {
		return err
	}
	o.Loss, o.criterion.Loss = s, loss
	return nil
}

// leads reports whether this process is the first of its group, or has none.
func (o *Options) leads() bool { return o.group == nil || o.group.Rank() == 0 }
