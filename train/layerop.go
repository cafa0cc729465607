package train

import (
	"fmt"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/internal/baseop"
	"softloss/internal/dense"
	"softloss/internal/gemm"
	"softloss/internal/phrase"
	"softloss/train/internal/loops"
)

// A layer is one op here because Gorgonia's own pieces do too much: the derivative of its matrix
// product is always computed for both factors, so also for the features, where nobody reads it; and
// BroadcastAdd and Rectify run over the batch several times more, forward and back. BenchmarkStep
// measures both.

// op is a function of row-major float32 tensors as a Gorgonia op, without derivative. It has a
// state, the tensor that its result is written to in every run: one op is one node of one graph,
// which only one machine runs. A network's graph is private and never cloned, no op overwrites its
// input, and the machine, which needs no result of the run before, has no pool of its own that it
// would put this one into.
type op struct {
	baseop.Base       // its text names the op and its place
	in          []int // the dimensions of its inputs: 2, or 1 for a bias [n], which counts as [1, n]
	out         int   // of its result
	// size returns the result's rows and columns, and whether the inputs fit together.
	size func(in []tensor.Shape) (rows, cols int, ok bool)
	run  func(out matrix, in []matrix)

	result   *tensor.Dense // of the last run; nil before the first
	shapes   []tensor.Shape
	matrices []matrix
}

var _ gorgonia.Op = (*op)(nil)

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
	rows, cols, ok := o.extent(in)
	switch {
	case !ok:
		return nil, fail(ErrMismatch, "%s: got inputs of shape %v", o.Text, in)
	case o.out == 2:
		return tensor.Shape{rows, cols}, nil
	}
	return tensor.Shape{cols}, nil
}

// extent returns the result's rows and columns, and whether the inputs are right.
func (o *op) extent(in []tensor.Shape) (rows, cols int, ok bool) {
	if len(in) != len(o.in) {
		return 0, 0, false
	}
	for i, s := range in {
		if len(s) != o.in[i] {
			return 0, 0, false
		}
	}
	return o.size(in)
}

// Do implements gorgonia.Op.
func (o *op) Do(in ...gorgonia.Value) (gorgonia.Value, error) {
	o.shapes, o.matrices = o.shapes[:0], o.matrices[:0]
	for i, v := range in {
		d, ok := v.(*tensor.Dense)
		if !ok || d.Dtype() != tensor.Float32 || !dense.RowMajor(d) {
			return nil, fail(ErrDtype, "%s: input %d: got %T, want a row-major float32 tensor", o.Text, i, v)
		}
		o.shapes, o.matrices = append(o.shapes, d.Shape()), append(o.matrices, matrixIn(d))
	}
	rows, cols, ok := o.extent(o.shapes)
	if r := o.result; !ok || r == nil || r.Dims() != o.out || matrixIn(r).Cols != cols || o.out == 2 &&
		r.Shape()[0] != rows {
		shape, err := o.shape(o.shapes)
		if err != nil {
			return nil, err
		}
		o.result = tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(shape...))
	}
	o.run(matrixIn(o.result), o.matrices)
	return o.result, nil
}

// layerOp is a layer, (x [n, in], w [in, out], b [out]) → x w + b or max(x w + b, 0) [n, out], with
// derivatives by symbolic differentiation.
type layerOp struct {
	op
	relu  bool
	first bool // x are the features: nobody wants their gradient
	place string
}

var _ gorgonia.SDOp = (*layerOp)(nil)

// newLayerOp returns the op of a layer, counted from 1, out of that many.
func newLayerOp(number, layers int) *layerOp {
	place, relu := fmt.Sprintf("train: layer %d of %d", number, layers), number < layers
	return &layerOp{relu: relu, first: number == 1, place: place, op: op{
		Base: baseop.Base{Inputs: 3, Text: place},
		in:   []int{2, 2, 1},
		out:  2,
		size: func(in []tensor.Shape) (rows, cols int, ok bool) {
			return in[0][0], in[1][1], in[0][1] == in[1][0] && in[1][1] == in[2][0]
		},
		run: func(out matrix, in []matrix) { forward(out, in[0], in[1], in[2].Data, relu) },
	}}
}

// DiffWRT implements gorgonia.SDOp.
func (o *layerOp) DiffWRT(int) []bool { return []bool{!o.first, true, true} }

// SymDiff implements gorgonia.SDOp. With d the gradient of x w + b:
//
//	dx = d wᵀ,   dw = xᵀ d,   db = Σ_rows d
func (o *layerOp) SymDiff(in gorgonia.Nodes, output, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	if len(in) != 3 {
		return nil, fail(ErrMismatch, "%s: got %s, want 3", o.Text, phrase.Plural(len(in), "input"))
	}
	d, err := grad, error(nil)
	if o.relu {
		if d, err = gorgonia.ApplyOp(newReLUGradOp(o.place), output, grad); err != nil {
			return nil, err
		}
	}
	out := make(gorgonia.Nodes, 3)
	if !o.first {
		if out[0], err = gorgonia.ApplyOp(newInputGradOp(o.place), d, in[1]); err != nil {
			return nil, err
		}
	}
	if out[1], err = gorgonia.ApplyOp(newWeightGradOp(o.place), in[0], d); err != nil {
		return nil, err
	}
	out[2], err = gorgonia.ApplyOp(newBiasGradOp(o.place), d)
	return out, err
}

// forward computes a layer: the one definition for the graph and for [Model.Logits]. Its bits are
// the same on every processor, whatever else a program does with its BLAS.
func forward(out, x, w matrix, b []float32, relu bool) {
	for i := range out.Rows {
		copy(out.Data[i*out.Cols:(i+1)*out.Cols], b)
	}
	gemm.Mul(out, 1, 1, x, w)
	if relu {
		loops.Rectify(out.Data)
	}
}

// newReLUGradOp returns (y, upstream) → upstream where y is not 0.
func newReLUGradOp(place string) *op {
	return &op{
		Base: baseop.Base{Inputs: 2, Text: place + ": relu gradient"}, in: []int{2, 2}, out: 2,
		size: func(in []tensor.Shape) (rows, cols int, ok bool) {
			return in[0][0], in[0][1], in[0][0] == in[1][0] && in[0][1] == in[1][1]
		},
		run: func(out matrix, in []matrix) { loops.RectifyGrad(out.Data, in[0].Data, in[1].Data) },
	}
}

// newInputGradOp returns (d [n, out], w [in, out]) → d wᵀ.
func newInputGradOp(place string) *op {
	return &op{
		Base: baseop.Base{Inputs: 2, Text: place + ": input gradient"}, in: []int{2, 2}, out: 2,
		size: func(in []tensor.Shape) (rows, cols int, ok bool) { return in[0][0], in[1][0], in[0][1] == in[1][1] },
		run: func(out matrix, in []matrix) {
			gemm.Mul(out, 0, 1, in[0], in[1].Transposed())
		},
	}
}

// newWeightGradOp returns (x [n, in], d [n, out]) → xᵀ d.
func newWeightGradOp(place string) *op {
	return &op{
		Base: baseop.Base{Inputs: 2, Text: place + ": weight gradient"}, in: []int{2, 2}, out: 2,
		size: func(in []tensor.Shape) (rows, cols int, ok bool) { return in[0][1], in[1][1], in[0][0] == in[1][0] },
		run: func(out matrix, in []matrix) {
			gemm.Mul(out, 0, 1, in[0].Transposed(), in[1])
		},
	}
}

// newBiasGradOp returns d [n, out] → Σ_rows d [out], summed in float64 in the order of the rows.
func newBiasGradOp(place string) *op {
	var sum []float64
	return &op{
		Base: baseop.Base{Inputs: 1, Text: place + ": bias gradient"}, in: []int{2}, out: 1,
		size: func(in []tensor.Shape) (rows, cols int, ok bool) { return 1, in[0][1], true },
		run: func(out matrix, in []matrix) {
			if len(sum) != out.Cols {
				sum = make([]float64, out.Cols)
			}
			clear(sum)
			loops.AddRows(sum, in[0].Data)
			for j, v := range sum {
				out.Data[j] = float32(v)
			}
		},
	}
}
