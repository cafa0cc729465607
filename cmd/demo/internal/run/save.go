package run

import (
	"bytes"
	"errors"
	"path/filepath"

	"softloss/cmd/demo/internal/record"
	"softloss/cmd/demo/internal/show"
	"softloss/internal/durable"
	"softloss/train"
)

// saveModel writes the model with all that a prediction on raw features needs.
func (s *session) saveModel() error {
	saved := &train.Saved{Model: s.model, Scaler: s.prepared.Scaler, Fill: s.prepared.Fill, Temperature: s.fitted,
		Thresholds: s.thresholds, FeatureNames: s.train.FeatureNames, ClassNames: s.train.ClassNames,
		LabelName: s.summary.Data.Label}
	model, onnx := filepath.Join(s.Out, record.ModelFile), filepath.Join(s.Out, record.OnnxFile)
	if err := saved.Save(model); err != nil {
		return err
	}
	var b bytes.Buffer
	switch err := saved.WriteONNX(&b); {
	case errors.Is(err, train.ErrExport): // which a note has said; that of the run before goes, see show.RemoveOld
		s.summary.Files = append(s.summary.Files, model)
		return nil
	case err != nil:
		return err
	}
	if err := durable.WriteFile(onnx, b.Bytes()); err != nil {
		return err
	}
	s.summary.Files = append(s.summary.Files, model, onnx)
	return nil
}

// writeOutputs draws the pictures and writes the summary, where -json says too, and the report.
func (s *session) writeOutputs() error {
	var files []string
	var err error
	if !s.NoPlots {
		if files, err = show.WritePictures(s.Out, s.summary); err != nil {
			return err
		}
	}
	summary, report := filepath.Join(s.Out, record.SummaryFile), filepath.Join(s.Out, record.ReportFile)
	files = append(files, summary)
	if !s.NoPlots {
		files = append(files, report)
	}
	if err := show.RemoveOld(s.Out, append(files, s.summary.Files...)); err != nil {
		return err
	}
	s.summary.Files = append(s.summary.Files, files...)
	if s.JSONFile != "" && s.JSONFile != "-" {
		s.summary.Files = append(s.summary.Files, s.JSONFile)
	}
	content, err := record.JSON(s.summary)
	if err != nil {
		return err
	}
	if err := durable.WriteFile(summary, content); err != nil {
		return err
	}
	if !s.NoPlots {
		if err := show.WriteReport(s.Out, s.summary); err != nil {
			return err
		}
	}
	_, err = s.WriteJSON(content, s.console.Stdout)
	return err
}
