package train

import (
	"encoding/json"
	"fmt"
	"strconv"

	"softloss/internal/durable"
	"softloss/losses"
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
// of its own 64 digits; formula; link, sigmoid, where it is not softmax; loss and loss_temperature,
// those of [Model.Criterion] where it has them, the loss as [losses.FormatLoss] writes it; and
// where they are set temperature, else loss_temperature is meant, label_name, and feature_names and
// class_names, both as JSON lists.
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
	tensors := layerTensors("layer.", s.Model, s.Model.params())
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

// layerTensors returns numbers for the parameters of a model, in their order, as the tensors
// prefix0.weight, prefix0.bias, prefix1.weight, …
func layerTensors(prefix string, m *Model, params [][]float32) (out []safetensors.Tensor) {
	for i, l := range m.layers {
		out = append(out,
			safetensors.Singles(fmt.Sprint(prefix, i, ".weight"), params[2*i], l.Weights.Shape()...),
			safetensors.Singles(fmt.Sprint(prefix, i, ".bias"), params[2*i+1], l.Bias.Shape()...))
	}
	return out
}
