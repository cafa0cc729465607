package main

import (
	"bytes"
	"os"
	"path/filepath"

	"softloss/train"
)

// saveModel writes the model with all that a prediction on raw features needs.
func (s *session) saveModel() error {
	if s.noPlots {
		return nil
	}
	saved := &train.Saved{Model: s.model, Scaler: s.scaler, Temperature: s.fitted, FeatureNames: s.train.FeatureNames, ClassNames: s.train.ClassNames}
	model, onnx := filepath.Join(s.out, modelFile), filepath.Join(s.out, onnxFile)
	if err := saved.Save(model); err != nil {
		return err
	}
	var b bytes.Buffer
	if err := saved.WriteONNX(&b); err != nil {
		return err
	}
	if err := os.WriteFile(onnx, b.Bytes(), 0o666); err != nil {
		return err
	}
	s.summary.Files = append(s.summary.Files, model, onnx)
	return nil
}

// writeOutputs draws the pictures and writes the summary, where -json says too, and the report.
func (s *session) writeOutputs() error {
	if !s.noPlots {
		all, err := s.summary.pictures()
		if err != nil {
			return err
		}
		files, err := writePictures(s.out, all)
		if err != nil {
			return err
		}
		s.summary.Files = append(append(s.summary.Files, files...), filepath.Join(s.out, summaryFile), filepath.Join(s.out, reportFile))
	}
	if s.jsonFile != "" && s.jsonFile != "-" {
		s.summary.Files = append(s.summary.Files, s.jsonFile)
	}
	content, err := s.summary.json()
	if err != nil {
		return err
	}
	if !s.noPlots {
		if err := os.WriteFile(filepath.Join(s.out, summaryFile), content, 0o666); err != nil {
			return err
		}
		if _, err := writeReport(s.out); err != nil {
			return err
		}
	}
	switch s.jsonFile {
	case "":
		return nil
	case "-":
		_, err = s.stdout.Write(content)
		return err
	}
	return os.WriteFile(s.jsonFile, content, 0o666)
}
