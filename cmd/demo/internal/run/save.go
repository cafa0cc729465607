package run

import (
	"bytes"
	"os"
	"path/filepath"

	"softloss/cmd/demo/internal/record"
	"softloss/cmd/demo/internal/show"
	"softloss/train"
)

// saveModel writes the model with all that a prediction on raw features needs.
func (s *session) saveModel() error {
	if s.noPlots {
		return nil
	}
	saved := &train.Saved{Model: s.model, Scaler: s.scaler, Temperature: s.fitted, FeatureNames: s.train.FeatureNames, ClassNames: s.train.ClassNames}
	model, onnx := filepath.Join(s.out, record.ModelFile), filepath.Join(s.out, record.OnnxFile)
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
		all, err := show.PicturesOf(s.summary)
		if err != nil {
			return err
		}
		files, err := show.WritePictures(s.out, all)
		if err != nil {
			return err
		}
		s.summary.Files = append(append(s.summary.Files, files...), filepath.Join(s.out, record.SummaryFile), filepath.Join(s.out, record.ReportFile))
	}
	if s.jsonFile != "" && s.jsonFile != "-" {
		s.summary.Files = append(s.summary.Files, s.jsonFile)
	}
	content, err := s.summary.JSON()
	if err != nil {
		return err
	}
	if !s.noPlots {
		if err := os.WriteFile(filepath.Join(s.out, record.SummaryFile), content, 0o666); err != nil {
			return err
		}
		if _, err := show.WriteReport(s.out); err != nil {
			return err
		}
	}
	switch s.jsonFile {
	case "":
		return nil
	case "-":
		_, err = s.Stdout.Write(content)
		return err
	}
	return os.WriteFile(s.jsonFile, content, 0o666)
}
