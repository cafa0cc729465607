package graph

import (
	"fmt"
	"hash"
	"hash/fnv"
	"io"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/losses"
)

// lossOp is a criterion: (logits, target[, sample weights]) → loss. It has no state: machines and
// clones of a graph may run it at once.
type lossOp struct {
	criterion  losses.Criterion
	key        string
	dims       int           // of the logits
	index      *tensor.Dtype // of an index target; nil for labels
	weighted   bool          // there are sample weights
	targetGrad bool          // differentiable with respect to the target
	weightGrad bool          // differentiable with respect to the sample weights
}

var (
	_ gorgonia.Op   = (*lossOp)(nil)
	_ gorgonia.SDOp = (*lossOp)(nil)
	_ gorgonia.ADOp = (*lossOp)(nil)
)

func newLossOp(c losses.Criterion, logits, target *gorgonia.Node, o Options) *lossOp {
	op := &lossOp{criterion: c, dims: logits.Dims(), weighted: o.SampleWeights != nil, targetGrad: o.TargetGrad, weightGrad: o.WeightGrad}
	if dt := target.Dtype(); target.Dims() < logits.Dims() {
		op.index = &dt
	}
	op.key = fmt.Sprintf("softloss{%s dims=%d target=%v weighted=%t targetgrad=%t weightgrad=%t}",
		c.Key(), op.dims, target.Type(), op.weighted, op.targetGrad, op.weightGrad)
	return op
}

// Arity implements gorgonia.Op.
func (o *lossOp) Arity() int {
	if o.weighted {
		return 3
	}
	return 2
}

// inTypes returns the types of the inputs, made anew: the inferer takes them apart.
func (o *lossOp) inTypes() []hm.Type {
	a := hm.TypeVariable('a')
	in := []hm.Type{gorgonia.TensorType{Dims: o.dims, Of: a}}
	if o.index != nil {
		in = append(in, gorgonia.TensorType{Dims: o.dims - 1, Of: *o.index})
	} else {
		in = append(in, gorgonia.TensorType{Dims: o.dims, Of: a})
	}
	if o.weighted {
		in = append(in, o.rowType())
	}
	return in
}

// rowType returns the type of what the rows have one of.
func (o *lossOp) rowType() hm.Type {
	return gorgonia.TensorType{Dims: o.dims - 1, Of: hm.TypeVariable('a')}
}

// outType returns the type of the loss.
func (o *lossOp) outType() hm.Type {
	if o.criterion.Reduction == losses.None {
		return o.rowType()
	}
	return hm.TypeVariable('a')
}

// Type implements gorgonia.Op.
func (o *lossOp) Type() hm.Type { return hm.NewFnType(append(o.inTypes(), o.outType())...) }

// InferShape implements gorgonia.Op.
func (o *lossOp) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	s, err := firstShape(o, in, o.Arity(), o.dims)
	if err != nil {
		return nil, err
	}
	if o.criterion.Reduction == losses.None {
		return o.criterion.RowShape(s), nil
	}
	return tensor.ScalarShape(), nil
}

// Do implements gorgonia.Op.
func (o *lossOp) Do(in ...gorgonia.Value) (gorgonia.Value, error) {
	inputs, err := o.inputs(in)
	if err != nil {
		return nil, err
	}
	dt := inputs.Logits.Dtype()
	var out *tensor.Dense
	if o.criterion.Reduction == losses.None {
		out = tensor.New(tensor.Of(dt), tensor.WithShape(o.criterion.RowShape(inputs.Logits.Shape())...))
	} else {
		out = newScalar(dt, 0)
	}
	if err := o.criterion.EvalInto(losses.Outputs{Loss: out}, inputs); err != nil {
		return nil, err
	}
	if o.criterion.Reduction == losses.None {
		return out, nil
	}
	return scalarValue(out), nil
}

// inputs returns the op's inputs as tensors.
func (o *lossOp) inputs(in []gorgonia.Value) (i losses.Inputs, err error) {
	if err := wantInputs(o, len(in), o.Arity()); err != nil {
		return i, err
	}
	logits, err := denseValue("logits", in[0])
	if err != nil {
		return i, err
	}
	if logits.Dims() != o.dims {
		return i, fmt.Errorf("graph: logits: shape %v is wrong, want %d dimensions: %w", logits.Shape(), o.dims, losses.ErrShape)
	}
	i.Logits = logits
	if i.Target, err = denseValue("target", in[1]); err != nil {
		return i, err
	}
	if o.weighted {
		i.SampleWeights, err = denseValue("sample weights", in[2])
	}
	return i, err
}

// ReturnsPtr implements gorgonia.Op.
func (o *lossOp) ReturnsPtr() bool { return true }

// CallsExtern implements gorgonia.Op.
func (o *lossOp) CallsExtern() bool { return false }

// OverwritesInput implements gorgonia.Op.
func (o *lossOp) OverwritesInput() int { return -1 }

// WriteHash implements gorgonia.Op. Gorgonia tells ops apart by the hash alone.
func (o *lossOp) WriteHash(h hash.Hash) { io.WriteString(h, o.key) }

// Hashcode implements gorgonia.Op.
func (o *lossOp) Hashcode() uint32 { return hashcode(o) }

// String implements fmt.Stringer.
func (o *lossOp) String() string { return "softloss{" + o.criterion.Key() + "}" }

// DiffWRT implements gorgonia.SDOp.
func (o *lossOp) DiffWRT(inputs int) []bool {
	d := make([]bool, inputs)
	for i := range d {
		d[i] = i == 0 || i == 1 && o.targetGrad || i == 2 && o.weightGrad
	}
	return d
}

// constantIn implements constantInput.
func (o *lossOp) constantIn(i int) bool { return o.stops(i) }

// stops reports whether input i is a constant by the caller's choice: labels and sample weights whose gradients
// nobody asked for.
func (o *lossOp) stops(i int) bool {
	return i == 1 && !o.targetGrad || i == 2 && o.weighted && !o.weightGrad
}

// SymDiff implements gorgonia.SDOp. The loss is an input of its gradient so that it is always computed first.
func (o *lossOp) SymDiff(in gorgonia.Nodes, output, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	if err := wantInputs(o, len(in), o.Arity()); err != nil {
		return nil, err
	}
	out := make(gorgonia.Nodes, len(in))
	for i, want := range o.DiffWRT(len(in)) {
		if !want {
			continue
		}
		children := append(append(gorgonia.Nodes{}, in...), output, grad)
		d, err := gorgonia.ApplyOp(&lossGradOp{loss: o, wrt: i}, children...)
		if err != nil {
			return nil, err
		}
		out[i] = d
	}
	return out, nil
}

// DoDiff implements gorgonia.ADOp, for the Lisp machine.
func (o *lossOp) DoDiff(_ gorgonia.ExecutionContext, in gorgonia.Nodes, output *gorgonia.Node) error {
	if err := wantInputs(o, len(in), o.Arity()); err != nil {
		return err
	}
	up, err := output.Grad()
	if err != nil {
		return err
	}
	values := make([]gorgonia.Value, 0, len(in)+2)
	for _, n := range in {
		values = append(values, n.Value())
	}
	values = append(values, output.Value(), up)
	for i, want := range o.DiffWRT(len(in)) {
		if !want {
			continue
		}
		d, err := (&lossGradOp{loss: o, wrt: i}).Do(values...)
		if err != nil {
			return err
		}
		if err := addToGrad(in[i], d); err != nil {
			return err
		}
	}
	return nil
}

// hashcode returns the 32-bit hash of an op.
func hashcode(o gorgonia.Op) uint32 {
	h := fnv.New32a()
	o.WriteHash(h)
	return h.Sum32()
}
