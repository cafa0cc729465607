package record

import (
	"bytes"
	"encoding/json"
	"path/filepath"
)

// The files of the output folder.
const (
	LossByAlphaFile    = "loss_by_alpha.png"
	TrainingCurvesFile = "training_curves.png"
	ReliabilityFile    = "reliability.png"
	ConfusionFile      = "confusion.png"
	MistakesFile       = "mistakes.png"
	ModelFile          = "model.safetensors"
	OnnxFile           = "model.onnx"
	SummaryFile        = "summary.json"
	ReportFile         = "report.html"
	RepeatFile         = "repeat.json"
	CheckpointFolder   = "checkpoint"
)

// RunFiles are the files that a run writes to its folder, but for the summary.
func RunFiles(dir string) (files []string) {
	for _, name := range []string{LossByAlphaFile, TrainingCurvesFile, ReliabilityFile, ConfusionFile, MistakesFile,
		ModelFile, OnnxFile, ReportFile} {
		files = append(files, filepath.Join(dir, name))
	}
	return files
}

// JSON returns a value as files and -json have it.
func JSON(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(v)
	return b.Bytes(), err
}
