package oracle

import (
	"fmt"
	"math"
	"math/big"

	"gorgonia.org/tensor"

	"softloss/losses"
)

// Error is how far a number is from the exact one.
type Error struct {
	Ulps  float64 // in units in the last place of the exact number
	Terms float64 // in units in the last place of the sum of the absolute values of the terms it was added up from
	What  string  // which number
	Got   float64
	Want  float64
}

// Compare evaluates a case by losses.Criterion and returns the error of every number of the loss
// and the gradients.
func Compare(c Case) (loss, grads []Error, err error) {
	want, err := Evaluate(c.Criterion, c.Batch)
	if err != nil {
		return nil, nil, err
	}
	out, in := c.tensors()
	if err := c.Criterion.EvalInto(out, in); err != nil {
		return nil, nil, err
	}
	loss = c.errors("loss", numbers(out.Loss), want.Loss)
	grads = c.errors("grad", numbers(out.Grad), want.Grad)
	if out.TargetGrad != nil {
		grads = append(grads, c.errors("target grad", numbers(out.TargetGrad), want.TargetGrad)...)
	}
	if out.WeightGrad != nil {
		grads = append(grads, c.errors("weight grad", numbers(out.WeightGrad), want.WeightGrad)...)
	}
	return loss, grads, nil
}

// tensors returns the tensors of the case.
func (c Case) tensors() (out losses.Outputs, in losses.Inputs) {
	b := c.Batch
	shape := []int{b.N, b.K}
	if c.Criterion.Link == losses.SigmoidLink {
		shape = shape[:1]
	}
	in = losses.Inputs{Logits: c.tensor(b.Logits, shape...)}
	out = losses.Outputs{
		Loss: c.tensor(make([]float64, 1)),
		Grad: c.tensor(make([]float64, b.N*b.K), shape...),
	}
	if c.Criterion.Reduction == losses.None {
		out.Loss = c.tensor(make([]float64, b.N), b.N)
	}
	if b.Index != nil {
		in.Target = tensor.New(tensor.WithShape(b.N), tensor.WithBacking(append([]int(nil), b.Index...)))
	} else {
		in.Target = c.tensor(b.Labels, shape...)
		out.TargetGrad = c.tensor(make([]float64, b.N*b.K), shape...)
	}
	if b.Weights != nil {
		in.SampleWeights = c.tensor(b.Weights, b.N)
		out.WeightGrad = c.tensor(make([]float64, b.N), b.N)
	}
	if b.Upstream != nil {
		if c.Criterion.Reduction == losses.None {
			in.Upstream = c.tensor(b.Upstream, b.N)
		} else {
			in.Upstream = c.tensor(b.Upstream)
		}
	}
	return out, in
}

// tensor returns x in the case's dtype, a scalar without a shape.
func (c Case) tensor(x []float64, shape ...int) *tensor.Dense {
	var backing any = append([]float64(nil), x...)
	if c.Single {
		single := make([]float32, len(x))
		for i, v := range x {
			single[i] = float32(v)
		}
		backing = single
	}
	if len(shape) == 0 {
		switch x := backing.(type) {
		case []float32:
			return tensor.New(tensor.FromScalar(x[0]))
		case []float64:
			return tensor.New(tensor.FromScalar(x[0]))
		}
	}
	return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(backing))
}

// numbers returns the numbers of a tensor.
func numbers(d *tensor.Dense) (x []float64) {
	switch data := d.Data().(type) {
	case []float32:
		for _, v := range data {
			x = append(x, float64(v))
		}
	case []float64:
		x = append(x, data...)
	case float32:
		x = append(x, float64(data))
	case float64:
		x = append(x, data)
	}
	return x
}

// errors compares got with want.
func (c Case) errors(what string, got []float64, want []Value) (all []Error) {
	for i, w := range want {
		exact, _ := w.Exact.Float64()
		if w.Skip || math.Abs(exact) > c.largest() {
			continue
		}
		e := Error{What: fmt.Sprintf("%s %d", what, i), Got: got[i], Want: exact, Ulps: math.Inf(1), Terms: math.Inf(1)}
		if !math.IsNaN(got[i]) && !math.IsInf(got[i], 0) {
			off := new(big.Float).SetPrec(w.Exact.Prec() + 64).SetFloat64(got[i])
			off.Sub(off, w.Exact).Abs(off)
			e.Ulps, _ = new(big.Float).Quo(off, c.ulp(w.Exact)).Float64()
			e.Terms, _ = new(big.Float).Quo(off, c.ulp(w.Size)).Float64()
		}
		all = append(all, e)
	}
	return all
}

func (c Case) largest() float64 {
	if c.Single {
		return math.MaxFloat32
	}
	return math.MaxFloat64
}

// ulp returns the distance of the numbers of the case's dtype around x, and for an x below 2⁸ times
// the smallest normal number that around this: where intermediate results have few digits.
func (c Case) ulp(x *big.Float) *big.Float {
	digits, least := 53, -1074+8
	if c.Single {
		digits, least = 24, -149+8
	}
	exponent := least
	if x.Sign() != 0 {
		exponent = max(least, x.MantExp(nil)-digits)
	}
	return new(big.Float).SetMantExp(big.NewFloat(1), exponent)
}
