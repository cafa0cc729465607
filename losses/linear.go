package losses

import (
	"fmt"
	"slices"

	"gorgonia.org/tensor"
)

// LinearInputs are what [Criterion.EvalLinear] reads. Hidden, Weight and Target are required; the
// others may be nil. All floats are of one dtype.
type LinearInputs struct {
	Hidden tensor.Tensor // [N, D], what the layer is given; [N, T, D] are N·T rows, [D] is one
	Weight tensor.Tensor // [K, D], the layer's
	Bias   tensor.Tensor // [K], the layer's

	Target        tensor.Tensor // as in [Inputs], for logits [N, K]
	SampleWeights tensor.Tensor
	Upstream      tensor.Tensor
}

// LinearOutputs are what [Criterion.EvalLinear] writes: contiguous, of the dtype of the hidden
// values, without memory in common with each other, with the inputs or with the slices of the
// criterion. What is nil is not computed. After an error their content means nothing.
type LinearOutputs struct {
	Loss       *tensor.Dense // scalar, or [N] with None
	HiddenGrad *tensor.Dense // of the shape of Hidden
	WeightGrad *tensor.Dense // [K, D], the derivative with respect to the layer's weight
	BiasGrad   *tensor.Dense // [K]

	TargetGrad       *tensor.Dense // [N, K], as in [Outputs]
	SampleWeightGrad *tensor.Dense // [N], the WeightGrad of [Outputs]
}

// EvalLinear computes a linear layer, the criterion of its logits, and the gradients of both:
//
//	z = Hidden Weightᵀ + Bias                                 the logits [N, K]
//	dHidden = dz Weight    dWeight = dzᵀ Hidden    dBias = Σ_n dz_n
//
// without room for the logits of more than a block of rows. So a vocabulary may be large: beyond
// inputs and outputs it takes up to about 90 MB, however many rows there are, and up to about 120
// bytes for each class, which show where there are a hundred thousand. Labels or hidden values that
// are no contiguous rows are copied as a whole. With WeightedMean the gradients of labels and
// sample weights need the loss of all rows first: where there are several blocks their logits are
// then computed twice.
//
// Loss and gradients are those of the two steps, a product of [N, D] and [D, K] and
// [Criterion.EvalInto] on all logits, for every criterion, bit for bit when the product is that of
// graph/blas with the bias in C. They depend neither on the blocks nor on GOMAXPROCS: an element of
// the logits is one chain of fused multiply-adds from the bias on, in the order of D, an element of
// dHidden one in the order of K, and those of dWeight and dBias are in the order of the rows.
//
// Shapes: the logits are [N, K], or have the axes of Hidden with K for D; their class axis is the
// last. Target, sample weights and upstream are as [Criterion.EvalInto] wants them for these
// logits. A row of sample weight 0 or with an ignored index is removed as there; but its zeros
// times an infinite or NaN hidden value are NaN in dWeight. There are no second derivatives.
//
// Errors: those of [Criterion.CheckLinear] and of [Criterion.EvalInto].
//
// Sources: Hsu et al. 2024, arXiv:2410.10989 (Liger), section 3.2; Wijmans et al. 2024,
// arXiv:2411.09009 (Cut Cross-Entropy).
func (c Criterion) EvalLinear(dst LinearOutputs, in LinearInputs) error {
	return c.evalLinear(dst, in, usualBlocks)
}

func (c *Criterion) evalLinear(dst LinearOutputs, in LinearInputs, size blocks) error {
	x, err := c.linearOperands(in)
	if err != nil {
		return err
	}
	if err := dst.check(c, x); err != nil {
		return err
	}
	if x.hidden.Dtype() == tensor.Float32 {
		return evalLinear[float32](c, dst, in, x, size)
	}
	return evalLinear[float64](c, dst, in, x, size)
}

// CheckLinear is [Criterion.Check] for the logits of a linear layer, and
// [Criterion.CheckSampleWeights] for their weights. The bias and the weights may be nil.
//
// Errors: those of the two, and [ErrNil], [ErrShape] or [ErrDtype] for a layer that does not fit,
// or a class axis that is not the last.
func (c Criterion) CheckLinear(hidden, weight, bias, target, sampleWeights Operand) error {
	if err := c.checkLayer(hidden, weight, bias); err != nil {
		return err
	}
	logits := layerLogits(hidden, weight)
	if err := c.Check(logits, target); err != nil {
		return err
	}
	return c.CheckSampleWeights(sampleWeights, logits)
}

// checkLayer wants a layer whose parts fit, and the class axis where it has its classes.
func (c *Criterion) checkLayer(hidden, weight, bias Operand) error {
	if missing(hidden) {
		return argError(ErrNil, "hidden", "nil", "is no tensor", "hidden values [N, D]")
	}
	if missing(weight) {
		return argError(ErrNil, "weight", "nil", "is no tensor", "the layer's weight [K, D]")
	}
	if s := hidden.Shape(); len(s) == 0 || slices.Min(s) < 1 {
		return shapeError("hidden", s, "[N, D], or [D] for one row, none of them 0")
	}
	if err := checkRows("hidden", hidden); err != nil {
		return err
	}
	s, w := hidden.Shape(), weight.Shape()
	last := len(s) - 1
	if len(w) != 2 || w[1] != s[last] {
		return shapeError("weight", w, fmt.Sprintf("[K, %d], a row for each class", s[last]))
	}
	if err := checkRows("weight", weight); err != nil {
		return err
	}
	if weight.Dtype() != hidden.Dtype() {
		return argError(ErrDtype, "weight", "dtype "+weight.Dtype().String(), "differs from the hidden values",
			hidden.Dtype().String())
	}
	if !absent(bias) {
		if missing(bias) {
			return argError(ErrNil, "bias", "nil", "is no tensor", "the layer's bias [K]")
		}
		if bias.Dtype() != hidden.Dtype() {
			return argError(ErrDtype, "bias", "dtype "+bias.Dtype().String(), "differs from the hidden values",
				hidden.Dtype().String())
		}
		if err := checkShape("bias", bias.Shape(), w[0]); err != nil {
			return err
		}
	}
	if c.Axis != 0 && c.Axis != last {
		return argError(ErrShape, "axis", c.Axis, "is not where a linear layer has its classes", "0, the last")
	}
	return nil
}

// layerLogits returns shape and dtype of the logits of a layer that fits: the axes of hidden with K
// in place of the last.
func layerLogits(hidden, weight Operand) Operand {
	s := hidden.Shape().Clone()
	s[len(s)-1] = weight.Shape()[0]
	return shaped{s, hidden.Dtype()}
}

// shaped is an operand that has no elements.
type shaped struct {
	shape tensor.Shape
	dtype tensor.Dtype
}

func (s shaped) Shape() tensor.Shape { return s.shape }
func (s shaped) Dtype() tensor.Dtype { return s.dtype }

// linearOperands are inputs that a criterion accepts, nil where there are none.
type linearOperands struct {
	logits Operand // without elements

	hidden, weight, bias, target, sampleWeights, upstream *tensor.Dense
}

// linearOperands returns the inputs as tensors that the criterion accepts.
func (c *Criterion) linearOperands(in LinearInputs) (x linearOperands, err error) {
	for _, o := range [...]struct {
		arg      string
		t        tensor.Tensor
		optional bool
		to       **tensor.Dense
	}{
		{arg: "hidden", t: in.Hidden, to: &x.hidden},
		{arg: "weight", t: in.Weight, to: &x.weight},
		{arg: "bias", t: in.Bias, to: &x.bias, optional: true},
		{arg: "labels", t: in.Target, to: &x.target},
		{arg: "sample weights", t: in.SampleWeights, to: &x.sampleWeights, optional: true},
		{arg: "upstream", t: in.Upstream, to: &x.upstream, optional: true},
	} {
		if o.optional && o.t == nil {
			continue
		}
		if *o.to, err = denseOf(o.arg, o.t); err != nil {
			return x, err
		}
	}
	if err := c.CheckLinear(x.hidden, x.weight, x.bias, x.target, x.sampleWeights); err != nil {
		return x, err
	}
	x.logits = layerLogits(x.hidden, x.weight)
	switch {
	case x.upstream == nil:
		return x, nil
	case c.Reduction.scalar():
		_, err = likeOf("upstream", x.upstream, x.hidden.Dtype())
		return x, err
	}
	return x, c.checkPerRow("upstream", x.upstream, x.logits)
}

// check wants outputs of the right dtype and shape in memory of their own.
func (dst LinearOutputs) check(c *Criterion, x linearOperands) error {
	const loss, sampleWeightGrad = 0, 5
	outputs := [...]named{loss: {"loss", dst.Loss}, {"hidden grad", dst.HiddenGrad}, {"weight grad", dst.WeightGrad},
		{"bias grad", dst.BiasGrad}, {"target grad", dst.TargetGrad},
		sampleWeightGrad: {"sample weight grad", dst.SampleWeightGrad}}
	shapes := [...]tensor.Shape{1: x.hidden.Shape(), x.weight.Shape(), x.weight.Shape()[:1], x.logits.Shape()}
	inputs := [...]named{{"hidden", x.hidden}, {"weight", x.weight}, {"bias", x.bias}, {"target", x.target},
		{"sample weights", x.sampleWeights}, {"upstream", x.upstream}}
	return c.checkOutputs(x.hidden.Dtype(), outputs[:], inputs[:], func(i int, o named) error {
		switch i {
		case loss:
			return c.checkLoss(o, x.logits)
		case sampleWeightGrad:
			return c.checkWeightGrad(o, x.logits)
		}
		return checkShape(o.name, o.t.Shape(), shapes[i]...)
	})
}
