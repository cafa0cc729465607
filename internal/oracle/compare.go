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

func (e Error) String() string {
	return fmt.Sprintf("%-16s got %-24v want %-24v %.4g ulp of its terms, %.4g of itself",
		e.What, e.Got, e.Want, e.Terms, e.Ulps)
}

// Largest returns the error that is the most units of the terms.
func Largest(errors []Error) (most Error) {
	for _, e := range errors {
		if e.Terms > most.Terms {
			most = e
		}
	}
	return most
}

// Compare evaluates a case by losses.Criterion and returns the error of every number of the loss
// and the gradients: with all gradients, without those of the labels, which other code than the
// kernels computes, and of the loss alone.
func Compare(c Case) (loss, grads []Error, err error) {
	c.Times = max(c.Times, 1)
	want, err := Evaluate(c.Criterion, c.Batch, c.Single)
	if err != nil {
		return nil, nil, err
	}
	want, c = want.of(c.Times, c.Criterion.Reduction), c.behindItself()
	all, _ := c.tensors()
	few, in := c.tensors()
	few.TargetGrad = nil
	for i, out := range []losses.Outputs{
		all, few, {Loss: tensor.New(tensor.Of(few.Loss.Dtype()), tensor.WithShape(few.Loss.Shape()...))}} {
		if i == 1 && all.TargetGrad == nil {
			continue
		}
		if err := c.Criterion.EvalInto(out, in); err != nil {
			return nil, nil, err
		}
		l, g := c.compare(out, want)
		loss, grads = append(loss, l...), append(grads, g...)
	}
	return loss, grads, nil
}

// Limit is what the errors of a case may be, in units in the last place of what a number's terms
// sum up to in absolute value. A sparse map is a difference of logits and a threshold, which its
// terms do not tell.
func (c Case) Limit() float64 {
	e, _ := losses.Describe(c.Criterion.Loss)
	_, sum := c.Criterion.Loss.(losses.WeightedSum)
	switch {
	case c.Single:
		return 4
	case e.LabelsSumToOne() || sum:
		return 64
	}
	return 16
}

// compare returns the errors of the outputs that there are.
func (c Case) compare(out losses.Outputs, want Result) (loss, grads []Error) {
	cols, lossCols, weightCols := c.columns()
	loss = c.errors("loss", c.byRows(numbers(out.Loss), lossCols), want.Loss)
	for _, x := range []struct {
		what string
		d    *tensor.Dense
		cols int
		want []Value
	}{
		{"grad", out.Grad, cols, want.Grad},
		{"target grad", out.TargetGrad, cols, want.TargetGrad},
		{"weight grad", out.WeightGrad, weightCols, want.WeightGrad},
	} {
		if x.d != nil {
			grads = append(grads, c.errors(x.what, c.byRows(numbers(x.d), x.cols), x.want)...)
		}
	}
	return loss, grads
}

// columns returns how many numbers a row has of the logits, the losses with None, and the weights.
func (c Case) columns() (logits, perLoss, weights int) {
	logits, perLoss, weights = c.Batch.K, 1, 1
	if c.Criterion.Link == losses.SigmoidLink && c.Criterion.Reduction == losses.None {
		perLoss = logits
	}
	if len(c.Batch.Weights) > c.Batch.N {
		weights = logits
	}
	return logits, perLoss, weights
}

// tensors returns the tensors of the case.
func (c Case) tensors() (out losses.Outputs, in losses.Inputs) {
	b := c.Batch
	cols, lossCols, weightCols := c.columns()
	zeros := func(cols int) *tensor.Dense { return c.tensor(make([]float64, b.N*cols), cols) }
	in = losses.Inputs{Logits: c.tensor(b.Logits, cols)}
	out = losses.Outputs{Loss: c.scalar(0), Grad: zeros(cols)}
	if c.Criterion.Reduction == losses.None {
		out.Loss = zeros(lossCols)
	}
	if b.Index != nil {
		in.Target = tensor.New(tensor.WithShape(c.shape(1)...), tensor.WithBacking(append([]int(nil), b.Index...)))
	} else {
		in.Target = c.tensor(b.Labels, cols)
		out.TargetGrad = zeros(cols)
	}
	if b.Weights != nil {
		in.SampleWeights = c.tensor(b.Weights, weightCols)
		out.WeightGrad = zeros(weightCols)
	}
	if b.Upstream != nil {
		if in.Upstream = c.scalar(b.Upstream[0]); c.Criterion.Reduction == losses.None {
			in.Upstream = c.tensor(b.Upstream, lossCols)
		}
	}
	return out, in
}

// shape returns that of a tensor with cols numbers a row: [N], [N, K], or with an axis [N/2, 2]
// and [N/2, K, 2]. One question a row is [N].
func (c Case) shape(cols int) []int {
	n := c.Batch.N
	vector := cols == 1 && (c.Batch.K > 1 || c.Criterion.Link == losses.SigmoidLink)
	switch {
	case c.Criterion.Axis == 1 && (cols == 1 && c.Batch.K > 1):
		return []int{n / 2, 2}
	case c.Criterion.Axis == 1:
		return []int{n / 2, cols, 2}
	case vector:
		return []int{n}
	}
	return []int{n, cols}
}

// tensor returns the rows x, of cols numbers each, in the case's dtype and layout.
func (c Case) tensor(x []float64, cols int) *tensor.Dense {
	shape := c.shape(cols)
	if len(shape) == 3 {
		moved := make([]float64, len(x))
		for i := range x {
			moved[c.place(i, cols)] = x[i]
		}
		x = moved
	}
	if c.Single {
		single := make([]float32, len(x))
		for i, v := range x {
			single[i] = float32(v)
		}
		return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(single))
	}
	return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(append([]float64(nil), x...)))
}

// place returns where element i of rows lies in [N/2, cols, 2].
func (c Case) place(i, cols int) int {
	row, k := i/cols, i%cols
	return (row/2*cols+k)*2 + row%2
}

// byRows returns the numbers of a tensor row by row.
func (c Case) byRows(x []float64, cols int) []float64 {
	if len(c.shape(cols)) < 3 || len(x) < 2 {
		return x
	}
	rows := make([]float64, len(x))
	for i := range rows {
		rows[i] = x[c.place(i, cols)]
	}
	return rows
}

// scalar returns x in the case's dtype.
func (c Case) scalar(x float64) *tensor.Dense {
	if c.Single {
		return tensor.New(tensor.FromScalar(float32(x)))
	}
	return tensor.New(tensor.FromScalar(x))
}

// numbers returns the numbers of a tensor. It does not ask for its Data, which package tensor hands
// out by an address: when nobody has the tensor any more, its memory may be free by then.
func numbers(d *tensor.Dense) (x []float64) {
	if d.Dtype() == tensor.Float64 {
		return append(x, d.Float64s()...)
	}
	for _, v := range d.Float32s() {
		x = append(x, float64(v))
	}
	return x
}

// errors compares got with want, each number of which got has once or several times. Those that are
// the same again are left out.
func (c Case) errors(what string, got []float64, want []Value) (all []Error) {
	for i := range max(len(got), len(want)) {
		w := want[i%len(want)]
		exact, _ := w.Exact.Float64()
		if w.Skip || math.Abs(exact) > c.largest() || i >= len(want) && got[i] == got[i-len(want)] {
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

// ulp returns the distance of the numbers of the case's dtype around x, and no less than 2⁸
// (float32) or 2²⁰ (float64) times the smallest number: where p is denormal it has few digits, of
// which a gradient is a multiple.
func (c Case) ulp(x *big.Float) *big.Float {
	digits, least := 53, -1074+20
	if c.Single {
		digits, least = 24, -149+8
	}
	exponent := least
	if x.Sign() != 0 {
		exponent = max(least, x.MantExp(nil)-digits)
	}
	return new(big.Float).SetMantExp(big.NewFloat(1), exponent)
}
