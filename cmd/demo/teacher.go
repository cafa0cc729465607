package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"softloss/train"
)

// teacherSummary is the model that is distilled, and how it does on the test rows.
type teacherSummary struct {
	Sizes        []int `json:"sizes"` // of its layers
	TestLoss     float `json:"test_loss"`
	TestAccuracy float `json:"test_accuracy"`
	ECE          float `json:"ece"`
}

// loadSaved reads a model that a flag names. What is wrong with it is errUsage.
func loadSaved(flag, path string) (*train.Saved, error) {
	if isFolder(path) {
		return nil, usagef("-%s %s: is a folder; want the model file in it, %s", flag, path, filepath.Join(path, modelFile))
	}
	saved, err := train.Load(path)
	switch {
	case errors.Is(err, train.ErrFile) && strings.HasSuffix(path, ".onnx"):
		return nil, usagef("-%s %s: is an ONNX file, which is for other programs; want the one beside it, %s", flag, path, filepath.Join(filepath.Dir(path), modelFile))
	case errors.Is(err, fs.ErrNotExist):
		return nil, usagef("-%s %s: no such file; demo train saves one", flag, path)
	case err != nil:
		return nil, usagef("-%s: %s", flag, trimPackage(err))
	}
	return saved, nil
}

// loadTeacher reads the model that -teacher names, as one for features that are scaled as here.
func (s *session) loadTeacher() error {
	if s.options.teacher == "" {
		return nil
	}
	saved, err := loadSaved("teacher", s.options.teacher)
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
		{"feature", sizes[0], s.train.NumFeatures(), saved.FeatureNames, s.train.FeatureNames},
		{"class", sizes[len(sizes)-1], s.train.NumClasses(), saved.ClassNames, s.train.ClassNames},
	} {
		if err := sameNames(side.what, side.got, side.want, side.names, side.wantNames); err != nil {
			return usagef("-teacher %s: %s as in -data", s.options.teacher, err)
		}
	}
	if s.teacher, err = saved.Fold(s.scaler); err != nil {
		return usagef("-teacher %s: %s", s.options.teacher, trimPackage(err))
	}
	s.summary.Teacher = &teacherSummary{Sizes: sizes, TestLoss: unknown, TestAccuracy: unknown, ECE: unknown}
	return nil
}

// sameNames wants as many features or classes and, where both have names, the same ones in the same order.
func sameNames(what string, got, want int, names, wantNames []string) error {
	if got != want {
		return fmt.Errorf("got a model of %s, want %d", count(got, what), want)
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
	t.TestLoss, t.TestAccuracy, t.ECE = float(m.Loss), float(m.Accuracy), float(m.ECE)
	return err
}
