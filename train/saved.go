package train

import (
	"cmp"
	"math"
	"unicode/utf8"

	"gorgonia.org/tensor"

	"softloss/internal/dense"
	"softloss/internal/phrase"
	"softloss/losses"
	"softloss/train/dataset"
)

// Saved is a model with what is needed to use it on raw features: what a model file holds.
//
//	saved, err := train.Load("flowers.safetensors")
//	probs, err := saved.Predict(features)
//
// Only Model must be set.
type Saved struct {
	Model        *Model
	Scaler       *dataset.Scaler // applied to the features before Model sees them; nil: none
	Temperature  float64         // divides the logits, see [metric.FitTemperature]; 0: that of Model.Criterion, else 1
	FeatureNames []string        // D names, each once; nil: unnamed
	ClassNames   []string        // K names, each once; nil: unnamed
	LabelName    string          // the column that the classes were in; "" for none
	// K numbers from 0 to 1, see [metric.Thresholds]. With SigmoidLink: from which probability on the
	// answer to each question is yes; nil: 1/2 each. Of two classes of a softmax: one is 0, and the
	// class of the other is the answer from that probability on, see [Saved.Class]; nil: the
	// likeliest.
	Thresholds []float64
	Fill       []float64 // D numbers that stand for missing ones, see [dataset.FitFill]; nil: none

	Unverified bool // set by [Load] for a file without a checksum; not stored
}

// Predict returns the probabilities of the classes for raw features, or with SigmoidLink those of a
// yes to each question.
//
//	softmax(logits(scaled features) / Temperature), σ of the same, or the map of the model's loss
//
// A row of features so large that its logits leave float32 is NaN.
//
// Shapes: features [N, D] float32 or float64, NaN where one is missing that Fill stands for; the
// result [N, K] float32. Errors: those of [dataset.Scaler.Transform] and [Model.Logits]; those of
// [Saved.Save] when the parts do not fit together.
func (s *Saved) Predict(features *tensor.Dense) (*tensor.Dense, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	var err error
	if s.Fill != nil {
		if features, err = dataset.FillIn(features, s.Fill); err != nil {
			return nil, wrap(err, "")
		}
	}
	if s.Scaler != nil {
		features, err = s.Scaler.Transform(features)
	} else if features != nil && features.Dtype() == tensor.Float64 {
		features, err = dataset.Unscaled(s.Model.Sizes()[0]).Transform(features)
	}
	if err != nil {
		return nil, wrap(err, "")
	}
	z, err := s.Model.Logits(features)
	if err != nil {
		return nil, err
	}
	of := s.Model.criterion
	of.Temperature = s.temperature()
	return of.Probs(z)
}

// temperature is what the logits are divided by.
func (s *Saved) temperature() float64 {
	return cmp.Or(s.Temperature, s.Model.criterion.Temperature, 1)
}

// check returns an error unless the parts fit together and can be stored.
func (s *Saved) check() error {
	if s == nil || s.Model.Sizes() == nil {
		return fail(ErrEmpty, "model: has no layers, want one made by Fit or NewModel")
	}
	sizes := s.Model.Sizes()
	d, k := sizes[0], sizes[len(sizes)-1]
	if err := s.checkScaler(d); err != nil {
		return err
	}
	if s.Fill != nil && len(s.Fill) != d {
		return fail(ErrMismatch, "fill: got %s, want %d, the features of the model", phrase.Plural(len(s.Fill), "number"),
			d)
	}
	for j, v := range s.Fill {
		if v-v != 0 {
			return fail(ErrValue, "fill: column %d: got %v, want a finite number", j, v)
		}
	}
	if t := s.temperature(); !(t > 0 && t <= math.MaxFloat64) {
		return fail(ErrValue, "temperature: got %v, want a finite number above 0, or 0 for that of the model", t)
	}
	if err := s.checkThresholds(k); err != nil {
		return err
	}
	if !utf8.ValidString(s.LabelName) {
		return fail(ErrValue, "label name: got %q, want text in UTF-8", s.LabelName)
	}
	for _, names := range []struct {
		arg  string
		list []string
		want int
	}{{"feature names", s.FeatureNames, d}, {"class names", s.ClassNames, k}} {
		if names.list != nil && len(names.list) != names.want {
			return fail(ErrMismatch, "%s: got %d, want %d as in the model", names.arg, len(names.list), names.want)
		}
		for i, name := range names.list {
			if !utf8.ValidString(name) {
				return fail(ErrValue, "%s: number %d: got %q, want text in UTF-8", names.arg, i, name)
			}
		}
		if name, twice := phrase.Twice(names.list); twice {
			return fail(ErrValue, "%s: got %s twice, want each once", names.arg, phrase.Quote(name))
		}
	}
	return nil
}

// Class returns the class that a row of probabilities, of [Saved.Predict] of a softmax, stands for:
// the one with a threshold above 0 where it reaches that, else the other one of the two; without
// Thresholds the likeliest, ties to the lowest.
func (s *Saved) Class(probs []float32) int {
	if s.Thresholds == nil || len(probs) != 2 {
		return dense.Argmax(probs)
	}
	said := dense.Argmax(s.Thresholds)
	if float64(probs[said]) >= s.Thresholds[said] {
		return said
	}
	return 1 - said
}

// checkScaler checks the scaler of d features.
func (s *Saved) checkScaler(d int) error {
	sc := s.Scaler
	if sc == nil {
		return nil
	}
	if len(sc.Mean) != d || len(sc.Std) != d {
		return fail(ErrMismatch, "scaler: got %s and %s, want %d, the features of the model",
			phrase.Plural(len(sc.Mean), "mean"), phrase.Plural(len(sc.Std), "standard deviation"), d)
	}
	for j := range d {
		if m, v := sc.Mean[j], sc.Std[j]; m-m != 0 || !(v > 0 && v <= math.MaxFloat64) {
			return fail(ErrValue, "scaler: column %d: got mean %v and standard deviation %v, want finite numbers, the second "+
				"above 0", j, m, v)
		}
	}
	return nil
}

// checkThresholds checks the thresholds of k classes.
func (s *Saved) checkThresholds(k int) error {
	switch classes := s.Model.criterion.Link == losses.SoftmaxLink; {
	case s.Thresholds == nil:
		return nil
	case len(s.Thresholds) != k:
		return fail(ErrMismatch, "thresholds: got %d, want %d as in the model", len(s.Thresholds), k)
	case classes && k != 2:
		return fail(ErrValue, "thresholds: got %d for the classes of a softmax, want none: they are of yes-or-no "+
			"questions, or of two classes", k)
	case classes && (s.Thresholds[0] > 0) == (s.Thresholds[1] > 0):
		return fail(ErrValue, "thresholds: got %v for two classes, want that of one above 0, and 0 for the other",
			s.Thresholds)
	}
	for j, v := range s.Thresholds {
		if !(v >= 0 && v <= 1) {
			return fail(ErrValue, "thresholds: number %d: got %v, want a number from 0 to 1", j, v)
		}
	}
	return nil
}
