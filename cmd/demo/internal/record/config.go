package record

import (
	"fmt"
	"reflect"

	"softloss/losses"
)

// Config says how a run was made. A setting that is off at 0 has a name with which [Config.Extras]
// says it.
type Config struct {
	Loss         string  `json:"loss"`
	Criterion    string  `json:"criterion"` // losses.Criterion.Key
	Alpha        float64 `json:"alpha"`
	Smoothing    string  `json:"smoothing"`
	Link         string  `json:"link,omitempty"` // sigmoid where each label is a question of its own
	Weights      string  `json:"class_weights,omitempty" said:"class weights"`
	Hidden       []int   `json:"hidden"`
	Epochs       int     `json:"epochs"`
	Batch        int     `json:"batch"`
	LearnRate    float64 `json:"learn_rate"`
	Seed         uint64  `json:"seed"`
	Noise        float64 `json:"noise"`
	TestFraction float64 `json:"test_fraction"` // 0 for test rows that are no part of the data
	Validation   float64 `json:"validation_fraction"`
	Schedule     string  `json:"schedule"`
	Warmup       float64 `json:"warmup" said:"warm-up epochs"`
	Patience     int     `json:"patience" said:"patience"`
	L2           float64 `json:"l2" said:"L2"`
	WeightDecay  float64 `json:"weight_decay" said:"weight decay"`
	ClipNorm     float64 `json:"clip_norm" said:"clip"`
	Mixup        float64 `json:"mixup" said:"mixup"`
	Shards       int     `json:"shards,omitempty" said:"shards"`

	Teacher       string  `json:"teacher,omitempty"`
	Temperature   float64 `json:"teacher_temperature,omitempty"`
	TeacherWeight float64 `json:"teacher_weight,omitempty"`
}

// Extras returns, in words, the settings of the training that are off unless asked for.
func (c Config) Extras() string {
	text := ""
	if c.Schedule == "cosine" {
		text = " falling as a cosine"
	}
	v := reflect.ValueOf(c)
	for i := range v.NumField() {
		if name := v.Type().Field(i).Tag.Get("said"); name != "" && !v.Field(i).IsZero() {
			text += fmt.Sprintf(", %s %v", name, v.Field(i))
		}
	}
	return text
}

// HasQuestions reports whether each label of a row is a question of its own.
func (c Config) HasQuestions() bool { return c.Link == losses.SigmoidLink.String() }
