package run

import (
	"errors"
	"slices"

	"softloss/cmd/demo/internal/cli"
	"softloss/internal/phrase"
	"softloss/losses"
	"softloss/train/dataset"
)

// load reads the data, splits, adds noise and scales, and reads the teacher.
func (s *session) load() error {
	set, err := s.data.Load()
	if err != nil {
		return err
	}
	s.counting = countingColumn(set)
	if err := s.splitTest(set); err != nil {
		return err
	}
	d := &s.summary.Data
	if s.Noise > 0 && severalLabels(s.train) {
		return cli.Usagef("-noise replaces a class by another one, but %s has several labels", s.data.Labels)
	}
	if s.Noise > 0 {
		if s.train, d.FlippedLabels, err = dataset.FlipLabels(s.train, s.Noise, s.Seed); err != nil {
			return err
		}
	}
	all := []*dataset.Dataset{s.test}
	if n := s.train.Len(); s.Validation > 0 {
		if s.train, s.valid, err = s.train.Split(s.Validation, s.Seed); err != nil {
			return cli.Usagef("-validation %g of %s: leaves no row on one side, want at least 1 on both", s.Validation,
				phrase.Plural(n, "training row"))
		}
		d.ValidationRows = s.valid.Len()
		all = append(all, s.valid)
	}
	if err := s.askOne(all); err != nil {
		return err
	}
	s.rawTest = s.test.Features
	if s.prepared, err = s.data.Prepare(true, s.train, all...); err != nil {
		return err
	}
	d.Label, d.Imputed = set.LabelName, s.prepared.Fill != nil
	d.Dropped += set.Dropped
	d.Name, d.TestName, d.TrainRows, d.TestRows = s.data.Data, s.Options.test.Data, s.train.Len(), s.test.Len()
	d.Features, d.Classes = set.NumFeatures(), s.train.NumClasses()
	if s.choose && !s.HasQuestions() && d.Classes != 2 {
		return cli.Usagef("-thresholds is for labels of -link sigmoid, or for two classes; of %d the likeliest is predicted",
			d.Classes)
	}
	d.Weighted, d.SoftLabels = set.Counts != nil, isSoft(set)
	if err := s.settle(); err != nil {
		return err
	}
	return s.loadTeacher()
}

// settle sets what depends on the training rows.
func (s *session) settle() error {
	if s.Epochs == 0 { // those of a file, when they are not given
		s.Epochs = max(defaultEpochs, (defaultSteps+s.batches()-1)/s.batches())
	}
	if s.L2 == notGiven {
		s.L2 = defaultL2(s.train.Len())
	}
	s.summary.Config.Epochs, s.summary.Config.L2 = s.Epochs, s.L2
	if s.Weights == "" {
		return nil
	}
	err := s.weights.Apply(&s.criterion, s.train)
	s.summary.Config.Criterion = s.criterion.Key()
	s.summary.Config.Weights = s.weights.Named(s.train.ClassNames)
	return err
}

// askOne makes, with -link sigmoid, one question of two classes, whether a row is of the second: of
// the training rows and all others.
func (s *session) askOne(others []*dataset.Dataset) error {
	all := append([]*dataset.Dataset{s.train}, others...)
	if !s.HasQuestions() || s.data.SeveralLabels() || s.train.NumClasses() != 2 ||
		slices.ContainsFunc(all, severalLabels) {
		return nil
	}
	for _, set := range all {
		one, err := set.Question(1)
		if err != nil {
			return err
		}
		*set = *one
	}
	return nil
}

// severalLabels reports whether a row's labels are not shares of 1: several are true at once, or
// none.
func severalLabels(set *dataset.Dataset) bool {
	return errors.Is(set.Validate(losses.SoftmaxLink), dataset.ErrLabel)
}

// splitTest separates the test rows from the others, or reads them from their own file.
func (s *session) splitTest(set *dataset.Dataset) (err error) {
	if s.Options.test.Data == "" {
		if s.train, s.test, err = set.Split(s.TestFraction, s.Seed); err != nil {
			return cli.Usagef("-test %g of %s: %s", s.TestFraction, phrase.Plural(set.Len(), "row"), cli.Plain(err))
		}
		return nil
	}
	s.train = set
	source := s.Options.test
	source.Like(set.LabelName, set.ClassNames)
	if s.test, err = source.Load(); err != nil {
		return err
	}
	s.summary.Data.Dropped = s.test.Dropped
	if s.test, err = s.test.WithFeatures(set.FeatureNames, source.CSV.Unseen); errors.Is(err, dataset.ErrClasses) {
		return cli.Usagef("-testdata %s: %s in -data; -unseen zeros takes it for none of these", source.Data, cli.Plain(err))
	} else if err != nil {
		return cli.Usagef("-testdata %s: %s as in -data", source.Data, cli.Plain(err))
	}
	return nil
}
