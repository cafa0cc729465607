package run

import (
	"fmt"

	"softloss/cmd/demo/internal/cli"
	"softloss/cmd/demo/internal/input"
	"softloss/cmd/demo/internal/record"
	"softloss/internal/phrase"
)

// loadTeacher reads the model that -teacher names, as one for features that are scaled as here.
func (s *session) loadTeacher() error {
	if s.Teacher == "" {
		return nil
	}
	saved, err := input.Model("teacher", s.Teacher)
	if err != nil {
		return err
	}
	sizes := saved.Model.Sizes()
	for _, side := range []struct {
		what      string
		got, want int
		names     []string
		wantNames []string
	}{
		{what: "feature", got: sizes[0], want: s.train.NumFeatures(), names: saved.FeatureNames,
			wantNames: s.train.FeatureNames},
		{what: "class", got: sizes[len(sizes)-1], want: s.train.NumClasses(), names: saved.ClassNames,
			wantNames: s.train.ClassNames},
	} {
		if err := sameNames(side.what, side.got, side.want, side.names, side.wantNames); err != nil {
			return cli.Usagef("-teacher %s: %s as in -data", s.Teacher, err)
		}
	}
	if got, want := saved.Model.Criterion().Link, s.criterion.Link; got != want {
		return cli.Usagef("-teacher %s: got a model of -link %v, want one of -link %v as here", s.Teacher, got, want)
	}
	if s.teacher, err = saved.Fold(s.prepared.Scaler); err != nil {
		return cli.Usagef("-teacher %s: %s", s.Teacher, cli.Plain(err))
	}
	s.summary.Teacher = &record.Teacher{Sizes: sizes, TestLoss: record.Unknown, TestAccuracy: record.Unknown,
		ECE: record.Unknown}
	return nil
}

// sameNames returns an error unless both sides have as many features or classes and, where both
// have names, the same ones in the same order.
func sameNames(what string, got, want int, names, wantNames []string) error {
	if got != want {
		return fmt.Errorf("got a model of %s, want %d", phrase.Plural(got, what), want)
	}
	if names == nil || wantNames == nil {
		return nil
	}
	for i, name := range names {
		if name != wantNames[i] {
			return fmt.Errorf("%s %d: got %q, want %q", what, i, name, wantNames[i])
		}
	}
	return nil
}

// evaluateTeacher fills in how the teacher does.
func (s *session) evaluateTeacher() error {
	if s.teacher == nil {
		return nil
	}
	m, err := s.teacher.Evaluate(s.test, s.criterion)
	t := s.summary.Teacher
	t.TestLoss, t.TestAccuracy, t.ECE = record.Scores(m)
	return err
}
