package train

import (
	"fmt"
	"hash"
	"hash/fnv"
	"io"
	"math"

	"github.com/chewxy/hm"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// A layer is one op here because Gorgonia's own pieces do too much: the derivative of its matrix product is always
// computed for both factors, so also for the features, where nobody reads it; and BroadcastAdd and Rectify run over the
// batch several times more, forward and back. BenchmarkStep measures both.

// op is a function of row-major float32 tensors as a Gorgonia op, without state and without derivative.
type op struct {
	name string // with its parameters: Gorgonia tells ops apart by it
	in   []int  // the dimensions of its inputs: 2, or 1 for a bias [n], which counts as [1, n]
	out  int    // of its result
	// size returns the result's rows and columns, and whether the inputs fit together.
	size func(in []tensor.Shape) (rows, cols int, ok bool)
	run  func(out blas32.General, in []blas32.General)
}

var _ gorgonia.Op = (*op)(nil)

// Arity implements gorgonia.Op.
func (o *op) Arity() int { return len(o.in) }

// Type implements gorgonia.Op.
func (o *op) Type() hm.Type {
	types := make([]hm.Type, 0, len(o.in)+1)
	for _, dims := range o.in {
		types = append(types, gorgonia.TensorType{Dims: dims, Of: tensor.Float32})
	}
	return hm.NewFnType(append(types, gorgonia.TensorType{Dims: o.out, Of: tensor.Float32})...)
}

// InferShape implements gorgonia.Op.
func (o *op) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	shapes := make([]tensor.Shape, len(in))
	for i, s := range in {
		shapes[i], _ = s.(tensor.Shape)
	}
	return o.shape(shapes)
}

// shape returns the shape of the result.
func (o *op) shape(in []tensor.Shape) (tensor.Shape, error) {
	ok := len(in) == len(o.in)
	for i := 0; ok && i < len(in); i++ {
		ok = len(in[i]) == o.in[i]
	}
	if ok {
		if rows, cols, fits := o.size(in); fits && o.out == 2 {
			return tensor.Shape{rows, cols}, nil
		} else if fits {
			return tensor.Shape{cols}, nil
		}
	}
	return nil, fail(ErrMismatch, "%s: got inputs of shape %v", o.name, in)
}

// Do implements gorgonia.Op.
func (o *op) Do(in ...gorgonia.Value) (gorgonia.Value, error) {
	shapes, matrices := make([]tensor.Shape, len(in)), make([]blas32.General, len(in))
	for i, v := range in {
		d, ok := v.(*tensor.Dense)
		if !ok || d.Dtype() != tensor.Float32 || !rowMajor(d) {
			return nil, fail(ErrDtype, "%s: input %d: got %T, want a row-major float32 tensor", o.name, i, v)
		}
		shapes[i], matrices[i] = d.Shape(), general(d)
	}
	shape, err := o.shape(shapes)
	if err != nil {
		return nil, err
	}
	out := tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(shape...))
	o.run(general(out), matrices)
	return out, nil
}

// ReturnsPtr implements gorgonia.Op.
func (o *op) ReturnsPtr() bool { return true }

// CallsExtern implements gorgonia.Op.
func (o *op) CallsExtern() bool { return false }

// OverwritesInput implements gorgonia.Op.
func (o *op) OverwritesInput() int { return -1 }

// WriteHash implements gorgonia.Op.
func (o *op) WriteHash(h hash.Hash) { io.WriteString(h, o.name) }

// Hashcode implements gorgonia.Op.
func (o *op) Hashcode() uint32 {
	h := fnv.New32a()
	o.WriteHash(h)
	return h.Sum32()
}

// String implements fmt.Stringer.
func (o *op) String() string { return o.name }

// layerOp is a layer, (x [n, in], w [in, out], b [out]) → x w + b or max(x w + b, 0) [n, out], with derivatives by
// symbolic differentiation.
type layerOp struct {
	op
	relu  bool
	first bool // x are the features: nobody wants their gradient
}

var _ gorgonia.SDOp = (*layerOp)(nil)

func newLayerOp(relu, first bool) *layerOp {
	return &layerOp{relu: relu, first: first, op: op{
		name: fmt.Sprintf("train.layer{relu=%t first=%t}", relu, first),
		in:   []int{2, 2, 1},
		out:  2,
		size: func(in []tensor.Shape) (rows, cols int, ok bool) {
			return in[0][0], in[1][1], in[0][1] == in[1][0] && in[1][1] == in[2][0]
		},
		run: func(out blas32.General, in []blas32.General) { forward(out, in[0], in[1], in[2].Data, relu) },
	}}
}

// DiffWRT implements gorgonia.SDOp.
func (o *layerOp) DiffWRT(int) []bool { return []bool{!o.first, true, true} }

// SymDiff implements gorgonia.SDOp. With d the gradient of x w + b:
//
//	dx = d wᵀ,   dw = xᵀ d,   db = Σ_rows d
func (o *layerOp) SymDiff(in gorgonia.Nodes, output, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	if len(in) != 3 {
		return nil, fail(ErrMismatch, "%s: got %d inputs, want 3", o.name, len(in))
	}
	d, err := grad, error(nil)
	if o.relu {
		if d, err = gorgonia.ApplyOp(reluGradOp, output, grad); err != nil {
			return nil, err
		}
	}
	out := make(gorgonia.Nodes, 3)
	if !o.first {
		if out[0], err = gorgonia.ApplyOp(inputGradOp, d, in[1]); err != nil {
			return nil, err
		}
	}
	if out[1], err = gorgonia.ApplyOp(weightGradOp, in[0], d); err != nil {
		return nil, err
	}
	out[2], err = gorgonia.ApplyOp(biasGradOp, d)
	return out, err
}

// forward computes a layer: the one definition for the graph and for [Model.Logits].
func forward(out, x, w blas32.General, b []float32, relu bool) {
	for i := range out.Rows {
		copy(out.Data[i*out.Stride:i*out.Stride+out.Cols], b)
	}
	blas32.Gemm(blas.NoTrans, blas.NoTrans, 1, x, w, 1, out)
	if relu {
		for i, v := range out.Data {
			out.Data[i] = max(v, 0)
		}
	}
}

// reluGradOp is (y, upstream) → upstream where y is not 0. y is the output of a ReLU, so 0, positive or NaN. The
// select is in bits: half of the units are off in no order that a branch could be predicted in.
var reluGradOp = &op{
	name: "train.relu gradient", in: []int{2, 2}, out: 2,
	size: func(in []tensor.Shape) (rows, cols int, ok bool) {
		return in[0][0], in[0][1], in[0][0] == in[1][0] && in[0][1] == in[1][1]
	},
	run: func(out blas32.General, in []blas32.General) {
		y, up := in[0].Data[:len(out.Data)], in[1].Data[:len(out.Data)]
		for i := range out.Data {
			b := math.Float32bits(y[i])
			on := uint32(int32(b|-b) >> 31) // all ones unless b is 0
			out.Data[i] = math.Float32frombits(math.Float32bits(up[i]) & on)
		}
	},
}

// inputGradOp is (d [n, out], w [in, out]) → d wᵀ.
var inputGradOp = &op{
	name: "train.input gradient", in: []int{2, 2}, out: 2,
	size: func(in []tensor.Shape) (rows, cols int, ok bool) { return in[0][0], in[1][0], in[0][1] == in[1][1] },
	run: func(out blas32.General, in []blas32.General) {
		blas32.Gemm(blas.NoTrans, blas.Trans, 1, in[0], in[1], 0, out)
	},
}

// weightGradOp is (x [n, in], d [n, out]) → xᵀ d.
var weightGradOp = &op{
	name: "train.weight gradient", in: []int{2, 2}, out: 2,
	size: func(in []tensor.Shape) (rows, cols int, ok bool) { return in[0][1], in[1][1], in[0][0] == in[1][0] },
	run: func(out blas32.General, in []blas32.General) {
		blas32.Gemm(blas.Trans, blas.NoTrans, 1, in[0], in[1], 0, out)
	},
}

// biasGradOp is d [n, out] → Σ_rows d [out], summed in float64 in the order of the rows.
var biasGradOp = &op{
	name: "train.bias gradient", in: []int{2}, out: 1,
	size: func(in []tensor.Shape) (rows, cols int, ok bool) { return 1, in[0][1], true },
	run: func(out blas32.General, in []blas32.General) {
		d, sum := in[0], make([]float64, in[0].Cols)
		for i := range d.Rows {
			for j, v := range d.Data[i*d.Stride : i*d.Stride+d.Cols] {
				sum[j] += float64(v)
			}
		}
		for j, v := range sum {
			out.Data[j] = float32(v)
		}
	},
}
