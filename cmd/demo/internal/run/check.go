package run

import (
	"errors"

	"softloss/cmd/demo/internal/cli"
	"softloss/cmd/demo/internal/input"
	"softloss/losses"
	"softloss/train/dataset"
)

// What holds where a flag is not given.
const (
	defaultTest          = 0.2
	defaultEpochs        = 30 // at least
	defaultSteps         = 1000
	defaultValidation    = 0.1 // where something goes by it
	defaultTemperature   = 2
	defaultTeacherWeight = 0.5
)

// Parse reads the command line of train. It returns flag.ErrHelp for -h and errors that are errUsage.
func Parse(args []string) (Options, error) {
	o := Options{Validation: -1}
	rest, err := cli.Parse("train", o.Flags(), args)
	switch {
	case err != nil:
		return o, err
	case len(rest) > 0:
		return o, cli.Usagef("unexpected argument %q, want flags only; a data file is given with -data", rest[0])
	}
	for _, check := range []func() error{o.checkData, o.checkTraining, o.checkCriterion} {
		if err := check(); err != nil {
			return o, err
		}
	}
	return o, nil
}

// The checks look for values that are right alone and wrong together, and put in what is not given.

func (o *Options) checkData() error {
	ofCSV := o.csv.Label != "" || o.csv.LabelColumns != 0 || o.csv.Counts || o.csv.Header != dataset.HeaderAuto || o.csv.Comma != 0
	switch isBuiltin := input.Builtin(o.data) != nil; {
	case ofCSV && isBuiltin:
		return cli.Usagef("-label, -soft, -counts, -header and -comma are about a CSV file, but -data is %s", o.data)
	case o.labels != "" && isBuiltin:
		return cli.Usagef("-labels is for an IDX or NPY file, but -data is %s, which has its labels", o.data)
	case o.testData != "" && isBuiltin:
		return cli.Usagef("-testdata is for data from files, but -data is %s", o.data)
	case ofCSV && o.labels != "":
		return cli.Usagef("-label, -soft, -counts, -header and -comma are about a CSV file, but -labels is for an IDX or NPY file")
	case o.csv.Label != "" && o.csv.LabelColumns != 0:
		return cli.Usagef("-label and -soft exclude each other: the class is in one column or in the last K")
	case o.csv.Label != "" && o.csv.Header == dataset.HeaderNo:
		return cli.Usagef("-label and -header no exclude each other: the column is found by its name in the header")
	case o.csv.Counts && o.csv.LabelColumns == 0:
		return cli.Usagef("-counts needs -soft K: the last K columns count the votes for each class")
	case o.csv.LabelColumns == 1:
		return cli.Usagef("-soft 1: want 2 or more columns, one for each class")
	}
	switch {
	case o.testLabels != "" && o.testData == "":
		return cli.Usagef("-testlabels needs -testdata FILE: the rows that they are the labels of")
	case o.testData != "" && o.labels != "" && o.testLabels == "":
		return cli.Usagef("-testdata needs -testlabels FILE, as -data has -labels")
	case o.testLabels != "" && o.labels == "":
		return cli.Usagef("-testlabels is for IDX and NPY files, but -data has no -labels")
	case o.testData != "" && o.testFraction != 0:
		return cli.Usagef("-test and -testdata exclude each other: the test is a part of -data or a file of its own")
	case o.testData == "" && o.testFraction == 0:
		o.testFraction = defaultTest
	}
	return nil
}

func (o *Options) checkTraining() error {
	if o.resume && o.checkpoint == "" {
		return cli.Usagef("-resume needs -checkpoint DIR: the folder of the run to go on with")
	}
	o.defaultPace()
	watched := o.patience > 0 || o.calibrate
	switch {
	case o.Validation == 0 && o.patience > 0:
		return cli.Usagef("-patience needs validation rows to go by: want -validation above 0, or none for %g", defaultValidation)
	case o.Validation == 0 && o.calibrate:
		return cli.Usagef("-calibrate needs validation rows to go by: want -validation above 0, or none for %g", defaultValidation)
	case o.Validation < 0 && watched:
		o.Validation = defaultValidation
	case o.Validation < 0:
		o.Validation = 0
	}
	switch {
	case o.teacher == "" && o.temperature != 0:
		return cli.Usagef("-temperature is that of a -teacher FILE; -calibrate finds the one of a model")
	case o.teacher == "" && o.teacherWeight != 0:
		return cli.Usagef("-teacherweight needs -teacher FILE: a model that demo train saved")
	case o.teacher != "":
		if o.temperature == 0 {
			o.temperature = defaultTemperature
		}
		if o.teacherWeight == 0 {
			o.teacherWeight = defaultTeacherWeight
		}
	}
	return nil
}

// defaultPace puts in the epochs of built-in data and the learning rate. The epochs of a file depend on its rows.
func (o *Options) defaultPace() {
	epochs, rate := 0, input.DefaultLearnRate
	switch o.data {
	case "digits":
		epochs = defaultEpochs
	case "housing":
		epochs, rate = input.AnswersEpochs, input.AnswersLearnRate
	}
	if o.Epochs == 0 {
		o.Epochs = epochs
	}
	if o.LearnRate == 0 {
		o.LearnRate = rate
	}
}

func (o *Options) checkCriterion() error {
	err := o.criterion.Validate()
	if errors.Is(err, losses.ErrAlpha) {
		return cli.Usagef("-alpha %g: with -smoothing %v want a number from 0 to 1", o.criterion.Smoothing.Alpha, o.criterion.Smoothing.Rule)
	}
	if err != nil {
		return cli.Usagef("-loss %s: %s", o.loss, cli.OneLine(err))
	}
	return nil
}
