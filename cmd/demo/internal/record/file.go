package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"

	"softloss/cmd/demo/internal/cli"
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

// ReadJSON reads a file into a value and returns that, or nil when there is no file.
func ReadJSON[T any](path string, into *T) (*T, error) {
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil {
		err = json.Unmarshal(content, into)
	}
	if err != nil {
		return nil, cli.Usagef("%s: %s", path, cli.Cause(err))
	}
	return into, nil
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
