package losses_test

import (
	"testing"

	"gorgonia.org/tensor"

	"softloss/losses"
)

// FuzzEvalLinear makes a criterion, a linear layer of any shape, dtype and layout, and outputs,
// some of which share memory, of bytes. Nothing panics; an error is an *Error; outputs that share
// memory are one; inputs stay as they are; it fails where the two steps fail, and all outputs have
// their bits.
func FuzzEvalLinear(f *testing.F) {
	addSeeds(f, 112, 5)
	f.Fuzz(func(t *testing.T, data []byte) {
		m := &maker{data: data}
		shape := tensor.Shape{1 + m.below(3), 1 + m.below(3), 1 + m.below(3)}[:1+(1+m.below(8))/4]
		k := 1 + m.below(4)
		c := m.criterion(k)
		in := m.layer(c, shape, k)
		before := layerText(in)
		dst := losses.LinearOutputs{Loss: zeros(in.Hidden.Dtype(), tensor.Shape{})}
		fits := c.CheckLinear(in.Hidden, in.Weight, in.Bias, in.Target, in.SampleWeights) == nil
		if fits {
			dst = linearOutputs(c, in)
		}
		shared := fits && m.below(8) == 1
		if shared {
			dst.BiasGrad = in.Bias.(*tensor.Dense)
		}
		err := c.EvalLinear(dst, in)
		checkDoor(t, err, shared || !fits, before, layerText(in))
		if shared || !fits {
			return
		}
		want, other := tryTwoSteps(c, losses.LinearInputs{Hidden: copyOf(in.Hidden), Weight: copyOf(in.Weight),
			Bias: copyOf(in.Bias), Target: copyOf(in.Target), SampleWeights: copyOf(in.SampleWeights)})
		if (err == nil) != (other == nil) {
			t.Fatalf("%s of %s: %v, in two steps %v", c.Key(), before, err, other)
		}
		if err == nil {
			requireSame(t, c.Key()+" of "+before, dst, want)
		}
	})
}

// layer makes a layer of k classes that mostly fits the criterion and its target.
func (m *maker) layer(c losses.Criterion, hidden tensor.Shape, k int) losses.LinearInputs {
	logits := hidden.Clone()
	logits[len(logits)-1] = k
	of, _ := m.inputs(c, logits)
	dt := of.Logits.Dtype()
	return losses.LinearInputs{Hidden: m.tensor(dt, hidden, 8),
		Weight: m.tensor(dt, tensor.Shape{k, hidden[len(hidden)-1]}, 8), Bias: m.tensor(dt, tensor.Shape{k}, 8),
		Target: of.Target, SampleWeights: of.SampleWeights}
}

// layerText returns everything that is in the inputs.
func layerText(in losses.LinearInputs) string {
	return bits(in.Hidden) + "; " + bits(in.Weight) + "; " + bits(in.Bias) + "; " + bits(in.Target) + "; " +
		bits(in.SampleWeights)
}
