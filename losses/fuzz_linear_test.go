package losses_test

import (
	"errors"
	"testing"

	"gorgonia.org/tensor"

	"softloss/losses"
)

// FuzzEvalLinear makes a criterion, a linear layer of any shape, dtype and layout, and outputs, some
// of which share memory, of bytes. Nothing panics; an error is an *Error; outputs that share memory
// are one; inputs stay as they are; all outputs have the bits of the two steps.
func FuzzEvalLinear(f *testing.F) {
	for seed := range 40 {
		b := make([]byte, 112)
		for i := range b {
			b[i] = byte(seed * (i + 5) * (i + 7) >> 2)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m := &maker{data: data}
		shape := tensor.Shape{1 + m.below(3), 1 + m.below(3), 1 + m.below(3)}[:1+(1+m.below(8))/4]
		k := 1 + m.below(4)
		c := m.criterion(k)
		in := m.layer(c, shape, k)
		before := layerText(in)
		dst := losses.LinearOutputs{Loss: zeros(in.Hidden.Dtype(), tensor.Shape{})}
		fits := c.CheckLinear(in.Hidden, in.Weight, in.Bias, in.Target) == nil
		if fits {
			dst = linearOutputs(c, in)
		}
		shared := fits && m.below(8) == 1
		if shared {
			dst.BiasGrad = in.Bias.(*tensor.Dense)
		}
		err := c.EvalLinear(dst, in)
		var e *losses.Error
		switch {
		case err != nil && !errors.As(err, &e):
			t.Fatalf("%v is no *Error: %s", err, before)
		case err == nil && (shared || !fits):
			t.Fatalf("no error: %s", before)
		}
		if after := layerText(in); after != before {
			t.Fatalf("inputs were\n%s\nand became\n%s", before, after)
		}
		if err != nil {
			return
		}
		in.Hidden, in.Weight, in.Bias, in.Target = copyOf(in.Hidden), copyOf(in.Weight), copyOf(in.Bias), copyOf(in.Target)
		if in.SampleWeights != nil {
			in.SampleWeights = copyOf(in.SampleWeights)
		}
		requireSame(t, c.Key()+" of "+before, dst, twoSteps(t, c, in))
	})
}

// layer makes a layer of k classes that mostly fits the criterion and its target.
func (m *maker) layer(c losses.Criterion, hidden tensor.Shape, k int) losses.LinearInputs {
	logits := hidden.Clone()
	logits[len(logits)-1] = k
	of, _ := m.inputs(c, logits)
	dt := of.Logits.Dtype()
	return losses.LinearInputs{Hidden: m.tensor(dt, hidden, 8), Weight: m.tensor(dt, tensor.Shape{k, hidden[len(hidden)-1]}, 8),
		Bias: m.tensor(dt, tensor.Shape{k}, 8), Target: of.Target, SampleWeights: of.SampleWeights}
}

// layerText returns everything that is in the inputs.
func layerText(in losses.LinearInputs) string {
	return bits(in.Hidden) + "; " + bits(in.Weight) + "; " + bits(in.Bias) + "; " + bits(in.Target) + "; " +
		bits(in.SampleWeights)
}
