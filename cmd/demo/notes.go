package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"softloss/losses"
	"softloss/train"
	"softloss/train/dataset"
)

// printNotes says, below the head, what a user may not have meant.
func (s *session) printNotes() {
	for _, note := range []string{s.noteLabel(), s.noteValidation(), s.noteAlpha(), s.noteWarmup(), s.noteOldRun()} {
		if note != "" {
			fmt.Fprintf(s.text, "note     %s\n", note)
		}
	}
}

// noteLabel is about classes that look like a feature.
func (s *session) noteLabel() string {
	name := s.summary.Data.Label
	if name == "" {
		return ""
	}
	fractional := slices.ContainsFunc(s.train.ClassNames, func(class string) bool {
		x, err := strconv.ParseFloat(class, 64)
		return err == nil && x != float64(int64(x))
	})
	hasText := slices.ContainsFunc(s.train.FeatureNames, func(feature string) bool { return strings.Contains(feature, "=") })
	if s.csv.Label == "" && fractional && hasText {
		return fmt.Sprintf("the classes are numbers of %q; -label NAME takes another column", name)
	}
	return ""
}

// noteValidation warns of what goes by few rows.
func (s *session) noteValidation() string {
	var flags []string
	if s.patience > 0 {
		flags = append(flags, "-patience")
	}
	if s.calibrate {
		flags = append(flags, "-calibrate")
	}
	if len(flags) == 0 || s.valid.Len() >= fewRows {
		return ""
	}
	verb := "is"
	if len(flags) > 1 {
		verb = "are"
	}
	text := fmt.Sprintf("%s %s unreliable with so few validation rows", strings.Join(flags, " and "), verb)
	if s.validation < enoughValidation {
		text += fmt.Sprintf("; -validation %g holds out more", enoughValidation)
	}
	return text
}

// enoughValidation is the part of a small file that gives -patience and -calibrate something to go by.
const enoughValidation = 0.3

// noteAlpha is about a strength that only the notebook's rule accepts.
func (s *session) noteAlpha() string {
	if a := s.criterion.Smoothing; a.Rule == losses.SmoothNotebook && a.Alpha > 1 {
		return fmt.Sprintf("-alpha %g is above 1: smoothed labels are no longer shares of one row", a.Alpha)
	}
	return ""
}

// noteWarmup is about a learning rate that is never reached.
func (s *session) noteWarmup() string {
	if s.warmup > float64(s.epochs) {
		return fmt.Sprintf("-warmup %g is longer than the training, %s: the learning rate stays below %g", s.warmup, count(s.epochs, "epoch"), s.learnRate)
	}
	return ""
}

// noteOldRun is about a run that Ctrl-C would replace.
func (s *session) noteOldRun() string {
	if s.checkpoint != "" || s.noPlots {
		return ""
	}
	dir := filepath.Join(s.out, checkpointFolder)
	old, err := train.ReadCheckpoint(dir)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%s holds a run stopped after %s; -checkpoint %s -resume goes on with it, Ctrl-C would replace it",
		dir, count(old.Epoch, "epoch"), shellWord(dir))
}

// setEpochs puts in the epochs of a file, when they are not given: about defaultSteps, and not below defaultEpochs.
func (s *session) setEpochs() {
	if s.epochs == 0 {
		s.epochs = max(defaultEpochs, (defaultSteps+s.batches()-1)/s.batches())
	}
	s.summary.Config.Epochs = s.epochs
}

// batches is the number of steps of an epoch.
func (s *session) batches() int {
	return dataset.Batches{N: s.train.Len(), Size: min(s.batch, s.train.Len())}.Len()
}

// otherRun is the error of -resume for a run that is not the one of the flags.
func (s *session) otherRun(err error) error {
	var differs *train.OtherRunError
	if !errors.As(err, &differs) {
		return usagef("-resume: %s: %s", s.checkpoint, trimPackage(err))
	}
	const advice = "give the same flags, or another -checkpoint"
	field := differs.Field
	if strings.HasPrefix(field, "Teacher") && (differs.Run == 0.0 || differs.Now == 0.0) { // what a -teacher has with it
		field = "Teacher"
	}
	switch field {
	case "TrainSet", "ValidSet":
		return usagef("-resume: the run in %s has other training rows: other -data, -test, -validation or -noise; %s", s.checkpoint, advice)
	case "Teacher":
		return usagef("-resume: the run in %s has another -teacher, or none; %s", s.checkpoint, advice)
	case "Criterion":
		return usagef("-resume: the run in %s was made with another -loss, -alpha or -smoothing (%v, not %v); %s", s.checkpoint, differs.Run, differs.Now, advice)
	}
	name, run, now := s.settingFlag(differs)
	return usagef("-resume: the run in %s was made with %s %s, not %s; %s", s.checkpoint, name, run, now, advice)
}

// settingFlag is the flag of a field of the configuration, with the values that it has in the run and here.
func (s *session) settingFlag(e *train.OtherRunError) (name, run, now string) {
	if a, ok := e.Run.(train.Schedule); ok {
		b := e.Now.(train.Schedule)
		if a.Curve != b.Curve {
			return "-schedule", a.Curve.String(), b.Curve.String()
		}
		epochs := func(steps int) string { return fmt.Sprintf("%.4g", float64(steps)/float64(s.batches())) }
		return "-warmup", epochs(a.Warmup), epochs(b.Warmup)
	}
	name = map[string]string{
		"Hidden": "-hidden", "BatchSize": "-batch", "LearnRate": "-lr", "Seed": "-seed", "L2": "-l2", "WeightDecay": "-decay", "ClipNorm": "-clip",
		"Mixup": "-mixup", "Patience": "-patience", "TeacherTemperature": "-temperature", "TeacherWeight": "-teacherweight",
	}[e.Field]
	return name, flagValue(e.Run), flagValue(e.Now)
}

// flagValue is a value as a flag takes it.
func flagValue(v any) string {
	sizes, ok := v.([]int)
	switch {
	case !ok:
		return fmt.Sprint(v)
	case len(sizes) == 0:
		return "none"
	}
	return strings.Join(strings.Fields(strings.Trim(fmt.Sprint(sizes), "[]")), ",")
}
