package record

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"

	"softloss/cmd/demo/internal/cli"
)

// ReadJSON reads a file into a value and returns it, nil when there is no file.
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
	CheckpointFolder   = "checkpoint"
)
