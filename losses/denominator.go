package losses

import (
	"gorgonia.org/tensor"

	"softloss/losses/internal/kernel"
)

// Denominator returns what the reduction divides the sum of the rows' losses by: the number of rows
// kept with Mean (of elements with [SigmoidLink]), their mass with WeightedMean, 1 with Sum and
// None; 0 when nothing is kept.
//
// It is for batches that are computed in parts, one after the other or on several machines: with
// Sum in the place of the reduction, the losses and gradients of the parts add up, and divided by
// the sum of the parts' denominators (0 where that is 0) they are those of the whole batch. For the
// gradients of labels and sample weights this holds with Mean only.
//
// Of in.Logits only shape and dtype count; Upstream and Direction have no meaning here. Errors:
// those of [Criterion.EvalInto] that logits and labels need not be looked at for, and [ErrWeight]
// for a mass that float64 cannot divide by, of class weights as well, which EvalInto brings nearer
// to 1.
func (c Criterion) Denominator(in Inputs) (float64, error) {
	z, t, err := c.operands(in.Logits, in.Target)
	if err != nil {
		return 0, err
	}
	in.Upstream, in.Direction = nil, nil
	if z.Dtype() == tensor.Float32 {
		return denominator[float32](&c, &in, z, t)
	}
	return denominator[float64](&c, &in, z, t)
}

func denominator[T kernel.Float](c *Criterion, in *Inputs, z, t *tensor.Dense) (float64, error) {
	e := borrow[T]()
	defer e.give()
	if err := e.load(c, &Outputs{}, in, z, t); err != nil {
		return 0, err
	}
	all := counts{kept: e.kept, mass: precise{sum: e.mass.value() * e.massLift}}
	return c.Reduction.denominator(all), c.Reduction.check(all)
}
