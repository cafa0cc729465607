package record

import (
	"bytes"
	"encoding/json"
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

// JSON returns a value as files and -json have it.
func JSON(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(v)
	return b.Bytes(), err
}
