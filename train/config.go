package train

import (
	"fmt"
	"math"
	"slices"

	"softloss/losses"
)

// Config says how to train. The zero value is a network of one hidden layer of 256, trained for 30 epochs on the
// mean cross entropy.
type Config struct {
	Hidden    []int            // sizes of the hidden layers; nil means {256}; empty but not nil is a linear classifier
	Epochs    int              // passes over the training set; 0 means 30
	BatchSize int              // rows of a mini-batch; 0 means 64; more than the set has means all of it
	LearnRate float64          // of Adam; 0 means 1e-3
	Seed      uint64           // of the initial weights and of the shuffle
	Criterion losses.Criterion // what is minimised; its Reduction is Mean or Sum
}

// WithDefaults returns the configuration with what is zero replaced by its meaning.
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
	return c
}

// Validate returns an error when a field is out of range, defaults applied: [ErrConfig] for sizes and numbers below 1
// and a learn rate that is not finite and positive; the errors of [losses.Criterion.Validate]; and
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
		return fail(ErrConfig, "epochs: got %d, want at least 1 (0 means 30)", c.Epochs)
	case c.BatchSize < 1:
		return fail(ErrConfig, "batch size: got %d, want at least 1 (0 means 64)", c.BatchSize)
	case !(c.LearnRate > 0 && c.LearnRate <= math.MaxFloat32):
		return fail(ErrConfig, "learn rate: got %v, want a finite number above 0 (0 means 0.001)", c.LearnRate)
	}
	if err := c.Criterion.Validate(); err != nil {
		return fmt.Errorf("train: criterion: %w", err)
	}
	if c.Criterion.Reduction == losses.None {
		return fail(losses.ErrReduction, "criterion: got reduction none, want mean or sum: training minimises one number, not one a row")
	}
	return nil
}

// maxElements is the largest tensor of the trainer, 8 GiB of float32.
const maxElements = math.MaxInt32

// sizes returns D, the hidden sizes and K, or [ErrConfig] when a tensor of a network of that many
// rows would have more than maxElements elements.
func (c Config) sizes(rows, features, classes int) ([]int, error) {
	s := append(append([]int{features}, slices.Clone(c.Hidden)...), classes)
	for i, out := range s[1:] {
		if in := max(s[i], rows); out > maxElements/in {
			return nil, fail(ErrConfig, "hidden: layer sizes %v need a tensor of %d times %d elements, want at most 2^31-1 in one", s, in, out)
		}
	}
	return s, nil
}
