package train

import (
	"fmt"
	"math"
	"slices"

	"softloss/internal/phrase"
	"softloss/losses"
)

// Config says how to train. The zero value is a network of one hidden layer of 256, trained for 30
// epochs on the mean cross entropy. The package documentation says what each field does to the
// mathematics.
type Config struct {
	Hidden    []int            // sizes of the hidden layers; nil means {256}; empty but not nil is a linear classifier
	Epochs    int              // passes over the training set; 0 means 30
	BatchSize int              // rows of a mini-batch; 0 means 64; more than the set has means all of it
	LearnRate float64          // of Adam; 0 means 1e-3
	Seed      uint64           // of the initial weights and of the shuffle
	Criterion losses.Criterion // what is minimised; its Reduction is Mean, Sum or, a mini-batch at a time, WeightedMean

	Schedule    Schedule // of the learn rate; the zero value is constant
	L2          float64  // adds L2/2·Σw² over the weights, not the biases, to what is minimised: L2·w to the gradient
	WeightDecay float64  // decoupled, as in AdamW: shrinks the weights by LearnRate·WeightDecay of themselves a step
	ClipNorm    float64  // the largest Euclidean norm of the whole gradient; 0 is off

	Patience int     // epochs without a better validation loss after which to stop and return the best weights; 0 is off
	MinDelta float64 // how much lower a validation loss must be to be better

	Mixup float64 // α of mixup's Beta(α, α); 0 is off

	Teacher            *Model  // distil this model; nil is off
	TeacherTemperature float64 // T of distillation; 0 means 1
	TeacherWeight      float64 // w of distillation, in (0, 1]; 0 means 0.5

	// Shards is the number of parts that every mini-batch is computed in, one after the other or by
	// the ranks of Group; 0 means 1. For 2 and more the bits of a run depend on this number, not on
	// who computes them: see the package documentation.
	Shards int
	Group  Group // the processes that train this model together, Shards or less; nil is this one alone

	Checkpoint      string // the folder that checkpoints are written to; empty is off
	CheckpointEvery int    // epochs between two checkpoints; 0 means 1
}

// WithDefaults returns the configuration with every zero field replaced by the value that it stands
// for.
func (c Config) WithDefaults() Config {
	if c.Hidden == nil {
		c.Hidden = []int{256}
	}
	if c.Epochs == 0 {
		c.Epochs = 30
	}
	if c.BatchSize == 0 {
		c.BatchSize = 64
	}
	if c.LearnRate == 0 {
		c.LearnRate = 1e-3
	}
	if c.Shards == 0 {
		c.Shards = 1
	}
	if c.Teacher != nil && c.TeacherTemperature == 0 {
		c.TeacherTemperature = 1
	}
	if c.Teacher != nil && c.TeacherWeight == 0 {
		c.TeacherWeight = 0.5
	}
	if c.Checkpoint != "" && c.CheckpointEvery == 0 {
		c.CheckpointEvery = 1
	}
	return c
}

// Validate returns an error when a field is out of range, defaults applied: [ErrConfig] for a
// hidden layer, a [*ConfigError] for other sizes, numbers and rates, and for a Teacher beside a
// loss with a map of its own; the errors of [losses.Criterion.Validate] and
// [losses.Criterion.Predictor]; [losses.ErrWeight] for class weights that are all 0; and
// [losses.ErrReduction] for Reduction None, which leaves no single number to minimise.
func (c Config) Validate() error {
	c = c.WithDefaults()
	for i, h := range c.Hidden {
		if h < 1 {
			return fail(ErrConfig, "hidden layer %d: got size %d, want at least 1", i+1, h)
		}
	}
	switch {
	case c.Epochs < 1:
		return wrongField("Epochs", "got %d, want at least 1 (0 means 30)", c.Epochs)
	case c.BatchSize < 1:
		return wrongField("BatchSize", "got %d, want at least 1 (0 means 64)", c.BatchSize)
	case !(c.LearnRate > 0 && c.LearnRate <= math.MaxFloat32):
		return wrongNumber("LearnRate", c.LearnRate, "a finite number above 0 (0 means 0.001)")
	}
	if err := c.validateExtras(); err != nil {
		return err
	}
	if err := c.Criterion.Validate(); err != nil {
		return wrap(err, "criterion")
	}
	if len(c.Criterion.Ignore) > 0 {
		return fail(losses.ErrParam, "criterion: got the ignored indices %v, want none: the labels of a dataset are rows, "+
			"no indices; leave those rows out", c.Criterion.Ignore)
	}
	if w := c.Criterion.ClassWeights; len(w) > 0 && slices.Max(w) == 0 {
		return fail(losses.ErrWeight, "criterion: class weights: got %v, want one above 0: there is nothing to learn", w)
	}
	predictor, err := c.Criterion.Predictor()
	if err != nil {
		return wrap(err, "criterion")
	}
	if c.Teacher != nil && predictor.Loss != nil {
		return wrongField("Teacher", "got a criterion that predicts with %s, want one of a softmax or a sigmoid, which "+
			"the distillation is made of", predictorName(predictor))
	}
	if c.Criterion.Reduction == losses.None {
		return fail(losses.ErrReduction, "criterion: got reduction none, want mean, sum or weighted mean: training "+
			"minimises one number, not one a row")
	}
	return nil
}

// validateExtras checks what is off in the zero value.
func (c Config) validateExtras() error {
	for _, f := range []struct {
		name  string
		value float64
	}{{"L2", c.L2}, {"WeightDecay", c.WeightDecay}, {"ClipNorm", c.ClipNorm}, {"MinDelta", c.MinDelta}} {
		if !(f.value >= 0 && f.value <= math.MaxFloat32) {
			return wrongNumber(f.name, f.value, "a finite number, at least 0")
		}
	}
	switch {
	case c.Patience < 0:
		return wrongField("Patience", "got %d, want at least 0 (0 is off)", c.Patience)
	case c.Mixup != 0 && !(c.Mixup >= 1e-3 && c.Mixup <= 1e3):
		return wrongField("Mixup", "got %v, want a number from 0.001 to 1000 (0 is off)", c.Mixup)
	case c.TeacherTemperature != 0 && !(c.TeacherTemperature >= 1e-3 && c.TeacherTemperature <= 1e3):
		return wrongField("TeacherTemperature", "got %v, want a number from 0.001 to 1000 (0 means 1)",
			c.TeacherTemperature)
	case !(c.TeacherWeight >= 0 && c.TeacherWeight <= 1):
		return wrongField("TeacherWeight", "got %v, want a number from 0 to 1 (0 means 0.5)", c.TeacherWeight)
	case c.Shards < 0 || c.Shards > c.BatchSize:
		return wrongField("Shards", "got %d, want at least 0 (0 means 1) and at most the batch size %d", c.Shards,
			c.BatchSize)
	case c.Group != nil && c.Group.Size() > c.Shards:
		return wrongField("Shards", "got %d, want at least %d, one for each rank", c.Shards, c.Group.Size())
	case c.CheckpointEvery < 0:
		return wrongField("CheckpointEvery", "got %s, want at least 0 (0 means 1)",
			phrase.Plural(c.CheckpointEvery, "epoch"))
	}
	return c.Schedule.validate()
}

// wrongNumber is the error for a field that must be a finite float32, and what else want says.
func wrongNumber(field string, x float64, want string) error {
	if x > math.MaxFloat32 && x <= math.MaxFloat64 {
		want = fmt.Sprintf("at most %.3g, the largest float32", math.MaxFloat32)
	}
	return wrongField(field, "got %v, want %s", x, want)
}

// maxElements is the largest tensor of the trainer, 8 GiB of float32.
const maxElements = math.MaxInt32

// sizes returns D, the hidden sizes and K, or [ErrConfig] when a tensor of a network of that many
// rows would have more than maxElements elements.
func (c Config) sizes(rows, features, classes int) ([]int, error) {
	s := append(append([]int{features}, slices.Clone(c.Hidden)...), classes)
	for i, out := range s[1:] {
		if in := max(s[i], rows); out > maxElements/in {
			return nil, wrongField("Hidden", "layer sizes %v need a tensor of %d times %d elements, want at most 2^31-1 in "+
				"one", s, in, out)
		}
	}
	return s, nil
}
