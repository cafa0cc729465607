package losses_test

import (
	"errors"
	"fmt"
	"testing"

	"gorgonia.org/tensor"

	"softloss/losses"
)

// FuzzEvalInto makes a criterion, inputs of any shape, dtype and layout, and outputs, some of which
// share memory, of bytes. Nothing panics; an error is an *Error; outputs that share memory are one;
// inputs stay as they are; views give the bits that copies of them give.
func FuzzEvalInto(f *testing.F) {
	addSeeds(f, 96, 3)
	f.Fuzz(func(t *testing.T, data []byte) {
		m := &maker{data: data}
		shape := tensor.Shape{1 + m.below(4), 1 + m.below(4), 1 + m.below(3), 1 + m.below(2)}[:1+(1+m.below(12))/4]
		c := m.criterion(shape[len(shape)-1])
		in, out := m.inputs(c, shape)
		shared := m.share(&out, in)
		before := text(in)
		err := c.EvalInto(out, in)
		checkDoor(t, err, shared, before, text(in))
		if shared {
			return
		}
		copied := losses.Inputs{Logits: copyOf(in.Logits), Target: copyOf(in.Target),
			SampleWeights: copyOf(in.SampleWeights)}
		again := losses.Outputs{Loss: fresh(out.Loss), Grad: fresh(out.Grad), TargetGrad: fresh(out.TargetGrad),
			WeightGrad: fresh(out.WeightGrad)}
		if other := c.EvalInto(again,
			copied); (other == nil) != (err == nil) || err != nil && other.Error() != err.Error() {
			t.Fatalf("%s of %s: %v, of copies %v", c.Key(), before, err, other)
		}
		if err == nil && outputText(out) != outputText(again) {
			t.Fatalf("%s of %s: %s, of copies %s", c.Key(), before, outputText(out), outputText(again))
		}
	})
}

// addSeeds adds inputs of n bytes, others for another number.
func addSeeds(f *testing.F, n, number int) {
	for seed := range 40 {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(seed * (i + number) * (i + 7) >> 2)
		}
		f.Add(b)
	}
}

// checkDoor wants an error to be an *Error, one where the tensors do not go together, and inputs
// that stay as they were.
func checkDoor(t *testing.T, err error, wrong bool, before, after string) {
	t.Helper()
	var e *losses.Error
	switch {
	case err != nil && !errors.As(err, &e):
		t.Fatalf("%v is no *Error: %s", err, before)
	case err == nil && wrong:
		t.Fatalf("no error: %s", before)
	case after != before:
		t.Fatalf("inputs were\n%s\nand became\n%s", before, after)
	}
}

// copyOf returns a contiguous tensor with the elements of d.
func copyOf(t tensor.Tensor) tensor.Tensor {
	d, ok := t.(*tensor.Dense)
	if !ok {
		return nil
	}
	if d.IsScalar() {
		return d.Clone().(*tensor.Dense)
	}
	c := tensor.New(tensor.Of(d.Dtype()), tensor.WithShape(d.Shape()...))
	at := make([]int, d.Dims())
	for range c.DataSize() {
		x, err := d.At(at...)
		if err == nil {
			err = c.SetAt(x, at...)
		}
		if err != nil {
			panic(err)
		}
		for i := len(at) - 1; i >= 0; i-- {
			if at[i]++; at[i] < d.Shape()[i] {
				break
			}
			at[i] = 0
		}
	}
	return c
}

// fresh returns a tensor of zeros like d.
func fresh(d *tensor.Dense) *tensor.Dense {
	if d == nil {
		return nil
	}
	return zeros(d.Dtype(), d.Shape())
}

// text returns everything that is in the inputs.
func text(in losses.Inputs) string {
	return bits(in.Logits) + "; " + bits(in.Target) + "; " + bits(in.SampleWeights)
}

func outputText(out losses.Outputs) (s string) {
	for _, d := range []*tensor.Dense{out.Loss, out.Grad, out.TargetGrad, out.WeightGrad} {
		if d != nil {
			s += bits(d) + "; "
		}
	}
	return s
}

// bits returns the shape, strides and memory of a tensor as text.
func bits(t tensor.Tensor) string {
	d, ok := t.(*tensor.Dense)
	if !ok || d == nil {
		return "none"
	}
	return fmt.Sprint(d.Shape(), d.Strides(), d.Data())
}
