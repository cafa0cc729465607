package show

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"softloss/cmd/demo/internal/figure"
	"softloss/cmd/demo/internal/record"
)

// picture is a file of the output folder, and what of it the report shows.
type picture struct {
	file    string
	title   string // in the report
	caption string
	whole   figure.Drawing
	parts   []figure.Drawing // of the report, each as wide as a telephone
}

// alphaPicture returns the one picture that needs no training.
func alphaPicture() (picture, error) {
	sheet, err := lossByAlpha()
	return picture{file: record.LossByAlphaFile, title: "Example: what label smoothing does",
		caption: "The notebook's example of three rows and five classes, the same in every report: none of it is your data " +
			"or this run. It shows how the loss of each row depends on alpha, the strength of smoothing, for soft labels, for " +
			"one-hot labels and for class indices.", whole: sheet.Drawing(), parts: sheet.Single()}, err
}

// picturesOf returns the pictures of a run, in the order of the report: what is the same in every
// one comes last.
func picturesOf(s *record.Run) ([]picture, error) {
	var out []picture
	add := func(file, title, caption string, whole figure.Drawing, parts ...figure.Drawing) {
		out = append(out, picture{file: file, title: title, caption: caption, whole: whole, parts: parts})
	}
	if len(s.History) > 0 {
		f := trainingCurves(s)
		add(record.TrainingCurvesFile, "Training", "Loss and accuracy after each epoch. Those of the training rows are "+
			"taken as the rows are met, before the step that learns from them."+trainingNotes(s), f.Drawing(), f.Single()...)
	}
	if t := s.Test; t != nil {
		if len(t.Mistakes) > 0 && !s.Data.SoftLabels {
			d := mistakes(t)
			add(record.MistakesFile, "Mistakes", "Test rows that the model gets wrong, the surest first, with the classes that "+
				"it thinks likeliest: the true one is blue, the predicted one orange. Rows are counted from 1 in their file.", d, d)
		}
		if len(t.Confusion) > 0 {
			d := confusionMatrix(t)
			add(record.ConfusionFile, "Confusion", "Every row is a true class, every column what it was taken for: blue is "+
				"right, orange wrong. The stronger the colour, the larger the share of the rows of the true class. The numbers "+
				"count test rows.", d, d)
		}
		f, caption := reliability(s), fmt.Sprintf("A model that is right as often as it is sure has its bars on the line. "+
			"Pale bars are of fewer than %d %s, and chance.", rowsOfBin, judged(s))
		if s.Config.Alpha != 0 {
			caption += " Smoothed labels keep the confidence low, so that the bars stand above it."
		}
		if len(f.Panels) > 1 {
			caption += " Calibrated, the logits are divided by a temperature that was fitted on validation rows."
		}
		add(record.ReliabilityFile, "Reliability", caption, f.Drawing(), f.Single()...)
	}
	if s.Data.Name != "digits" && s.Data.Name != "housing" { // data of the user's own need no example
		return out, nil
	}
	alpha, err := alphaPicture()
	return append(out, alpha), err
}

// WritePictures draws a run into a folder and returns the paths.
func WritePictures(dir string, s *record.Run) (files []string, err error) {
	all, err := picturesOf(s)
	if err != nil {
		return nil, err
	}
	for _, p := range all {
		path := filepath.Join(dir, p.file)
		if err := p.whole.Write(path); err != nil {
			return nil, err
		}
		files = append(files, path)
	}
	return files, nil
}

// RemoveOld removes the files of the run before, which would be taken for this run's, except for
// those that are written now. The summary in the folder says which they are; a file of the same
// name that it does not list is someone else's.
func RemoveOld(dir string, now []string) error {
	content, err := os.ReadFile(filepath.Join(dir, record.SummaryFile))
	var before record.Run
	if err != nil || json.Unmarshal(content, &before) != nil { // it is about to be written over
		return nil
	}
	known := record.RunFiles(dir)
	for _, path := range before.Files {
		path = filepath.Join(dir, filepath.Base(path))
		if !slices.Contains(known, path) || slices.Contains(now, path) {
			continue
		}
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
