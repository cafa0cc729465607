package main

import (
	"path/filepath"

	"softloss/losses"
)

// The files of the output folder.
const (
	lossByAlphaFile    = "loss_by_alpha.png"
	trainingCurvesFile = "training_curves.png"
	reliabilityFile    = "reliability.png"
	confusionFile      = "confusion.png"
	mistakesFile       = "mistakes.png"
	modelFile          = "model.safetensors"
	onnxFile           = "model.onnx"
	summaryFile        = "summary.json"
	reportFile         = "report.html"
	checkpointFolder   = "checkpoint"
)

// picture is a file of the output folder, and what of it the report shows.
type picture struct {
	file    string
	title   string // in the report
	caption string
	whole   drawing
	parts   []drawing // of the report, each as wide as a telephone
}

// alphaPicture is the one picture that needs no training.
func alphaPicture() (picture, error) {
	sheet, err := lossByAlpha()
	return picture{lossByAlphaFile, "Label smoothing", "What the strength of smoothing, alpha, does to the loss of three rows: with soft labels, " +
		"from probabilities and from logits; with one-hot labels; with class indices.", sheet.drawing(), sheet.single()}, err
}

// pictures are those of a run, in the order of the report.
func (s *summary) pictures() ([]picture, error) {
	loss, err := losses.ParseLoss(s.Config.Loss)
	if err != nil {
		return nil, usagef("loss %q: %s", s.Config.Loss, trimPackage(err))
	}
	var out []picture
	add := func(file, title, caption string, whole drawing, parts ...drawing) {
		out = append(out, picture{file, title, caption, whole, parts})
	}
	if len(s.History) > 0 {
		f := trainingCurves(s, describeLoss(loss))
		add(trainingCurvesFile, "Training", "Loss and accuracy after each epoch. Those of the training rows are taken as the rows are met, before "+
			"the step that learns from them.", f.drawing(), f.single()...)
	}
	if t := s.Test; t != nil {
		if len(t.Mistakes) > 0 && !s.Data.SoftLabels {
			d := mistakes(t)
			add(mistakesFile, "Mistakes", "Test rows that the model gets wrong, the surest first, with the classes that it thinks likeliest: "+
				"the true one is blue, the predicted one orange.", d, d)
		}
		if len(t.Confusion) > 0 {
			d := confusionMatrix(t)
			add(confusionFile, "Confusion", "Every row is a true class, every column what it was taken for.", d, d)
		}
		f, caption := reliability(s), "A model that is right as often as it is sure has its bars on the line."
		if s.Config.Alpha != 0 {
			caption += " Smoothed labels keep the confidence low, so that the bars stand above it."
		}
		if len(f.panels) > 1 {
			caption += " Calibrated, the logits are divided by a temperature that was fitted on validation rows."
		}
		add(reliabilityFile, "Reliability", caption, f.drawing(), f.single()...)
	}
	alpha, err := alphaPicture()
	return append(out, alpha), err
}

// writePictures stores them in a folder and returns the paths.
func writePictures(dir string, all []picture) (files []string, err error) {
	for _, p := range all {
		path := filepath.Join(dir, p.file)
		if err := writePNG(path, p.whole.width, p.whole.height, p.whole.paint); err != nil {
			return nil, err
		}
		files = append(files, path)
	}
	return files, nil
}
