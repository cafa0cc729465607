//go:build ignore

// Command check_json reads the demo's summary and fails unless it describes a classifier that learned.
package main

import (
	"encoding/json"
	"log"
	"os"
)

func main() {
	var s struct {
		TestAccuracy *float64          `json:"test_accuracy"`
		TestLoss     *float64          `json:"test_loss"`
		ECE          *float64          `json:"ece"`
		Seconds      *float64          `json:"seconds"`
		Config       json.RawMessage   `json:"config"`
		History      []json.RawMessage `json:"history"`
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
	log.Printf("demo: test accuracy %.2f %% in %.1f s", 100**s.TestAccuracy, *s.Seconds)
}
