package run

import (
	"errors"
	"fmt"
	"strconv"

	"softloss/cmd/demo/internal/cli"
	"softloss/cmd/demo/internal/input"
	"softloss/losses"
	"softloss/train/dataset"
)

// What a flag is where it is not given.
const (
	defaultTest          = 0.2
	defaultAlpha         = 0.1 // of built-in data, to show what smoothing does
	defaultEpochs        = 30  // at least
	defaultSteps         = 1000
	defaultValidation    = 0.1 // where a result depends on it
	defaultTemperature   = 2
	defaultTeacherWeight = 0.5
	linearLearnRate      = 0.03 // of a file, without hidden layers
)

// defaultL2 is the penalty of the weights for a number of training rows of a file: that of a prior
// of variance 1, of which rows know more the more there are. Two digits are enough to say it.
func defaultL2(rows int) float64 {
	short, err := strconv.ParseFloat(fmt.Sprintf("%.2g", 1/float64(rows)), 64)
	if err != nil {
		return 0
	}
	return short
}

// Parse reads the command line of train. It returns [cli.ErrHelp] for -h and errors that are
// [cli.ErrUsage].
func Parse(args []string) (Options, error) {
	var o Options
	o.data.HasLink, o.test.HasLink = true, true
	o.test.Test, o.Validation, o.Alpha, o.L2 = true, notGiven, notGiven, notGiven
	if err := cli.ParseFlags("train", o.Flags(), args); err != nil {
		return o, err
	}
	for _, check := range []func() error{
		o.data.Check, o.checkTest, o.checkTraining, o.checkTeacher, o.checkLink, o.checkCriterion,
	} {
		if err := check(); err != nil {
			return o, err
		}
	}
	return o, nil
}

// notGiven is a value that a flag cannot have.
const notGiven = -1

// The checks refuse flags that exclude each other, and set what is not given.

func (o *Options) checkTest() error {
	switch {
	case o.test.Data != "" && input.Builtin(o.data.Data) != nil:
		return cli.Usagef("-testdata is for data from files, but -data is %s", o.data.Data)
	case o.test.Labels != "" && o.test.Data == "":
		return cli.Usagef("-testlabels needs -testdata FILE: the rows that they are the labels of")
	case o.test.Data != "" && o.data.Labels != "" && o.test.Labels == "":
		return cli.Usagef("-testdata needs -testlabels FILE, as -data has -labels")
	case o.test.Labels != "" && o.data.Labels == "":
		return cli.Usagef("-testlabels is for IDX and NPY files, but -data has no -labels")
	case o.test.Data != "" && o.TestFraction != 0:
		return cli.Usagef("-test and -testdata exclude each other: the test is a part of -data or a file of its own")
	case o.test.Data == "" && o.TestFraction == 0:
		o.TestFraction = defaultTest
	}
	unseen := o.test.CSV.Unseen
	if o.test.CSV = o.data.CSV; unseen != dataset.UnseenRefuse && (o.test.Data == "" || o.test.Labels != "") {
		return cli.Usagef("-unseen is for the words of a table of -testdata: all words of -data are known")
	}
	o.test.CSV.Unseen = unseen
	return nil
}

func (o *Options) checkTraining() error {
	if o.runs > 1 && (o.checkpoint != "" || o.tensorboard != "") {
		return cli.Usagef("-repeat makes several runs, but -checkpoint and -tensorboard are of one")
	}
	if o.resume && o.checkpoint == "" {
		return cli.Usagef("-resume needs -checkpoint DIR: the folder of the run to go on with")
	}
	o.defaultPace()
	switch deciders := o.deciders(); {
	case o.Validation == 0 && len(deciders) > 0:
		return cli.Usagef("%s needs validation rows to go by: want -validation above 0, or none for %g", deciders[0],
			defaultValidation)
	case o.Validation == notGiven && len(deciders) > 0:
		o.Validation = defaultValidation
	case o.Validation == notGiven:
		o.Validation = 0
	}
	return nil
}

// deciders are the flags given by which validation rows decide something.
func (o *Options) deciders() (flags []string) {
	for _, f := range []struct {
		name  string
		given bool
	}{{"-patience", o.Patience > 0}, {"-calibrate", o.calibrate}, {"-thresholds", o.choose}} {
		if f.given {
			flags = append(flags, f.name)
		}
	}
	return flags
}

// checkLink finds out what makes probabilities, and asks where more than one thing may be meant.
func (o *Options) checkLink() error {
	several := o.data.SeveralLabels()
	switch {
	case several && o.Link == losses.SoftmaxLink.String():
		return cli.Usagef("-link softmax is for rows of one class, but of -data %s several labels may be true at once: want "+
			"-link sigmoid, or with -soft K shares of a row, which are divided by their sum", o.data.Data)
	case several:
		o.Link = losses.SigmoidLink.String()
	case o.Link == losses.SoftmaxLink.String():
		o.Link = "" // as when it is not given
	}
	switch {
	case several && o.Noise > 0:
		return cli.Usagef("-noise replaces a class by another one, but -data %s has several labels", o.data.Data)
	case o.HasQuestions():
		o.criterion.Link = losses.SigmoidLink
	}
	o.data.Questions, o.test.Questions = o.HasQuestions(), o.HasQuestions()
	if err := input.CheckLink(o.criterion.Loss, o.criterion.Link); err != nil {
		return cli.Usagef("-%s", err)
	}
	return nil
}

func (o *Options) checkTeacher() error {
	switch {
	case o.Teacher == "" && o.Temperature != 0:
		return cli.Usagef("-temperature is that of a -teacher FILE; -calibrate finds the one of a model")
	case o.Teacher == "" && o.TeacherWeight != 0:
		return cli.Usagef("-teacherweight needs -teacher FILE: a model that demo train saved")
	case o.Teacher == "":
		return nil
	}
	if o.Temperature == 0 {
		o.Temperature = defaultTemperature
	}
	if o.TeacherWeight == 0 {
		o.TeacherWeight = defaultTeacherWeight
	}
	return nil
}

// defaultPace puts in the epochs of built-in data and the learning rate. The epochs and the penalty
// of a file depend on its rows.
func (o *Options) defaultPace() {
	epochs, rate := 0, input.DefaultLearnRate
	switch o.data.Data {
	case "digits", "digits-labels":
		epochs = defaultEpochs
	case "housing":
		epochs, rate = input.AnswersEpochs, input.AnswersLearnRate
	default:
		if len(o.Hidden) == 0 {
			rate = linearLearnRate
		}
	}
	if o.L2 == notGiven && epochs > 0 {
		o.L2 = 0
	}
	if o.Epochs == 0 {
		o.Epochs = epochs
	}
	if o.LearnRate == 0 {
		o.LearnRate = rate
	}
}

// checkCriterion makes the criterion, and keeps it for the summary.
func (o *Options) checkCriterion() error {
	if o.Alpha == notGiven {
		o.Alpha = 0
		if input.Builtin(o.data.Data) != nil && !o.HasQuestions() {
			o.Alpha = defaultAlpha
		}
	}
	o.criterion.Smoothing.Alpha = o.Alpha
	o.Weights = o.weights.Text
	o.Smoothing, o.Schedule, o.Criterion = o.criterion.Smoothing.Rule.String(), o.curve.String(), o.criterion.Key()
	predictor, err := o.criterion.Predictor() // [input.Loss] has tried it
	if err != nil {
		return err
	}
	if o.ownMap = predictor.Loss; o.ownMap != nil && (o.calibrate || o.Teacher != "") {
		return cli.Usagef("-loss %s: predicts with a map of its own, but -calibrate and -teacher are of a softmax or a "+
			"sigmoid",
			o.Loss)
	}
	err = o.criterion.Validate()
	if errors.Is(err, losses.ErrAlpha) {
		return cli.Usagef("-alpha %g: with -smoothing %s want a number from 0 to 1", o.Alpha, o.Smoothing)
	}
	if err != nil {
		return cli.Usagef("-loss %s: %s", o.Loss, cli.Plain(err))
	}
	return nil
}
