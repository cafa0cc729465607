package train

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"

	"softloss/losses"
	"softloss/train/internal/safetensors"
)

// The versions that are asked for: ONNX 1.8 of 2020, which every runtime since can read.
const (
	onnxIR    = 7
	onnxOpset = 13
)

// Element types of onnx.TensorProto.
const (
	onnxFloat  = 1
	onnxDouble = 11
)

// WriteONNX writes the model as an ONNX file, for any runtime:
//
//	features [N, D] float   input, raw, NaN where one is missing that Fill stands for; N is free
//	probs    [N, K] float   output, those of [Saved.Predict]
//	logits   [N, K] float   output, those of [Model.Logits], before the temperature
//
// The nodes are Cast, IsNaN, Where for Fill, Sub, Div for a scaler, Cast; Gemm and Relu for each
// layer, without the last Relu; Cast, Div, Cast for a temperature; Softmax or, for SigmoidLink,
// Sigmoid. Fill, scaler and temperature are computed in double, as here. Metadata: feature_names,
// class_names and thresholds, where they are set, as JSON lists. The bytes are a function of s
// alone.
//
// Errors: [ErrEmpty], [ErrMismatch] and [ErrValue] when a part is missing or does not fit;
// [ErrExport] for a model that predicts with a map that the format does not have, see
// [losses.Criterion.Predictor]; [ErrConfig] for weights of 2^31 bytes or more, which the format
// cannot hold; those of w.
//
// Source: onnx/onnx.proto and docs/Operators.md of github.com/onnx/onnx; opset 13, IR version 7.
// The encoding is that of protocol buffers.
func (s *Saved) WriteONNX(w io.Writer) error {
	if w == nil {
		return fail(ErrConfig, "writer: got nil, want one")
	}
	if err := s.check(); err != nil {
		return err
	}
	if c := s.Model.criterion; c.Loss != nil {
		return fail(ErrExport, "model: predicts with %s, which ONNX does not have, want one of a softmax or a sigmoid: "+
			"save it as a model file", predictorName(c))
	}
	size := 1 << 16 // of everything else, the names aside
	for _, l := range s.Model.layers {
		size += 4 * (l.Weights.Shape().TotalSize() + l.Bias.Shape().TotalSize())
		if size > math.MaxInt32 {
			return fail(ErrConfig, "model: layers of sizes %v have 2^31 bytes of weights or more, want less for an ONNX file",
				s.Model.Sizes())
		}
	}
	if _, err := w.Write(s.onnxModel()); err != nil {
		return wrap(err, "")
	}
	return nil
}

// onnxModel returns the ModelProto.
func (s *Saved) onnxModel() []byte {
	var opset, model protobuf
	opset.text(1, "") // the standard operators
	opset.number(2, onnxOpset)
	model.number(1, onnxIR)
	model.text(2, "softloss")
	model.bytes(7, s.onnxGraph())
	model.bytes(8, opset)
	metadata := map[string]string{}
	putNames(metadata, "feature_names", s.FeatureNames)
	putNames(metadata, "class_names", s.ClassNames)
	if s.Thresholds != nil {
		list, _ := json.Marshal(s.Thresholds) // cannot fail for finite numbers
		metadata["thresholds"] = string(list)
	}
	for _, key := range slices.Sorted(maps.Keys(metadata)) {
		var entry protobuf
		entry.text(1, key)
		entry.text(2, metadata[key])
		model.bytes(14, entry)
	}
	return model
}

// onnxGraph returns the GraphProto.
func (s *Saved) onnxGraph() protobuf {
	var g onnxGraph
	at := g.layers(g.prepared("features", s), s.Model.layers)
	if t := s.temperature(); t != 1 {
		g.doubles("temperature", []float64{t})
		g.cast(at, "logits.double", onnxDouble)
		g.node("Div", []string{"logits.double", "temperature"}, "logits.divided")
		at = g.cast("logits.divided", "logits.calibrated", onnxFloat)
	}
	if s.Model.criterion.Link == losses.SigmoidLink {
		g.node("Sigmoid", []string{at}, "probs")
	} else {
		g.node("Softmax", []string{at}, "probs", onnxInt("axis", -1))
	}
	return g.proto(s.Model.Sizes())
}

// prepared adds what prepares raw features for the model, and returns the name of the result.
func (g *onnxGraph) prepared(raw string, s *Saved) string {
	if s.Fill == nil && s.Scaler == nil {
		return raw
	}
	at := g.cast(raw, "features.double", onnxDouble)
	if s.Fill != nil {
		g.doubles("features.fill", s.Fill, int64(len(s.Fill)))
		g.node("IsNaN", []string{raw}, "features.missing")
		at = g.node("Where", []string{"features.missing", "features.fill", at}, "features.filled")
	}
	if sc := s.Scaler; sc != nil {
		g.doubles("scaler.mean", sc.Mean, int64(len(sc.Mean)))
		g.doubles("scaler.std", sc.Std, int64(len(sc.Std)))
		at = g.node("Sub", []string{at, "scaler.mean"}, "features.centred")
		at = g.node("Div", []string{at, "scaler.std"}, "features.divided")
	}
	return g.cast(at, "features.scaled", onnxFloat)
}

// layers adds the layers behind a tensor, and returns the name of their logits.
func (g *onnxGraph) layers(at string, layers []Layer) string {
	for i, l := range layers {
		name := fmt.Sprint("layer.", i)
		g.singles(name+".weight", l.Weights.Float32s(), l.Weights.Shape())
		g.singles(name+".bias", l.Bias.Float32s(), l.Bias.Shape())
		in := []string{at, name + ".weight", name + ".bias"}
		if at = "logits"; i == len(layers)-1 {
			g.node("Gemm", in, at)
			break
		}
		at = name + ".relu"
		g.node("Gemm", in, name)
		g.node("Relu", []string{name}, at)
	}
	return at
}

// proto is the GraphProto of a model of these sizes.
func (g *onnxGraph) proto(sizes []int) (p protobuf) {
	for _, n := range g.nodes {
		p.bytes(1, n)
	}
	p.text(2, "softloss")
	for _, t := range g.tensors {
		p.bytes(5, t)
	}
	p.bytes(11, onnxValue("features", sizes[0]))
	p.bytes(12, onnxValue("probs", sizes[len(sizes)-1]))
	p.bytes(12, onnxValue("logits", sizes[len(sizes)-1]))
	return p
}

// onnxGraph collects the parts of a GraphProto, encoded.
type onnxGraph struct {
	nodes   []protobuf // NodeProto
	tensors []protobuf // TensorProto
}

// node adds a NodeProto with one output, after which it is named, and returns that.
func (g *onnxGraph) node(op string, in []string, out string, attributes ...protobuf) string {
	var p protobuf
	for _, name := range in {
		p.text(1, name)
	}
	p.text(2, out)
	p.text(3, op+" "+out)
	p.text(4, op)
	for _, a := range attributes {
		p.bytes(5, a)
	}
	g.nodes = append(g.nodes, p)
	return out
}

// cast adds a node that changes the element type, and returns the name of its output.
func (g *onnxGraph) cast(in, out string, to int64) string {
	return g.node("Cast", []string{in}, out, onnxInt("to", to))
}

// singles adds a float tensor.
func (g *onnxGraph) singles(name string, data []float32, shape []int) {
	dims := make([]int64, len(shape))
	for i, d := range shape {
		dims[i] = int64(d)
	}
	g.tensor(name, onnxFloat, safetensors.Singles(name, data).Data, dims)
}

// doubles adds a double tensor, a scalar without dims.
func (g *onnxGraph) doubles(name string, data []float64, dims ...int64) {
	g.tensor(name, onnxDouble, safetensors.Doubles(name, data).Data, dims)
}

// tensor adds a TensorProto with little-endian raw_data.
func (g *onnxGraph) tensor(name string, kind int64, raw []byte, dims []int64) {
	p := make(protobuf, 0, len(raw)+len(name)+64)
	for _, d := range dims {
		p.number(1, d)
	}
	p.number(2, kind)
	p.text(8, name)
	p.bytes(9, raw)
	g.tensors = append(g.tensors, p)
}

// onnxInt returns an AttributeProto with an integer.
func onnxInt(name string, v int64) (p protobuf) {
	const kindInt = 2
	p.text(1, name)
	p.number(3, v)
	p.number(20, kindInt)
	return p
}

// onnxValue returns the ValueInfoProto of a float tensor [N, columns] with a free N.
func onnxValue(name string, columns int) (p protobuf) {
	var free, fixed, shape, kind, of protobuf
	free.text(2, "N")
	fixed.number(1, int64(columns))
	shape.bytes(1, free)
	shape.bytes(1, fixed)
	kind.number(1, onnxFloat)
	kind.bytes(2, shape)
	of.bytes(1, kind)
	p.text(1, name)
	p.bytes(2, of)
	return p
}

// protobuf is a message in the wire format of protocol buffers.
type protobuf []byte

// number adds a field of type int32, int64 or enum.
func (p *protobuf) number(field protowire.Number, v int64) {
	*p = protowire.AppendVarint(protowire.AppendTag(*p, field, protowire.VarintType), uint64(v))
}

// bytes adds a field of type bytes, or a message.
func (p *protobuf) bytes(field protowire.Number, b []byte) {
	*p = protowire.AppendBytes(protowire.AppendTag(*p, field, protowire.BytesType), b)
}

// text adds a field of type string.
func (p *protobuf) text(field protowire.Number, s string) {
	*p = protowire.AppendString(protowire.AppendTag(*p, field, protowire.BytesType), s)
}
