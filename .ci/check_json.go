//go:build ignore

// Command check_json reads the demo's summary and fails unless it describes a classifier that
// learned and left all its files.
package main

import (
	"encoding/json"
	"log"
	"os"
	"path/filepath"
	"slices"
)

// wanted are the files of a run.
var wanted = []string{
	"model.safetensors", "model.onnx", "training_curves.png", "mistakes.png", "confusion.png", "reliability.png",
	"loss_by_alpha.png",
	"summary.json", "report.html",
}

func main() {
	var s struct {
		TestAccuracy *float64          `json:"test_accuracy"`
		TestLoss     *float64          `json:"test_loss"`
		ECE          *float64          `json:"ece"`
		Seconds      *float64          `json:"seconds"`
		Config       json.RawMessage   `json:"config"`
		History      []json.RawMessage `json:"history"`
		Files        []string          `json:"files"`
	}
	data, err := os.ReadFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	if err := json.Unmarshal(data, &s); err != nil {
		log.Fatal(err)
	}
	switch {
	case s.TestAccuracy == nil || s.TestLoss == nil || s.ECE == nil || s.Seconds == nil || s.Config == nil:
		log.Fatalf("the summary lacks a number: %s", data)
	case *s.TestAccuracy < 0.96:
		log.Fatalf("test accuracy %.4f, want at least 0.96", *s.TestAccuracy)
	case !(*s.TestLoss > 0) || !(*s.ECE >= 0 && *s.ECE <= 1):
		log.Fatalf("test loss %v, calibration error %v", *s.TestLoss, *s.ECE)
	case len(s.History) == 0:
		log.Fatal("the history is empty")
	}
	for _, name := range wanted {
		i := slices.IndexFunc(s.Files, func(path string) bool { return filepath.Base(path) == name })
		if i < 0 {
			log.Fatalf("the demo wrote no %s, but %v", name, s.Files)
		}
		if info, err := os.Stat(s.Files[i]); err != nil || info.Size() == 0 {
			log.Fatalf("%s is missing or empty: %v", s.Files[i], err)
		}
	}
	log.Printf("demo: test accuracy %.2f %% in %.1f s", 100**s.TestAccuracy, *s.Seconds)
}
