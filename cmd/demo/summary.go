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

	ValidationLoss       float `json:"validation_loss"` // these are null without validation rows
	ValidationLowestLoss float `json:"validation_lowest_loss"`
	ValidationAccuracy   float `json:"validation_accuracy"`
	ValidationECE        float `json:"validation_ece"`

	TestLoss       float `json:"test_loss"`
	TestLowestLoss float `json:"test_lowest_loss"`
	TestAccuracy   float `json:"test_accuracy"`
	ECE            float `json:"ece"`

	GraphTestLoss   float `json:"graph_test_loss"`
	GraphDifference float `json:"graph_difference"`
	GraphAgrees     bool  `json:"graph_agrees"`

	BestEpoch    int  `json:"best_epoch"`    // of the lowest validation loss, or test loss without one, when it chose nothing; 0 without an epoch
	StoppedEarly bool `json:"stopped_early"` // by -patience; the weights are those of the best epoch

	Calibration *calibrationSummary `json:"calibration"` // of -calibrate
	Teacher     *teacherSummary     `json:"teacher"`     // of -teacher

	Test *testSummary `json:"test"` // what the pictures of the test rows show; nil when there is no model

	Checkpoint    string `json:"checkpoint,omitempty"`     // of an interrupted run
	ResumeCommand string `json:"resume_command,omitempty"` // that goes on with it

	Files []string `json:"files"`
}

// dataSummary says what was learned.
type dataSummary struct {
	Name           string `json:"name"`
	TestName       string `json:"test_name,omitempty"` // of test rows that are no part of the data
	Label          string `json:"label,omitempty"`     // the column that the classes are from
	TrainRows      int    `json:"train_rows"`
	ValidationRows int    `json:"validation_rows"`
	TestRows       int    `json:"test_rows"`
	Features       int    `json:"features"`
	Classes        int    `json:"classes"`
	SoftLabels     bool   `json:"soft_labels"`
	Weighted       bool   `json:"weighted"`       // rows stand for several observations each
	FlippedLabels  int    `json:"flipped_labels"` // of training and validation rows
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
	TestFraction float64 `json:"test_fraction"` // 0 for test rows that are no part of the data
	Validation   float64 `json:"validation_fraction"`
	Schedule     string  `json:"schedule"`
	Warmup       float64 `json:"warmup"`
	Patience     int     `json:"patience"`
	L2           float64 `json:"l2"`
	WeightDecay  float64 `json:"weight_decay"`
	ClipNorm     float64 `json:"clip_norm"`
	Mixup        float64 `json:"mixup"`

	Teacher       string  `json:"teacher,omitempty"`
	Temperature   float64 `json:"teacher_temperature,omitempty"`
	TeacherWeight float64 `json:"teacher_weight,omitempty"`
}

// epochSummary is a line of the history.
type epochSummary struct {
	Epoch         int   `json:"epoch"`
	TrainLoss     float `json:"train_loss"`
	TrainAccuracy float `json:"train_accuracy"` // of the rows as they were met, each before the step of its batch

	ValidationLoss     float `json:"validation_loss"` // these are null without validation rows
	ValidationAccuracy float `json:"validation_accuracy"`
	ValidationECE      float `json:"validation_ece"`

	TestLoss     float `json:"test_loss"` // these with them: the test rows are looked at once, at the end
	TestAccuracy float `json:"test_accuracy"`
	TestECE      float `json:"test_ece"`

	LearnRate float `json:"learn_rate"`
}

// What is looked at after each epoch, in words.
const (
	watchedTest       = "test"
	watchedValidation = "validation"
)

// watched says which rows are looked at after each epoch.
func (d dataSummary) watched() string {
	if d.ValidationRows > 0 {
		return watchedValidation
	}
	return watchedTest
}

// watched are the numbers of the rows that were looked at after the epoch.
func (e epochSummary) watched(rows string) (loss, accuracy float) {
	if rows == watchedValidation {
		return e.ValidationLoss, e.ValidationAccuracy
	}
	return e.TestLoss, e.TestAccuracy
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
			Seed: o.seed, Noise: o.noise, TestFraction: o.testFraction, Validation: o.validation,
			Schedule: o.curve.String(), Warmup: o.warmup, Patience: o.patience,
			L2: o.l2, WeightDecay: o.decay, ClipNorm: o.clip, Mixup: o.mixup,
			Teacher: o.teacher, Temperature: o.temperature, TeacherWeight: o.teacherWeight,
		},
		TrainLoss: unknown, TrainLowestLoss: unknown, TrainAccuracy: unknown, TrainECE: unknown,
		ValidationLoss: unknown, ValidationLowestLoss: unknown, ValidationAccuracy: unknown, ValidationECE: unknown,
		TestLoss: unknown, TestLowestLoss: unknown, TestAccuracy: unknown, ECE: unknown,
		GraphTestLoss: unknown, GraphDifference: unknown,
		History: []epochSummary{}, Files: []string{},
	}
}

// summarise is one epoch of the trainer's history, in which the validation set was that of the watched rows.
func summarise(e train.Epoch, watched string) epochSummary {
	out := epochSummary{
		Epoch: e.Epoch, TrainLoss: float(e.Loss), TrainAccuracy: float(e.Accuracy), LearnRate: float(e.LearnRate),
		ValidationLoss: unknown, ValidationAccuracy: unknown, ValidationECE: unknown,
		TestLoss: unknown, TestAccuracy: unknown, TestECE: unknown,
	}
	switch v := e.Valid; {
	case v == nil:
	case watched == watchedValidation:
		out.ValidationLoss, out.ValidationAccuracy, out.ValidationECE = float(v.Loss), float(v.Accuracy), float(v.ECE)
	default:
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
