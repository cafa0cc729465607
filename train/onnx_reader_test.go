package train

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/train/internal/safetensors"
)

// A reader and a runtime for what WriteONNX may write, from the format's description, apart from
// the writer. testdata/check_onnx.py holds the same files against onnx.checker and onnxruntime.

// pbField is one field of a message: a number or bytes.
type pbField struct {
	field  int
	number int64
	bytes  []byte
}

// pbMessage splits a message into its fields.
func pbMessage(t testing.TB, b []byte) (fields []pbField) {
	t.Helper()
	varint := func() uint64 {
		v, n := binary.Uvarint(b)
		require.Positive(t, n)
		b = b[n:]
		return v
	}
	for len(b) > 0 {
		key := varint()
		f := pbField{field: int(key >> 3)}
		require.Positive(t, f.field)
		switch key & 7 {
		case 0:
			f.number = int64(varint())
		case 2:
			n := varint()
			require.LessOrEqual(t, n, uint64(len(b)))
			f.bytes, b = b[:n], b[n:]
		default:
			t.Fatalf("wire type %d", key&7)
		}
		fields = append(fields, f)
	}
	return fields
}

// all returns the values of a field, in order.
func all(fields []pbField, field int) (out []pbField) {
	for _, f := range fields {
		if f.field == field {
			out = append(out, f)
		}
	}
	return out
}

// only returns the one value of a field.
func only(t testing.TB, fields []pbField, field int) pbField {
	t.Helper()
	f := all(fields, field)
	require.Len(t, f, 1, "field %d", field)
	return f[0]
}

func texts(fields []pbField) (out []string) {
	for _, f := range fields {
		out = append(out, string(f.bytes))
	}
	return out
}

// onnxNode is a NodeProto.
type onnxNode struct {
	op         string
	in, out    []string
	attributes map[string]int64
}

// onnxFile is a ModelProto.
type onnxFile struct {
	ir, opset       int64
	nodes           []onnxNode
	tensors         map[string]tableOnnx
	inputs, outputs map[string][2]any // name: [dim_param, dim_value]
	metadata        map[string]string
}

// tableOnnx is a TensorProto.
type tableOnnx struct {
	kind   int64 // 1 float, 11 double
	dims   []int64
	values []float64
}

func readONNX(t testing.TB, b []byte) onnxFile {
	t.Helper()
	model := pbMessage(t, b)
	opset := pbMessage(t, only(t, model, 8).bytes)
	require.Empty(t, only(t, opset, 1).bytes)
	f := onnxFile{
		ir: only(t, model, 1).number, opset: only(t, opset, 2).number,
		tensors: map[string]tableOnnx{}, metadata: map[string]string{},
	}
	for _, p := range all(model, 14) {
		entry := pbMessage(t, p.bytes)
		f.metadata[string(only(t, entry, 1).bytes)] = string(only(t, entry, 2).bytes)
	}
	graph := pbMessage(t, only(t, model, 7).bytes)
	require.NotEmpty(t, only(t, graph, 2).bytes)
	names := map[string]bool{}
	for _, p := range all(graph, 1) {
		n := pbMessage(t, p.bytes)
		node := onnxNode{op: string(only(t, n, 4).bytes), in: texts(all(n, 1)), out: texts(all(n, 2)),
			attributes: map[string]int64{}}
		require.False(t, names[string(only(t, n, 3).bytes)], "names differ")
		names[string(only(t, n, 3).bytes)] = true
		for _, a := range all(n, 5) {
			attribute := pbMessage(t, a.bytes)
			require.EqualValues(t, 2, only(t, attribute, 20).number, "an INT")
			node.attributes[string(only(t, attribute, 1).bytes)] = only(t, attribute, 3).number
		}
		f.nodes = append(f.nodes, node)
	}
	for _, p := range all(graph, 5) {
		x := pbMessage(t, p.bytes)
		table := tableOnnx{kind: only(t, x, 2).number}
		for _, d := range all(x, 1) {
			table.dims = append(table.dims, d.number)
		}
		raw := only(t, x, 9).bytes
		switch table.kind {
		case 1:
			table.values = widen(safetensors.Tensor{Data: raw}.Float32s())
			require.Zero(t, len(raw)%4)
		case 11:
			table.values = safetensors.Tensor{Data: raw}.Float64s()
			require.Zero(t, len(raw)%8)
		default:
			t.Fatalf("data type %d", table.kind)
		}
		f.tensors[string(only(t, x, 8).bytes)] = table
	}
	f.inputs, f.outputs = onnxValues(t, all(graph, 11)), onnxValues(t, all(graph, 12))
	return f
}

// onnxValues reads the ValueInfoProtos of float tables.
func onnxValues(t testing.TB, fields []pbField) map[string][2]any {
	t.Helper()
	out := map[string][2]any{}
	for _, p := range fields {
		v := pbMessage(t, p.bytes)
		kind := pbMessage(t, only(t, pbMessage(t, only(t, v, 2).bytes), 1).bytes)
		require.EqualValues(t, 1, only(t, kind, 1).number, "float")
		dims := all(pbMessage(t, only(t, kind, 2).bytes), 1)
		require.Len(t, dims, 2)
		free, fixed := pbMessage(t, dims[0].bytes), pbMessage(t, dims[1].bytes)
		require.Len(t, free, 1)
		require.Len(t, fixed, 1)
		out[string(only(t, v, 1).bytes)] = [2]any{string(only(t, free, 2).bytes), only(t, fixed, 1).number}
	}
	return out
}

// run evaluates one row of features, in float64 rounded to float32 where the type is float.
func (f onnxFile) run(t testing.TB, features []float64) map[string][]float64 {
	t.Helper()
	values := map[string][]float64{"features": features}
	for name, x := range f.tensors {
		values[name] = x.values
	}
	single := func(out []float64) []float64 {
		for i, v := range out {
			out[i] = float64(float32(v))
		}
		return out
	}
	for _, n := range f.nodes {
		in := make([][]float64, len(n.in))
		for i, name := range n.in {
			require.Contains(t, values, name, "made by a node before")
			in[i] = values[name]
		}
		require.Len(t, n.out, 1)
		require.NotContains(t, values, n.out[0])
		out := append([]float64(nil), in[0]...)
		switch n.op {
		case "Cast":
			if n.attributes["to"] == 1 {
				single(out)
			} else {
				require.EqualValues(t, 11, n.attributes["to"])
			}
		case "Sub", "Div":
			for i := range out {
				v := in[1][i%len(in[1])]
				require.Contains(t, []int{1, len(out)}, len(in[1]))
				if n.op == "Sub" {
					out[i] -= v
				} else {
					out[i] /= v
				}
			}
		case "IsNaN":
			for i, v := range out {
				out[i] = 0
				if math.IsNaN(v) {
					out[i] = 1
				}
			}
		case "Where":
			for i, yes := range in[0] {
				if out[i] = in[2][i]; yes != 0 {
					out[i] = in[1][i]
				}
			}
		case "Relu":
			for i := range out {
				out[i] = max(out[i], 0)
			}
		case "Gemm":
			w := f.tensors[n.in[1]]
			require.EqualValues(t, len(in[0]), w.dims[0])
			out = append([]float64(nil), in[2]...)
			require.EqualValues(t, len(out), w.dims[1])
			for i, x := range in[0] {
				for j := range out {
					out[j] += x * in[1][i*len(out)+j]
				}
			}
			single(out)
		case "Softmax":
			require.EqualValues(t, -1, n.attributes["axis"])
			sum := 0.0
			for i := range out {
				out[i] = math.Exp(out[i])
				sum += out[i]
			}
			for i := range out {
				out[i] /= sum
			}
		case "Sigmoid":
			for i, z := range out {
				out[i] = 1 / (1 + math.Exp(-z))
			}
		default:
			t.Fatalf("operator %s", n.op)
		}
		values[n.out[0]] = out
	}
	return values
}
