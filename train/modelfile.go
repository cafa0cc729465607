package train

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"gorgonia.org/tensor"

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
	Temperature  float64         // divides the logits before the softmax, see [FitTemperature]; 0 means 1
	FeatureNames []string        // D names; nil: unnamed
	ClassNames   []string        // K names; nil: unnamed
}

// Predict returns the probabilities of the classes for raw features.
//
//	softmax(logits(scaled features) / Temperature)
//
// Shapes: features [N, D] float32, the result [N, K] float32.
// Errors: those of [dataset.Scaler.Transform] and [Model.Logits]; those of [Saved.Save] when the parts do not fit together.
func (s *Saved) Predict(features *tensor.Dense) (*tensor.Dense, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	if s.Scaler != nil {
		var err error
		if features, err = s.Scaler.Transform(features); err != nil {
			return nil, fmt.Errorf("train: %w", err)
		}
	}
	z, err := s.Model.Logits(features)
	if err != nil {
		return nil, err
	}
	if z, err = ScaleTemperature(z, s.temperature()); err != nil {
		return nil, err
	}
	return losses.Softmax(z)
}

func (s *Saved) temperature() float64 {
	if s.Temperature == 0 {
		return 1
	}
	return s.Temperature
}

// check returns an error unless the parts fit together and can be stored.
func (s *Saved) check() error {
	if s == nil || s.Model.Sizes() == nil {
		return fail(ErrEmpty, "model: has no layers, want one made by Fit or NewModel")
	}
	sizes := s.Model.Sizes()
	d, k := sizes[0], sizes[len(sizes)-1]
	if sc := s.Scaler; sc != nil {
		if len(sc.Mean) != d || len(sc.Std) != d {
			return fail(ErrMismatch, "scaler: got %d means and %d standard deviations, want %d, the features of the model", len(sc.Mean), len(sc.Std), d)
		}
		for j := range d {
			if m, v := sc.Mean[j], sc.Std[j]; m-m != 0 || !(v > 0 && v <= math.MaxFloat64) {
				return fail(ErrValue, "scaler: column %d: got mean %v and standard deviation %v, want finite numbers, the second above 0", j, m, v)
			}
		}
	}
	if t := s.temperature(); !(t > 0 && t <= math.MaxFloat64) {
		return fail(ErrValue, "temperature: got %v, want a finite number above 0 (0 means 1)", t)
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
	}
	return nil
}

// modelKind is the kind of a model file in its metadata, with the version of what is described at Save.
const modelKind = "softloss model 1"

// modelFormula says in a model file what to do with the tensors.
const modelFormula = "h = (features - scaler.mean) / scaler.std if there is a scaler; " +
	"h = h @ layer.i.weight + layer.i.bias for i = 0, 1, ..., with max(h, 0) after each but the last; probs = softmax(h / temperature)"

// Save writes a model file. A file at path is replaced in one step: whatever happens, there is the old one or the new one.
//
// The format is safetensors, which opens in Python as it is. Tensors, L layers:
//
//	layer.i.weight   F32 [in, out]   i = 0 … L-1: h @ weight + bias, a ReLU behind all but the last; PyTorch's Linear is the transpose
//	layer.i.bias     F32 [out]
//	scaler.mean      F64 [D]         both or none
//	scaler.std       F64 [D]
//
// Metadata: kind "softloss model 1"; sha256, the checksum of the whole file with '0' in the place of its own 64 digits; formula; and
// where they are set temperature, feature_names and class_names, the last two as JSON lists.
//
// Errors: [ErrEmpty], [ErrMismatch] and [ErrValue] when a part is missing or does not fit; those of the system.
func (s *Saved) Save(path string) error {
	content, err := s.encode()
	if err != nil {
		return err
	}
	return writeAtomic(path, content)
}

// encode returns the bytes of the model file.
func (s *Saved) encode() ([]byte, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	metadata := map[string]string{"kind": modelKind, "formula": modelFormula}
	tensors := layerTensors("layer.", s.Model.layers)
	if s.Scaler != nil {
		tensors = append(tensors, doubles("scaler.mean", s.Scaler.Mean), doubles("scaler.std", s.Scaler.Std))
	}
	if s.Temperature != 0 {
		metadata["temperature"] = strconv.FormatFloat(s.Temperature, 'g', -1, 64)
	}
	putNames(metadata, "feature_names", s.FeatureNames)
	putNames(metadata, "class_names", s.ClassNames)
	return encodeSealed(metadata, tensors), nil
}

// putNames adds a list of names, unless it is nil, as JSON.
func putNames(metadata map[string]string, key string, names []string) {
	if names != nil {
		list, _ := json.Marshal(names) // cannot fail for strings
		metadata[key] = string(list)
	}
}

// Load reads a model file that [Saved.Save] or [Model.Save] wrote.
//
// Errors: [*FileError] for a file that is damaged, cut off, or no model file; those of the system, such as fs.ErrNotExist. No memory is
// allocated that the file's own size does not justify.
func Load(path string) (*Saved, error) {
	f, err := readSealed(path, modelKind)
	if err != nil {
		return nil, inFile(path, err)
	}
	s, err := decodeSaved(f)
	return s, inFile(path, err)
}

// inFile puts a path into a *FileError without one.
func inFile(path string, err error) error {
	if e, ok := err.(*FileError); ok {
		return &FileError{Path: path, Text: e.Text}
	}
	return err
}

// decodeSaved is the inverse of encode.
func decodeSaved(f *sealedFile) (*Saved, error) {
	if formula, _ := f.take("formula"); formula != modelFormula {
		return nil, damaged("metadata: got the formula %s, want that of a multi-layer perceptron", excerpt(formula))
	}
	m, err := f.layers("layer.")
	if err != nil {
		return nil, err
	}
	s := &Saved{Model: m}
	if _, ok := f.tensors["scaler.mean"]; ok {
		mean, err := f.tensor("scaler.mean", "F64", 1)
		if err != nil {
			return nil, err
		}
		std, err := f.tensor("scaler.std", "F64", 1)
		if err != nil {
			return nil, err
		}
		s.Scaler = &dataset.Scaler{Mean: mean.float64s(), Std: std.float64s()}
	}
	if text, ok := f.take("temperature"); ok {
		if s.Temperature, err = strconv.ParseFloat(text, 64); err != nil || s.Temperature == 0 {
			return nil, damaged("metadata: temperature: got %s, want a number above 0", excerpt(text))
		}
	}
	if s.FeatureNames, err = f.names("feature_names"); err != nil {
		return nil, err
	}
	if s.ClassNames, err = f.names("class_names"); err != nil {
		return nil, err
	}
	if err := f.rest(); err != nil {
		return nil, err
	}
	if err := s.check(); err != nil {
		return nil, damaged("%s", afterColon(err))
	}
	return s, nil
}

// names takes out a list of names, nil without one.
func (f *sealedFile) names(key string) (names []string, err error) {
	text, ok := f.take(key)
	if !ok {
		return nil, nil
	}
	var parsed []*string
	if json.Unmarshal([]byte(text), &parsed) != nil || parsed == nil {
		return nil, damaged("metadata: %s: got %s, want a JSON list of texts", key, excerpt(text))
	}
	names = make([]string, len(parsed))
	for i, p := range parsed {
		if p == nil {
			return nil, damaged("metadata: %s: got null, want a text", key)
		}
		names[i] = *p
	}
	return names, nil
}

// afterColon returns the text of an error of this package without its "train: ".
func afterColon(err error) string { return strings.TrimPrefix(err.Error(), "train: ") }

// Save writes a model file of the model alone; see [Saved.Save], which also keeps scaler, temperature and names.
func (m *Model) Save(path string) error { return (&Saved{Model: m}).Save(path) }

// LoadModel reads the model of a model file.
//
//	model, err := train.LoadModel("flowers.safetensors")
//	probs, err := model.Predict(features)
//
// Errors: those of [Load]; [ErrMismatch] for a file with a scaler or a temperature, without which the model's predictions are
// not what was meant: read it with Load.
func LoadModel(path string) (*Model, error) {
	s, err := Load(path)
	if err != nil {
		return nil, err
	}
	if s.Scaler != nil || s.Temperature != 0 && s.Temperature != 1 {
		return nil, &failure{"train: " + path + ": got a model with a scaler or a temperature, want one without: read it with Load", ErrMismatch}
	}
	return s.Model, nil
}
