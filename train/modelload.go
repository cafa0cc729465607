package train

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"gorgonia.org/tensor"

	"softloss/internal/phrase"
	"softloss/losses"
	"softloss/train/dataset"
	"softloss/train/internal/safetensors"
)

// Load reads a model file: one that [Saved.Save] wrote, one that another program wrote again from
// such a file, or plain weights.
//
//	metadata kind "softloss model 1"     what Save describes, tensors and keys in any order
//	no kind; layer.i.weight [in, out]    weights without scaler, temperature and names
//	no kind; N.weight [out, in]          those of a PyTorch Sequential: Linear layers N, in their
//	                                     order, with a ReLU between; transposed here
//
// Saved.Unverified says that the file has no checksum. Without a kind other metadata are not looked
// at.
//
// Errors: [*FileError] for a file that is damaged, cut off, or no model file, and for another
// checksum than that of its content as Save writes it; those of the system, such as fs.ErrNotExist.
// No memory is allocated that the file's own size does not justify.
func Load(path string) (*Saved, error) {
	f, err := safetensors.Open(path)
	if err != nil {
		return nil, inFile(path, err)
	}
	s, err := decodeModel(f)
	return s, inFile(path, err)
}

// decodeModel makes a model of a file of any of the forms.
func decodeModel(f *safetensors.File) (*Saved, error) {
	sum, hasSum := f.Take("sha256")
	kind, hasKind := f.Take("kind")
	switch {
	case !hasKind:
		m, err := foreignLayers(f)
		if err != nil {
			return nil, err
		}
		return &Saved{Model: m, Unverified: true}, nil
	case kind != modelKind:
		return nil, damaged("got a file of kind %s, want %q", phrase.Quote(kind), modelKind)
	}
	s, err := decodeSaved(f)
	if err != nil || f.Unsealed == nil {
		return s, err
	}
	if !hasSum {
		s.Unverified = true
		return s, nil
	}
	// Written again by another program: the checksum is that of what Save makes of the same
	// content.
	content, err := s.encode()
	if err != nil {
		return nil, err
	}
	if safetensors.Checksum(content) != sum {
		return nil, damaged("got content with another checksum (SHA-256) than the one written with it: damaged")
	}
	return s, nil
}

// foreignLayers takes out the weights of another program: layer.0.weight … as they are here, or the
// Linear layers of a PyTorch Sequential, N.weight [out, in] with N going up.
func foreignLayers(f *safetensors.File) (*Model, error) {
	f.Metadata = nil
	if _, ok := f.Tensors["layer.0.weight"]; ok {
		m, err := layersOf(f, "layer.")
		if err != nil {
			return nil, err
		}
		return m, f.NothingLeft()
	}
	var numbers []int
	for name := range f.Tensors {
		if text, ok := strings.CutSuffix(name, ".weight"); ok {
			if n, err := strconv.Atoi(text); err == nil && n >= 0 && strconv.Itoa(n) == text {
				numbers = append(numbers, n)
			}
		}
	}
	slices.Sort(numbers)
	var layers []Layer
	for _, n := range numbers {
		l, err := layerOf(f, strconv.Itoa(n))
		if err != nil {
			return nil, err
		}
		if err := l.Weights.T(); err != nil {
			return nil, damaged("layer %d: %v", n, err)
		}
		layers = append(layers, l)
	}
	if err := f.NothingLeft(); err != nil {
		return nil, err
	}
	m, err := NewModel(layers)
	if err != nil {
		return nil, damaged("%s", plain(err))
	}
	return m, nil
}

// decodeSaved is the inverse of encode.
func decodeSaved(f *safetensors.File) (*Saved, error) {
	c, err := criterionOf(f)
	if err != nil {
		return nil, err
	}
	if formula, _ := f.Take("formula"); formula != modelFormula(c) {
		return nil, damaged("metadata: got the formula %s, want that of a multi-layer perceptron with a %s",
			phrase.Quote(formula), predictorName(c))
	}
	m, err := layersOf(f, "layer.")
	if err != nil {
		return nil, err
	}
	m.criterion = c
	s, scaler := &Saved{Model: m}, dataset.Scaler{}
	for _, v := range []struct {
		name string
		to   *[]float64
	}{{"scaler.mean", &scaler.Mean}, {"scaler.std", &scaler.Std}, {"features.fill", &s.Fill}, {"thresholds",
		&s.Thresholds}} {
		if _, ok := f.Tensors[v.name]; ok {
			if *v.to, err = f.Doubles(v.name); err != nil {
				return nil, err
			}
		}
	}
	if scaler.Mean != nil || scaler.Std != nil {
		s.Scaler = &scaler
	}
	if s.Temperature, err = temperatureOf(f, "temperature"); err != nil {
		return nil, err
	}
	s.LabelName, _ = f.Take("label_name")
	if s.FeatureNames, err = namesOf(f, "feature_names"); err != nil {
		return nil, err
	}
	if s.ClassNames, err = namesOf(f, "class_names"); err != nil {
		return nil, err
	}
	if err := f.NothingLeft(); err != nil {
		return nil, err
	}
	if err := s.check(); err != nil {
		return nil, damaged("%s", plain(err))
	}
	return s, nil
}

// criterionOf takes out what makes probabilities: the link, softmax without one, and the loss of a
// map of its own.
func criterionOf(f *safetensors.File) (c losses.Criterion, err error) {
	link, ok := f.Take("link")
	if ok && link != losses.SigmoidLink.String() {
		return c, damaged("metadata: link: got %s, want sigmoid, or none for softmax", phrase.Quote(link))
	}
	if ok {
		c.Link = losses.SigmoidLink
	}
	if c.Temperature, err = temperatureOf(f, "loss_temperature"); err != nil {
		return c, err
	}
	loss, ok := f.Take("loss")
	if !ok {
		return c, nil
	}
	if c.Loss, err = losses.ParseLoss(loss); err == nil {
		c, err = c.Predictor()
	}
	if own, _ := losses.FormatLoss(c.Loss); err != nil || c.Loss == nil || own != loss {
		return c, damaged("metadata: loss: got %s, want one that predicts with a map of its own, as it is written here, "+
			"such as sparsemax, or none", phrase.Quote(loss))
	}
	return c, nil
}

// temperatureOf takes out a temperature, 0 without one.
func temperatureOf(f *safetensors.File, key string) (float64, error) {
	text, ok := f.Take(key)
	if !ok {
		return 0, nil
	}
	t, err := strconv.ParseFloat(text, 64)
	if err != nil || !(t > 0 && t <= math.MaxFloat64) {
		return 0, damaged("metadata: %s: got %s, want a finite number above 0", key, phrase.Quote(text))
	}
	return t, nil
}

// namesOf takes out a list of names, nil without one.
func namesOf(f *safetensors.File, key string) (names []string, err error) {
	text, ok := f.Take(key)
	if !ok {
		return nil, nil
	}
	var parsed []*string
	if json.Unmarshal([]byte(text), &parsed) != nil || parsed == nil {
		return nil, damaged("metadata: %s: got %s, want a JSON list of texts", key, phrase.Quote(text))
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

// layersOf takes out what layerTensors makes, one layer or more, and checks it as NewModel does.
func layersOf(f *safetensors.File, prefix string) (*Model, error) {
	var layers []Layer
	for {
		name := fmt.Sprint(prefix, len(layers))
		if _, ok := f.Tensors[name+".weight"]; !ok && len(layers) > 0 {
			break
		}
		l, err := layerOf(f, name)
		if err != nil {
			return nil, err
		}
		layers = append(layers, l)
	}
	m, err := NewModel(layers)
	if err != nil {
		return nil, damaged("%s: %s", prefix, plain(err))
	}
	return m, nil
}

// layerOf takes out name.weight and name.bias.
func layerOf(f *safetensors.File, name string) (l Layer, err error) {
	for _, part := range []struct {
		name string
		dims int
		to   **tensor.Dense
	}{{".weight", 2, &l.Weights}, {".bias", 1, &l.Bias}} {
		t, err := f.Tensor(name+part.name, "F32", part.dims)
		if err != nil {
			return l, err
		}
		*part.to = tensor.New(tensor.WithShape(t.Ints()...), tensor.WithBacking(t.Float32s()))
	}
	return l, nil
}
