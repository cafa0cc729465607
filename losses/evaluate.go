package losses

import (
	"fmt"
	"math"
	"slices"
	"sync"

	"gorgonia.org/tensor"

	"softloss/internal/dense"
	"softloss/losses/internal/kernel"
)

// Inputs are the tensors that a criterion reads. Logits and Target are
// required; the others may be nil.
type Inputs struct {
	Logits tensor.Tensor // [N, K]; probabilities with Criterion.FromProbs
	Target tensor.Tensor // [N, K] of the same dtype, or index [N]

	// SampleWeights [N], of the logits' dtype, finite and >= 0, multiply the losses of the rows. A
	// row of weight 0 is removed: its loss and gradients are 0 even where they would be NaN, its
	// labels are not looked at, and Mean does not count it. Nil means 1 each.
	SampleWeights tensor.Tensor
	// Upstream is the derivative of a cost with respect to the loss, of the loss's shape (scalar,
	// or [N] with None) and the logits' dtype; the gradients are multiplied by it. Nil means 1.
	Upstream tensor.Tensor

	// Direction [N, K], of the logits' dtype, asks for second derivatives. With a direction v the
	// losses are replaced by their derivatives along v, v·dL_n/dlogits, and everything that Outputs
	// hold is that of these: Grad is the Hessian-vector product. See [Criterion.HessianVector].
	Direction tensor.Tensor
}

// Outputs are the tensors that a criterion writes: contiguous, of the logits' dtype, of the shape
// given here, and without memory in common with each other or with the inputs. What is nil is not
// computed. After an error their content means nothing.
type Outputs struct {
	Loss       *tensor.Dense // scalar, or [N] with None
	Grad       *tensor.Dense // [N, K], the derivative with respect to the logits
	TargetGrad *tensor.Dense // [N, K], the derivative with respect to the labels; index targets have none
	WeightGrad *tensor.Dense // [N], the derivative with respect to the sample weights, 0 for a removed row
}

// EvalInto computes what dst asks for into the caller's tensors. It allocates nothing once it has
// run on these shapes, whatever the loss of this package and the options. Several goroutines may
// call it at once.
//
// Errors: those of [Criterion.Eval], also for the tensors of dst, and [ErrWeight] for a sample
// weight that is negative, NaN or infinite.
func (c Criterion) EvalInto(dst Outputs, in Inputs) error {
	z, t, err := c.operands(in.Logits, in.Target)
	if err != nil {
		return err
	}
	if z.Dtype() == tensor.Float32 {
		return evalInto[float32](&pool32, c, dst, in, z, t)
	}
	return evalInto[float64](&pool64, c, dst, in, z, t)
}

// Eval returns the loss: a scalar tensor, or [N] with Reduction None.
//
// Shapes: logits [N, K] (probabilities with FromProbs), target [N, K] of the same dtype or index
// [N], or what else [Criterion.Check] accepts; the result has the dtype of the logits. Views and
// transposed tensors are read as they are; nothing is modified.
//
// Errors: those of [Criterion.Check], [ErrLabel] for a negative, NaN or infinite label, [ErrIndex]
// for a class outside [0, K), [ErrProb] for a probability outside [0, 1], [ErrLoss]; each names the
// row and column.
func (c Criterion) Eval(logits, target tensor.Tensor) (*tensor.Dense, error) {
	out, err := c.newOutputs(logits, target, false)
	if err != nil {
		return nil, err
	}
	if err := c.EvalInto(out, Inputs{Logits: logits, Target: target}); err != nil {
		return nil, err
	}
	return out.Loss, nil
}

// EvalGrad returns the loss as Eval does, and its gradient with respect to the logits
// (the probabilities with FromProbs) in one pass over the data. With Reduction None it is the
// gradient of the sum of the losses.
//
// Shapes: loss scalar or [N], grad [N, K]. Errors are those of Eval.
func (c Criterion) EvalGrad(logits, target tensor.Tensor) (loss, grad *tensor.Dense, err error) {
	out, err := c.newOutputs(logits, target, true)
	if err != nil {
		return nil, nil, err
	}
	if err := c.EvalInto(out, Inputs{Logits: logits, Target: target}); err != nil {
		return nil, nil, err
	}
	return out.Loss, out.Grad, nil
}

// newOutputs makes the tensors that Eval and EvalGrad return.
func (c Criterion) newOutputs(logits, target tensor.Tensor, grad bool) (out Outputs, err error) {
	z, _, err := c.operands(logits, target)
	if err != nil {
		return out, err
	}
	if c.Reduction.scalar() {
		out.Loss = dense.New(z.Dtype())
	} else {
		out.Loss = dense.New(z.Dtype(), c.RowShape(z.Shape())...)
	}
	if grad {
		out.Grad = dense.New(z.Dtype(), z.Shape()...)
	}
	return out, nil
}

// operands returns logits and target as tensors that the criterion accepts.
func (c Criterion) operands(logits, target tensor.Tensor) (z, t *tensor.Dense, err error) {
	if z, err = denseOf(c.inputName(), logits); err != nil {
		return nil, nil, err
	}
	if t, err = denseOf("labels", target); err != nil {
		return nil, nil, err
	}
	return z, t, c.Check(z, t)
}

func evalInto[T kernel.Float](pool *sync.Pool, c Criterion, dst Outputs, in Inputs, z, t *tensor.Dense) error {
	e := borrow[T](pool)
	defer e.give(pool)
	if err := e.load(c, dst, in, z, t); err != nil {
		return err
	}
	if err := e.run(); err != nil {
		return err
	}
	e.store()
	return nil
}

// load checks and reads everything that the rows need. z and t have passed Check.
func (e *engine[T]) load(c Criterion, dst Outputs, in Inputs, z, t *tensor.Dense) (err error) {
	shape := z.Shape()
	e.formula, e.linear = c.loss(), isLinear(c.loss())
	e.reduction, e.ignore, e.axis = c.Reduction, c.Ignore, c.axis(shape)
	e.k = shape[e.axis]
	e.n = shape.TotalSize() / e.k
	e.options = options{
		probs: c.FromProbs, smoothing: c.Smoothing, classWeights: c.ClassWeights, lift: 1,
		shift: c.LogitShift, temperature: c.temperature(), zLoss: c.ZLoss,
	}
	e.input = dense.Rows(z, e.axis, &e.buf.input)
	if in.SampleWeights != nil {
		if e.sample, err = e.perRow("sample weights", in.SampleWeights, c, z, &e.buf.sample); err != nil {
			return err
		}
	}
	if in.Direction != nil {
		if err := e.loadDirection(in.Direction, c, z); err != nil {
			return err
		}
	}
	if dense.IsInteger(t.Dtype()) {
		e.index = dense.Ints(t, &e.buf.index)
	} else {
		e.target = dense.Rows(t, e.axis, &e.buf.target)
		e.labels = e.target
	}
	e.loadClassWeights(c.ClassWeights)
	e.weighsLabels = c.ClassWeights != nil && e.linear && (e.index == nil || c.Smoothing.on())
	if err := e.loadOutputs(c, dst, in, z); err != nil {
		return err
	}
	if err := e.weigh(); err != nil {
		return err
	}
	e.div = c.Reduction.divide(e.kept, e.mass)
	if in.Upstream != nil {
		if e.upstream, err = e.loadUpstream(in.Upstream, c, z); err != nil {
			return err
		}
	}
	e.setScale()
	e.batch.loss = dense.Grow(&e.buf.loss, e.n)
	return nil
}

// loadClassWeights reads the class weights: divided by a power of two where the largest of them is
// so large or small that the weighted labels could leave the dtype, and where that is the same as
// multiplying the row.
func (e *engine[T]) loadClassWeights(w []float64) {
	e.classWeights = w
	if len(w) == 0 || e.smoothing.on() && e.smoothing.Rule != SmoothPrior {
		return
	}
	most := slices.Max(w)
	if most == 0 || 0x1p-60 < most && most < 0x1p60 {
		return
	}
	exponent := math.Ilogb(most)
	e.classWeights = dense.Grow(&e.buf.classWeights, len(w))
	for k, x := range w {
		e.classWeights[k] = math.Ldexp(x, -exponent)
	}
	if e.reduction != WeightedMean { // where the factor cancels
		e.lift = math.Ldexp(1, exponent)
	}
}

// perRow reads a tensor that has a number for every row of z.
func (e *engine[T]) perRow(arg string, x tensor.Tensor, c Criterion, z *tensor.Dense, buf *[]T) ([]T, error) {
	d, err := denseOf(arg, x)
	if err != nil {
		return nil, err
	}
	if err := c.checkPerRow(arg, d, z); err != nil {
		return nil, err
	}
	return dense.Rows(d, len(d.Shape())-1, buf), nil
}

func (e *engine[T]) loadUpstream(u tensor.Tensor, c Criterion, z *tensor.Dense) ([]T, error) {
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
func (e *engine[T]) loadDirection(v tensor.Tensor, c Criterion, z *tensor.Dense) error {
	if !c.TwiceDifferentiable() {
		return argError(ErrLoss, "loss", fmt.Sprintf("%T", e.formula), "has no second derivatives here",
			"CrossEntropy, GCE, Focal or Poly1 from logits")
	}
	d, err := likeOf("direction", v, z.Dtype(), z.Shape()...)
	if err != nil {
		return err
	}
	e.direction = dense.Rows(d, e.axis, &e.buf.direction)
	return nil
}

func (e *engine[T]) loadOutputs(c Criterion, dst Outputs, in Inputs, z *tensor.Dense) (err error) {
	if dst.TargetGrad != nil && e.index != nil {
		return argError(ErrDtype, "target grad", "an index target", "has no gradient", "labels [N, K]")
	}
	if err := dst.check(c, in, z); err != nil {
		return err
	}
	size := e.n * e.k
	if dst.Loss != nil {
		e.out.loss = dense.Memory[T](dst.Loss)[:dst.Loss.Shape().TotalSize()]
	}
	if dst.WeightGrad != nil {
		e.out.weightGrad = dense.Memory[T](dst.WeightGrad)[:e.n]
	}
	last := e.axis == len(z.Shape())-1
	if dst.Grad != nil {
		if e.grad = dense.Memory[T](dst.Grad); !last {
			e.grad, e.out.grad = dense.Grow(&e.buf.grad, size), dst.Grad
		}
		e.grad = e.grad[:size]
	}
	if dst.TargetGrad != nil {
		if e.targetGrad = dense.Memory[T](dst.TargetGrad); !last {
			e.targetGrad, e.out.targetGrad = dense.Grow(&e.buf.targetGrad, size), dst.TargetGrad
		}
		e.targetGrad = e.targetGrad[:size]
	}
	return nil
}

// check wants outputs of the right dtype and shape in memory of their own.
func (dst Outputs) check(c Criterion, in Inputs, z *tensor.Dense) error {
	type named struct {
		name string
		t    *tensor.Dense
	}
	const loss, weightGrad = 0, 3
	outputs := [...]named{loss: {"loss", dst.Loss}, {"grad", dst.Grad}, {"target grad", dst.TargetGrad},
		weightGrad: {"weight grad", dst.WeightGrad}}
	inputs := [...]tensor.Tensor{in.Logits, in.Target, in.SampleWeights, in.Upstream, in.Direction}
	for i, o := range outputs {
		if o.t == nil {
			continue
		}
		err := checkOutput(o.name, o.t, z.Dtype())
		if err != nil {
			return err
		}
		switch s := o.t.Shape(); {
		case i == loss && c.Reduction.scalar():
			err = checkShape(o.name, s)
		case i == loss || i == weightGrad:
			err = c.checkRowShape(o.name, s, z.Shape())
		default:
			err = checkShape(o.name, s, z.Shape()...)
		}
		if err != nil {
			return err
		}
		for j, x := range inputs {
			if x, ok := x.(*tensor.Dense); ok && x != nil && dense.Overlap(o.t, x) {
				name := [...]string{c.inputName(), "target", "sample weights", "upstream", "direction"}[j]
				return argError(ErrShape, o.name, "the tensor", "shares memory with the "+name, "a tensor of its own")
			}
		}
		for _, other := range outputs[:i] {
			if other.t != nil && dense.Overlap(o.t, other.t) {
				return argError(ErrShape, o.name, "the tensor", "shares memory with the "+other.name,
					"a tensor of its own")
			}
		}
	}
	return nil
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
