package losses

import (
	"fmt"

	"gorgonia.org/tensor"

	"softloss/internal/dense"
)

// load checks and reads everything that the rows need, and adds them to the totals. z and t have
// passed Check.
func (e *engine[T]) load(c *Criterion, dst *Outputs, in *Inputs, z, t *tensor.Dense) (err error) {
	if err := e.loadCriterion(c, z.Shape()); err != nil {
		return err
	}
	e.input = dense.Rows(z, e.axis, &e.buf.input)
	if in.Direction != nil {
		if err := e.loadDirection(in.Direction, c, z); err != nil {
			return err
		}
	}
	if dst.TargetGrad != nil && dense.IsInteger(t.Dtype()) {
		return argError(ErrDtype, "target grad", "an index target", "has no gradient", "labels [N, K]")
	}
	if err := e.loadOutputs(c, dst, in, z); err != nil {
		return err
	}
	if c.Link == SigmoidLink {
		err = e.loadElements(c, in.SampleWeights, z, t)
	} else {
		err = e.loadRows(c, in, z, t)
	}
	if err != nil {
		return err
	}
	e.prepareShift()
	e.prepareLabels()
	e.moderate = dst.TargetGrad != nil && e.takesModerately()
	if in.Upstream != nil {
		if e.upstream, err = e.loadUpstream(in.Upstream, c, z); err != nil {
			return err
		}
	}
	if e.link == SigmoidLink && e.reduction.scalar() && e.out.weightGrad == nil && e.classes > 1 {
		e.sums = dense.Grow(&e.buf.sums, e.n/e.classes)
		return nil
	}
	e.batch.loss = dense.Grow(&e.buf.loss, e.n)
	return nil
}

// loadCriterion reads what every row is asked for, and how many rows logits of the shape are.
func (e *engine[T]) loadCriterion(c *Criterion, shape tensor.Shape) (err error) {
	e.formula = c.loss()
	if e.linear, err = linearOf(e.formula); err != nil {
		return within("loss", err)
	}
	e.reduction, e.ignore, e.axis, e.dims = c.Reduction, c.Ignore, c.axis(shape), len(shape)
	e.k = c.classes(shape)
	e.options = options{
		probs: c.FromProbs, smoothing: c.Smoothing, classWeights: c.ClassWeights, lift: 1,
		margins: c.Margins, angular: c.AngularMargin, shift: c.LogitShift, temperature: c.temperature(), zLoss: c.ZLoss,
		link: c.Link, classes: e.k, posWeight: c.PosWeight, magnified: magnifies(e.formula),
	}
	e.sumToOne = demandsOf(e.formula).sumToOne
	if c.Link == SigmoidLink {
		e.k = 1
	}
	e.n = shape.TotalSize() / e.k
	return nil
}

// loadRows reads targets and weights of the rows and decides which take part.
func (e *engine[T]) loadRows(c *Criterion, in *Inputs, z, t *tensor.Dense) (err error) {
	if in.SampleWeights != nil {
		if e.sample, err = e.perRow("sample weights", in.SampleWeights, c, z, &e.buf.sample); err != nil {
			return err
		}
	}
	if dense.IsInteger(t.Dtype()) {
		e.index = dense.Ints(t, dense.Last, &e.buf.index)
	} else {
		e.target = dense.Rows(t, e.axis, &e.buf.target)
		e.labels = e.target
	}
	e.weighsLabels = c.ClassWeights != nil && e.linear && (e.index == nil || c.Smoothing.on())
	e.loadClassWeights(c.ClassWeights)
	return e.weigh()
}

// perRow reads a tensor that has a number for every row of z.
func (e *engine[T]) perRow(arg string, x tensor.Tensor, c *Criterion, z *tensor.Dense, buf *[]T) ([]T, error) {
	d, err := denseOf(arg, x)
	if err != nil {
		return nil, err
	}
	if err := c.checkPerRow(arg, d, z); err != nil {
		return nil, err
	}
	axis := dense.Last
	if c.Link == SigmoidLink {
		axis = e.axis
	}
	return dense.Rows(d, axis, buf), nil
}

func (e *engine[T]) loadUpstream(u tensor.Tensor, c *Criterion, z *tensor.Dense) ([]T, error) {
	if !c.Reduction.scalar() {
		return e.perRow("upstream", u, c, z, &e.buf.upstream)
	}
	d, err := likeOf("upstream", u, z.Dtype())
	if err != nil {
		return nil, err
	}
	return dense.Memory[T](d)[:1], nil
}

// loadDirection reads the direction of second derivatives.
func (e *engine[T]) loadDirection(v tensor.Tensor, c *Criterion, z *tensor.Dense) error {
	if !c.TwiceDifferentiable() {
		return argError(ErrLoss, "loss", fmt.Sprintf("%T", e.formula), "has no second derivatives here",
			twiceDifferentiable)
	}
	d, err := likeOf("direction", v, z.Dtype(), z.Shape()...)
	if err != nil {
		return err
	}
	e.direction = dense.Rows(d, e.axis, &e.buf.direction)
	return nil
}

func (e *engine[T]) loadOutputs(c *Criterion, dst *Outputs, in *Inputs, z *tensor.Dense) (err error) {
	if err := dst.check(c, in, z); err != nil {
		return err
	}
	size := e.n * e.k
	if dst.Loss != nil {
		e.out.loss = dense.Memory[T](dst.Loss)[:dst.Loss.Shape().TotalSize()]
	}
	if dst.WeightGrad != nil && c.Link == SoftmaxLink {
		e.out.weightGrad = dense.Memory[T](dst.WeightGrad)[:e.n]
	}
	last := e.axis == len(z.Shape())-1
	if c.Link == SigmoidLink {
		e.loadElementOutputs(dst.Loss, dst.WeightGrad, last)
	}
	if dst.Grad != nil {
		if e.grad = dense.Memory[T](dst.Grad); !last {
			e.grad, e.out.grad = dense.Grow(&e.buf.grad, size), dst.Grad
		}
		e.grad = e.grad[:size]
	}
	if dst.TargetGrad != nil && dst.Grad == nil && (c.Margins != nil || c.AngularMargin != 0) {
		// The margins' part of it wants the other one.
		e.grad = dense.Grow(&e.buf.grad, size)
	}
	if dst.TargetGrad != nil {
		if e.targetGrad = dense.Memory[T](dst.TargetGrad); !last {
			e.targetGrad, e.out.targetGrad = dense.Grow(&e.buf.targetGrad, size), dst.TargetGrad
		}
		e.targetGrad = e.targetGrad[:size]
	}
	return nil
}

// named is a tensor, or nil, and what errors call it.
type named struct {
	name string
	t    *tensor.Dense
}

// check wants outputs of the right dtype and shape in memory of their own.
func (dst *Outputs) check(c *Criterion, in *Inputs, z *tensor.Dense) error {
	const loss, weightGrad = 0, 3
	outputs := [...]named{loss: {"loss", dst.Loss}, {"grad", dst.Grad}, {"target grad", dst.TargetGrad},
		weightGrad: {"weight grad", dst.WeightGrad}}
	inputs := [...]named{{c.inputName(), inMemory(in.Logits)}, {"target", inMemory(in.Target)},
		{"sample weights", inMemory(in.SampleWeights)}, {"upstream", inMemory(in.Upstream)},
		{"direction", inMemory(in.Direction)}}
	return c.checkOutputs(z.Dtype(), outputs[:], inputs[:], func(i int, o named) error {
		switch i {
		case loss:
			return c.checkLoss(o, z)
		case weightGrad:
			return c.checkWeightGrad(o, z)
		}
		return checkShape(o.name, o.t.Shape(), z.Shape()...)
	})
}

// checkOutputs wants the outputs that are there to be of dtype dt, to have the shape that shape
// wants of output i, and to be in memory of their own.
func (c *Criterion) checkOutputs(dt tensor.Dtype, outputs, inputs []named, shape func(i int, o named) error) error {
	var room [8]dense.Span
	spans := room[:0] // of the inputs
	for i := range inputs {
		span := dense.Span{} // which meets none
		if t := inputs[i].t; t != nil {
			span = dense.SpanOf(t)
		}
		spans = append(spans, span)
	}
	for i := range outputs {
		o := outputs[i]
		if o.t == nil {
			continue
		}
		if err := checkOutput(o.name, o.t, dt); err != nil {
			return err
		}
		if err := shape(i, o); err != nil {
			return err
		}
		span := dense.SpanOf(o.t)
		for j := range inputs {
			if span.Meets(spans[j]) && dense.Overlap(o.t, inputs[j].t) {
				return sharesMemory(o.name, inputs[j].name)
			}
		}
		for _, x := range outputs[:i] {
			if x.t != nil && dense.Overlap(o.t, x.t) {
				return sharesMemory(o.name, x.name)
			}
		}
		if err := c.checkApart(o.name, span); err != nil {
			return err
		}
	}
	return nil
}

// checkLoss wants the shape of the loss of these logits.
func (c *Criterion) checkLoss(o named, logits Operand) error {
	if c.Reduction.scalar() {
		return checkShape(o.name, o.t.Shape())
	}
	return c.checkLossShape(o.name, o.t.Shape(), logits.Shape())
}

// checkWeightGrad wants a shape of the sample weights of these logits.
func (c *Criterion) checkWeightGrad(o named, logits Operand) error {
	if c.Link == SoftmaxLink {
		return c.checkLossShape(o.name, o.t.Shape(), logits.Shape())
	}
	return c.CheckSampleWeights(o.t, logits)
}

// inMemory returns t as the tensor that it is, nil for none and for the zero value of one.
func inMemory(t tensor.Tensor) *tensor.Dense {
	if d, ok := t.(*tensor.Dense); ok && d != nil && d.Dtype().Type != nil {
		return d
	}
	return nil
}

// checkApart wants the memory of an output to have nothing in common with slices of the criterion.
func (c *Criterion) checkApart(output string, o dense.Span) error {
	for i, numbers := range c.perClass() {
		if o.Meets(dense.SpanOfSlice(*numbers)) {
			return sharesMemory(output, perClassFields[i].name)
		}
	}
	return nil
}

// sharesMemory is the error of an output in the memory of something else.
func sharesMemory(output, with string) error {
	return argError(ErrShape, output, "the tensor", "shares memory with the "+with, "a tensor of its own")
}

// checkOutput wants contiguous memory for numbers of the dtype.
func checkOutput(arg string, d *tensor.Dense, dt tensor.Dtype) error {
	if _, err := denseOf(arg, d); err != nil {
		return err
	}
	if d.Dtype() != dt {
		return argError(ErrDtype, arg, "dtype "+d.Dtype().String(), "is wrong", dt.String())
	}
	if !dense.RowMajor(d) {
		return argError(ErrShape, arg, "the tensor", "is a view with gaps", "contiguous row-major memory to write to")
	}
	return nil
}
