package graph

import (
	"fmt"
	"slices"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/internal/baseop"
	"softloss/internal/phrase"
	"softloss/losses"
)

// function is an op of this package that is no derivative. It has no state: machines and clones of
// a graph may run it at once.
type function struct {
	baseop.Base
	in    []kind // the first one is the logits, or what stands for them
	out   kind
	shape func(in []tensor.Shape) tensor.Shape            // of the result
	run   func(in []*tensor.Dense) (*tensor.Dense, error) // scalars are tensors here
}

func newFunction(text string, in []kind, out kind) function {
	return function{Base: baseop.Base{Inputs: len(in), Text: text}, in: in, out: out}
}

// result implements ownOp.
func (f *function) result(dt tensor.Dtype) hm.Type { return f.out.typ(dt) }

// Type implements gorgonia.Op.
func (f *function) Type() hm.Type {
	types := make([]hm.Type, 0, len(f.in)+1)
	for _, k := range append(slices.Clip(f.in), f.out) {
		types = append(types, k.typ(hm.TypeVariable('a')))
	}
	return hm.NewFnType(types...)
}

// InferShape implements gorgonia.Op.
func (f *function) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	if err := wantInputs(f, len(in), len(f.in)); err != nil {
		return nil, err
	}
	shapes := make([]tensor.Shape, len(in))
	for i, d := range in {
		shapes[i], _ = d.(tensor.Shape)
	}
	if len(shapes[0]) != f.in[0].dims {
		return nil, argError(losses.ErrShape, f.String(), fmt.Sprintf("shape %v", in[0]), "is wrong",
			phrase.Plural(f.in[0].dims, "dimension"))
	}
	return f.shape(shapes).Clone(), nil
}

// Do implements gorgonia.Op.
func (f *function) Do(in ...gorgonia.Value) (gorgonia.Value, error) {
	x, err := f.tensors(in)
	if err != nil {
		return nil, err
	}
	return f.value(x)
}

// value computes the result from tensors.
func (f *function) value(x []*tensor.Dense) (gorgonia.Value, error) {
	y, err := f.run(x)
	if err != nil {
		return nil, err
	}
	if f.out.dims == 0 {
		return scalarOf(y), nil
	}
	return y, nil
}

// tensors returns the inputs as tensors, nil for those that are not read.
func (f *function) tensors(in []gorgonia.Value) ([]*tensor.Dense, error) {
	if err := wantInputs(f, len(in), len(f.in)); err != nil {
		return nil, err
	}
	x := make([]*tensor.Dense, len(in))
	for i, v := range in {
		if f.in[i].unread {
			continue
		}
		var err error
		if x[i], err = tensorOf(f.in[i], v); err != nil {
			return nil, err
		}
	}
	return x, nil
}

// wantInputs returns an error unless an op got the number of inputs it wants.
func wantInputs(op gorgonia.Op, got, want int) error {
	if got != want {
		return argError(ErrNode, op.String(), phrase.Plural(got, "input"), "given", fmt.Sprint(want))
	}
	return nil
}
