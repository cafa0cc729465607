package main

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"

	"softloss/train"
)

// summary is a run: what was asked for and what came out. The report and -json both show it.
type summary struct {
	Data        dataSummary    `json:"data"`
	Config      configSummary  `json:"config"`
	History     []epochSummary `json:"history"`
	Interrupted bool           `json:"interrupted"`
	Seconds     float          `json:"seconds"`

	TrainLoss       float `json:"train_loss"`
	TrainLowestLoss float `json:"train_lowest_loss"`
	TrainAccuracy   float `json:"train_accuracy"`
	TrainECE        float `json:"train_ece"`

	TestLoss       float `json:"test_loss"`
	TestLowestLoss float `json:"test_lowest_loss"`
	TestAccuracy   float `json:"test_accuracy"`
	ECE            float `json:"ece"`

	GraphTestLoss   float `json:"graph_test_loss"`
	GraphDifference float `json:"graph_difference"`
	GraphAgrees     bool  `json:"graph_agrees"`

	BestEpoch    int  `json:"best_epoch"`    // of the lowest test loss; 0 without an epoch
	StoppedEarly bool `json:"stopped_early"` // by -patience; the weights are those of the best epoch

	Test *testSummary `json:"test"` // what the pictures of the test rows show; nil when there is no model

	Checkpoint    string `json:"checkpoint,omitempty"`     // of an interrupted run
	ResumeCommand string `json:"resume_command,omitempty"` // that goes on with it

	Files []string `json:"files"`
}

// dataSummary says what was learned.
type dataSummary struct {
	Name          string `json:"name"`
	TrainRows     int    `json:"train_rows"`
	TestRows      int    `json:"test_rows"`
	Features      int    `json:"features"`
	Classes       int    `json:"classes"`
	SoftLabels    bool   `json:"soft_labels"`
	Weighted      bool   `json:"weighted"` // rows stand for several observations each
	FlippedLabels int    `json:"flipped_labels"`
}

// configSummary says how.
type configSummary struct {
	Loss         string  `json:"loss"`
	Criterion    string  `json:"criterion"` // losses.Criterion.Key
	Alpha        float64 `json:"alpha"`
	Smoothing    string  `json:"smoothing"`
	Hidden       []int   `json:"hidden"`
	Epochs       int     `json:"epochs"`
	Batch        int     `json:"batch"`
	LearnRate    float64 `json:"learn_rate"`
	Seed         uint64  `json:"seed"`
	Noise        float64 `json:"noise"`
	TestFraction float64 `json:"test_fraction"`
	Schedule     string  `json:"schedule"`
	Warmup       float64 `json:"warmup"`
	Patience     int     `json:"patience"`
	L2           float64 `json:"l2"`
	WeightDecay  float64 `json:"weight_decay"`
	ClipNorm     float64 `json:"clip_norm"`
	Mixup        float64 `json:"mixup"`
}

// epochSummary is a line of the history.
type epochSummary struct {
	Epoch         int   `json:"epoch"`
	TrainLoss     float `json:"train_loss"`
	TrainAccuracy float `json:"train_accuracy"` // of the rows as they were met, each before the step of its batch
	TestLoss      float `json:"test_loss"`
	TestAccuracy  float `json:"test_accuracy"`
	TestECE       float `json:"test_ece"`
	LearnRate     float `json:"learn_rate"`
}

// float is a number that JSON shows as null when it is NaN (unknown) or infinite.
type float float64

// MarshalJSON implements json.Marshaler.
func (f float) MarshalJSON() ([]byte, error) {
	if !f.finite() {
		return []byte("null"), nil
	}
	return strconv.AppendFloat(nil, float64(f), 'g', -1, 64), nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (f *float) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		*f = unknown
		return nil
	}
	x, err := strconv.ParseFloat(string(text), 64)
	*f = float(x)
	return err
}

func (f float) finite() bool { return !math.IsNaN(float64(f)) && !math.IsInf(float64(f), 0) }

var unknown = float(math.NaN())

// newSummary is the summary of a run that has not begun.
func newSummary(o options) *summary {
	return &summary{
		Config: configSummary{
			Loss: o.loss, Criterion: o.criterion.Key(),
			Alpha: o.criterion.Smoothing.Alpha, Smoothing: o.criterion.Smoothing.Rule.String(),
			Hidden: o.hidden, Epochs: o.epochs, Batch: o.batch, LearnRate: o.learnRate,
			Seed: o.seed, Noise: o.noise, TestFraction: o.testFraction,
			Schedule: o.curve.String(), Warmup: o.warmup, Patience: o.patience,
			L2: o.l2, WeightDecay: o.decay, ClipNorm: o.clip, Mixup: o.mixup,
		},
		TrainLoss: unknown, TrainLowestLoss: unknown, TrainAccuracy: unknown, TrainECE: unknown,
		TestLoss: unknown, TestLowestLoss: unknown, TestAccuracy: unknown, ECE: unknown,
		GraphTestLoss: unknown, GraphDifference: unknown,
		History: []epochSummary{}, Files: []string{},
	}
}

// summarise is one epoch of the trainer's history.
func summarise(e train.Epoch) epochSummary {
	out := epochSummary{Epoch: e.Epoch, TrainLoss: float(e.Loss), TrainAccuracy: float(e.Accuracy), LearnRate: float(e.LearnRate), TestLoss: unknown, TestAccuracy: unknown, TestECE: unknown}
	if v := e.Valid; v != nil {
		out.TestLoss, out.TestAccuracy, out.TestECE = float(v.Loss), float(v.Accuracy), float(v.ECE)
	}
	return out
}

// json is the summary as -json writes it.
func (s *summary) json() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(s)
	return b.Bytes(), err
}
