package train

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"gorgonia.org/tensor"

	"softloss/losses"
	"softloss/train/dataset"
	"softloss/train/internal/durable"
	"softloss/train/internal/errtext"
	"softloss/train/internal/safetensors"
)

// modelKind is the kind of a model file in its metadata, with the version of what is described at
// Save.
const modelKind = "softloss model 1"

// modelFormula says in a model file what to do with the tensors.
func modelFormula(c losses.Criterion) string {
	probs := predictorName(c) + "(h / temperature)"
	if c.Loss != nil && c.Link == losses.SigmoidLink {
		probs = "the first of the two of " + predictorName(c) + "(h / temperature, 0)"
	}
	return "h = (features - scaler.mean) / scaler.std if there is a scaler; " +
		"h = h @ layer.i.weight + layer.i.bias for i = 0, 1, ..., with max(h, 0) after each but the last; probs = " +
		probs
}

// Save writes a model file. A file at path is replaced in one step: whatever happens, there is the
// old one or the new one.
//
// The format is safetensors, which opens in Python as it is. Tensors, L layers:
//
//	layer.i.weight   F32 [in, out]   i = 0 … L-1: h @ weight + bias, a ReLU behind all but the
//	                                 last; PyTorch's Linear is the transpose
//	layer.i.bias     F32 [out]
//	scaler.mean      F64 [D]         both or none
//	scaler.std       F64 [D]
//	features.fill    F64 [D]         what a cell without a value becomes, where that is set
//	thresholds       F64 [K]         Saved.Thresholds, where they are set
//
// Metadata: kind "softloss model 1"; sha256, the checksum of the whole file with '0' in the place
// of its own 64 digits; formula; link, sigmoid, where it is not softmax; loss and loss_temperature, those
// of [Model.Criterion] where it has them, the loss as [losses.FormatLoss] writes it; and where they are
// set temperature, else loss_temperature is meant, label_name, and feature_names and class_names, both
// as JSON lists.
//
// Errors: [ErrEmpty], [ErrMismatch] and [ErrValue] when a part is missing or does not fit; those of
// the system.
func (s *Saved) Save(path string) error {
	content, err := s.encode()
	if err != nil {
		return err
	}
	if err := durable.Write(durable.OS{}, path, content); err != nil {
		return wrap(err, "")
	}
	return nil
}

// encode returns the bytes of the model file.
func (s *Saved) encode() ([]byte, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	c := s.Model.criterion
	metadata := map[string]string{"kind": modelKind, "formula": modelFormula(c)}
	if c.Link != losses.SoftmaxLink {
		metadata["link"] = c.Link.String()
	}
	if c.Loss != nil {
		metadata["loss"], _ = losses.FormatLoss(c.Loss)
	}
	tensors := layerTensors("layer.", s.Model.layers)
	if s.Scaler != nil {
		tensors = append(tensors, safetensors.Doubles("scaler.mean", s.Scaler.Mean), safetensors.Doubles("scaler.std",
			s.Scaler.Std))
	}
	if s.Fill != nil {
		tensors = append(tensors, safetensors.Doubles("features.fill", s.Fill))
	}
	if s.Thresholds != nil {
		tensors = append(tensors, safetensors.Doubles("thresholds", s.Thresholds))
	}
	for key, t := range map[string]float64{"temperature": s.Temperature, "loss_temperature": c.Temperature} {
		if t != 0 {
			metadata[key] = strconv.FormatFloat(t, 'g', -1, 64)
		}
	}
	if s.LabelName != "" {
		metadata["label_name"] = s.LabelName
	}
	putNames(metadata, "feature_names", s.FeatureNames)
	putNames(metadata, "class_names", s.ClassNames)
	return safetensors.Encode(metadata, tensors), nil
}

// putNames adds a list of names, unless it is nil, as JSON.
func putNames(metadata map[string]string, key string, names []string) {
	if names != nil {
		list, _ := json.Marshal(names) // cannot fail for strings
		metadata[key] = string(list)
	}
}

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
		return nil, damaged("got a file of kind %s, want %q", errtext.Quote(kind), modelKind)
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

// decodeSaved is the inverse of encode.
func decodeSaved(f *safetensors.File) (*Saved, error) {
	c, err := criterionOf(f)
	if err != nil {
		return nil, err
	}
	if formula, _ := f.Take("formula"); formula != modelFormula(c) {
		return nil, damaged("metadata: got the formula %s, want that of a multi-layer perceptron with a %s",
			errtext.Quote(formula), predictorName(c))
	}
	m, err := layersOf(f, "layer.")
	if err != nil {
		return nil, err
	}
	m.criterion = c
	s := &Saved{Model: m}
	if _, ok := f.Tensors["scaler.mean"]; ok {
		s.Scaler = &dataset.Scaler{}
		if s.Scaler.Mean, err = f.Doubles("scaler.mean"); err != nil {
			return nil, err
		}
		if s.Scaler.Std, err = f.Doubles("scaler.std"); err != nil {
			return nil, err
		}
	}
	for _, v := range []struct {
		name string
		to   *[]float64
	}{{"features.fill", &s.Fill}, {"thresholds", &s.Thresholds}} {
		if _, ok := f.Tensors[v.name]; ok {
			if *v.to, err = f.Doubles(v.name); err != nil {
				return nil, err
			}
		}
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
	if err := f.Rest(); err != nil {
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
		return c, damaged("metadata: link: got %s, want sigmoid, or none for softmax", errtext.Quote(link))
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
		return c, damaged("metadata: loss: got %s, want one that predicts with a map of its own, as it is written here, such "+
			"as sparsemax, or none", errtext.Quote(loss))
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
		return 0, damaged("metadata: %s: got %s, want a finite number above 0", key, errtext.Quote(text))
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
		return nil, damaged("metadata: %s: got %s, want a JSON list of texts", key, errtext.Quote(text))
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

// layerTensors returns the tensors prefix0.weight, prefix0.bias, prefix1.weight, … of layers.
func layerTensors(prefix string, layers []Layer) (out []safetensors.Tensor) {
	for i, l := range layers {
		out = append(out,
			safetensors.Singles(fmt.Sprint(prefix, i, ".weight"), l.Weights.Float32s(), l.Weights.Shape()...),
			safetensors.Singles(fmt.Sprint(prefix, i, ".bias"), l.Bias.Float32s(), l.Bias.Shape()...))
	}
	return out
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
