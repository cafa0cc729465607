package losses

import (
	"sync"

	"gorgonia.org/tensor"

	"softloss/losses/internal/kernel"
	"softloss/losses/internal/rows"
)

// Inputs are the tensors that a criterion reads. Logits and Target are
// required; the others may be nil.
type Inputs struct {
	Logits tensor.Tensor // [N, K]; probabilities with Criterion.FromProbs
	Target tensor.Tensor // [N, K] of the same dtype, or index [N]

	// SampleWeights [N], of the logits' dtype, finite and >= 0, multiply the losses of the rows. A row of
	// weight 0 is removed: its loss and gradients are 0 even where they would be NaN,
	// its labels are not looked at, and Mean does not count it. Nil means 1 each.
	SampleWeights tensor.Tensor
	// Upstream is the derivative of a cost with respect to the loss, of the loss's shape (scalar,
	// or [N] with None) and the logits' dtype; the gradients are multiplied by it. Nil means 1.
	Upstream tensor.Tensor

	// Direction [N, K], of the logits' dtype, asks for second derivatives. With a direction v the
	// losses are replaced by their derivatives along v, v·dL_n/dlogits, and everything that
	// Outputs hold is that of these: Grad is the Hessian-vector product. See [Criterion.HessianVector].
	Direction tensor.Tensor
}

// Outputs are the tensors that a criterion writes: contiguous, of the logits' dtype, of the shape
// given here, and not those it reads. What is nil is not computed. After an error their content means nothing.
type Outputs struct {
	Loss       *tensor.Dense // scalar, or [N] with None
	Grad       *tensor.Dense // [N, K], the derivative with respect to the logits
	TargetGrad *tensor.Dense // [N, K], the derivative with respect to the labels; index targets have none
	WeightGrad *tensor.Dense // [N], the derivative with respect to the sample weights, 0 for a removed row
}

// EvalInto computes what dst asks for into the caller's tensors. It allocates
// nothing once it has run on these shapes, unless an input is a view that must be gathered or
// the rows do not lie along the last axis.
// Several goroutines may call it at once.
//
// Errors: those of [Criterion.Eval], also for the tensors of dst, and [ErrWeight] for a sample
// weight that is negative, NaN or infinite.
func (c Criterion) EvalInto(dst Outputs, in Inputs) error {
	z, err := denseOf(c.inputName(), in.Logits)
	if err != nil {
		return err
	}
	t, err := denseOf("labels", in.Target)
	if err != nil {
		return err
	}
	if err := c.Check(z, t); err != nil {
		return err
	}
	if z.Dtype() == tensor.Float32 {
		return evalInto[float32](&pool32, c, dst, in, z, t)
	}
	return evalInto[float64](&pool64, c, dst, in, z, t)
}

// The engines that are not at work. An engine keeps its scratch memory.
var pool32, pool64 sync.Pool

func evalInto[T kernel.Float](pool *sync.Pool, c Criterion, dst Outputs, in Inputs, z, t *tensor.Dense) error {
	e, _ := pool.Get().(*engine[T])
	if e == nil {
		e = new(engine[T])
		e.group.Body = e.rows
	}
	defer func() {
		e.forget()
		pool.Put(e)
	}()
	if err := e.load(c, dst, in, z, t); err != nil {
		return err
	}
	parts := rows.Parts(e.n, grain/e.k)
	for len(e.parts) < parts {
		e.parts = append(e.parts, new(block[T]))
	}
	for _, b := range e.parts[:parts] {
		b.err = nil
	}
	e.group.Run(e.n, parts)
	for _, b := range e.parts[:parts] {
		if b.err != nil {
			return b.err
		}
	}
	e.store(dst, z)
	return nil
}

// grain is how many elements are worth a goroutine.
const grain = 1 << 14

// engine evaluates one criterion on one batch.
type engine[T kernel.Float] struct {
	criterion Criterion
	linear    bool // the loss is linear in its target
	n, k      int
	axis      int

	input, target, sample, upstream []T
	direction                       []T // nil without second derivatives
	index                           []int
	loss, grad, targetGrad, sGrad   []T // outputs, nil when not wanted; gradients row by row

	// What the rows weigh: see weigh.
	kept      int       // rows that are not removed
	mass      float64   // Σ s_n S_n of the rows kept, for WeightedMean
	removed   []bool    // rows that take no part; nil when all do
	rowWeight []float64 // factor of a row's loss that comes from its class; nil when it is 1
	rowMass   []float64 // S_n, for WeightedMean

	div     float64   // one over the denominator
	rowLoss []float64 // L_n, then s_n L_n
	scale   []T       // factor of the rows' gradients before row weights, one for all or one a row

	group rows.Group
	parts []*block[T]

	buf struct { // memory to use again
		input, target, sample, upstream, direction, scale, grad, targetGrad []T
		index                                                               []int
		removed                                                             []bool
		rowWeight, rowMass                                                  []float64
		one                                                                 [1]T
	}
}

// forget drops what belongs to the caller.
func (e *engine[T]) forget() {
	e.criterion = Criterion{}
	e.input, e.target, e.sample, e.upstream, e.index = nil, nil, nil, nil, nil
	e.loss, e.grad, e.targetGrad, e.sGrad, e.direction = nil, nil, nil, nil, nil
	e.removed, e.rowWeight, e.rowMass = nil, nil, nil
	for _, b := range e.parts {
		b.forget()
	}
}

// load checks and reads everything that the rows need. z and t have passed Check.
func (e *engine[T]) load(c Criterion, dst Outputs, in Inputs, z, t *tensor.Dense) (err error) {
	shape := z.Shape()
	e.criterion, e.linear, e.axis = c, isLinear(c.loss()), c.axis(shape)
	e.k = shape[e.axis]
	e.n = shape.TotalSize() / e.k
	if e.input, err = floats(c.inputName(), z, e.axis, &e.buf.input); err != nil {
		return err
	}
	if in.SampleWeights != nil {
		if e.sample, err = e.perRow("sample weights", in.SampleWeights, z, &e.buf.sample); err != nil {
			return err
		}
	}
	if in.Direction != nil {
		if err := e.loadDirection(in.Direction, z); err != nil {
			return err
		}
	}
	if isIndex(t.Dtype()) {
		e.index, err = integers(t, &e.buf.index)
	} else {
		e.target, err = floats("labels", t, e.axis, &e.buf.target)
	}
	if err != nil {
		return err
	}
	if err := e.loadOutputs(dst, z); err != nil {
		return err
	}
	if err := e.weigh(); err != nil {
		return err
	}
	e.div = c.Reduction.divide(e.kept, e.mass)
	if in.Upstream != nil {
		if c.Reduction.scalar() {
			var u *tensor.Dense
			if u, err = likeOf("upstream", in.Upstream, z.Dtype()); err == nil {
				e.upstream = raw[T](u)[:1]
			}
		} else {
			e.upstream, err = e.perRow("upstream", in.Upstream, z, &e.buf.upstream)
		}
		if err != nil {
			return err
		}
	}
	e.setScale()
	grow(&e.rowLoss, e.n)
	return nil
}

// perRow reads a tensor that has a number for every row of z.
func (e *engine[T]) perRow(arg string, x tensor.Tensor, z *tensor.Dense, buf *[]T) ([]T, error) {
	d, err := denseOf(arg, x)
	if err != nil {
		return nil, err
	}
	if len(z.Shape()) == 2 && e.axis == 1 {
		d, err = likeOf(arg, d, z.Dtype(), e.n)
	} else {
		d, err = likeOf(arg, d, z.Dtype(), e.criterion.RowShape(z.Shape())...)
	}
	if err != nil {
		return nil, err
	}
	return floats(arg, d, len(d.Shape())-1, buf)
}

func (e *engine[T]) loadOutputs(dst Outputs, z *tensor.Dense) (err error) {
	shape, dt := z.Shape(), z.Dtype()
	if dst.Loss != nil {
		if e.criterion.Reduction.scalar() {
			e.loss, err = output[T]("loss", dst.Loss, dt)
		} else {
			e.loss, err = output[T]("loss", dst.Loss, dt, e.criterion.RowShape(shape)...)
		}
	}
	if err == nil && dst.Grad != nil {
		e.grad, err = e.matrixOutput("grad", dst.Grad, z, &e.buf.grad)
	}
	if err == nil && dst.TargetGrad != nil {
		if e.index != nil {
			return argError(ErrDtype, "target grad", "an index target", "has no gradient", "labels [N, K]")
		}
		e.targetGrad, err = e.matrixOutput("target grad", dst.TargetGrad, z, &e.buf.targetGrad)
	}
	if err == nil && dst.WeightGrad != nil {
		e.sGrad, err = output[T]("weight grad", dst.WeightGrad, dt, e.criterion.RowShape(shape)...)
	}
	return err
}

// matrixOutput returns the rows of an output of the logits' shape: its own memory, or *buf where its
// rows do not lie along the last axis; store moves them from there.
func (e *engine[T]) matrixOutput(arg string, d *tensor.Dense, z *tensor.Dense, buf *[]T) ([]T, error) {
	out, err := output[T](arg, d, z.Dtype(), z.Shape()...)
	if err == nil && (overlap(out, raw[T](z)) || overlap(out, e.target)) {
		err = argError(ErrShape, arg, "the tensor", "shares memory with an input", "a tensor of its own")
	}
	if err != nil || e.axis == len(z.Shape())-1 {
		return out, err
	}
	return grow(buf, e.n*e.k), nil
}

// setScale sets the factor with which each row's gradient enters the cost's: upstream and sample weight over the denominator.
func (e *engine[T]) setScale() {
	if e.sample == nil && len(e.upstream) <= 1 {
		e.buf.one[0] = T(e.upstreamOf(0) * e.div)
		e.scale = e.buf.one[:]
		return
	}
	e.scale = grow(&e.buf.scale, e.n)
	for i := range e.scale {
		f := e.upstreamOf(i) * e.div
		if e.sample != nil {
			f *= float64(e.sample[i])
		}
		e.scale[i] = T(f)
	}
}

// upstreamOf returns the upstream gradient of row i.
func (e *engine[T]) upstreamOf(i int) float64 {
	switch len(e.upstream) {
	case 0:
		return 1
	case 1:
		return float64(e.upstream[0])
	}
	return float64(e.upstream[i])
}

// keeps reports whether row i takes part.
func (e *engine[T]) keeps(i int) bool { return e.removed == nil || !e.removed[i] }

// rows evaluates the rows [lo, hi) in runs that are kept.
func (e *engine[T]) rows(part, lo, hi int) {
	b := e.parts[part]
	most := b.begin(e)
	for i := lo; i < hi && b.err == nil; {
		j := min(hi, i+most)
		if e.removed != nil {
			for j = i; j < hi && j-i < most && e.keeps(j); {
				j++
			}
		}
		if i == j {
			e.skip(i)
			i++
			continue
		}
		b.run(e, i, j)
		i = j
	}
}

// skip gives the removed row i its zeros.
func (e *engine[T]) skip(i int) {
	e.rowLoss[i] = 0
	if e.grad != nil {
		clear(e.grad[i*e.k : (i+1)*e.k])
	}
	if e.targetGrad != nil {
		clear(e.targetGrad[i*e.k : (i+1)*e.k])
	}
}

// store weighs and reduces the rows' losses and brings the gradients to where they belong.
func (e *engine[T]) store(dst Outputs, z *tensor.Dense) {
	var value float64 // the reduced value
	needed := e.loss != nil || e.criterion.Reduction == WeightedMean && (e.targetGrad != nil || e.sGrad != nil)
	rowLoss := e.rowLoss[:e.n]
	if e.div == 0 { // nothing is kept: everything is 0, whatever the rows hold
		clear(rowLoss)
		clear(e.grad)
		clear(e.targetGrad)
	}
	if e.sGrad != nil {
		for i, l := range rowLoss {
			e.sGrad[i] = T(e.upstreamOf(i) * e.div * l)
		}
	}
	if needed {
		for i := range e.sample {
			if e.keeps(i) {
				rowLoss[i] *= float64(e.sample[i])
			}
		}
		value = e.criterion.Reduction.sum(rowLoss) * e.div
	}
	if e.criterion.Reduction == WeightedMean {
		e.gradOfMass(value)
	}
	if e.loss != nil {
		if e.criterion.Reduction.scalar() {
			e.loss[0] = T(value)
		} else {
			for i, l := range rowLoss {
				e.loss[i] = T(l)
			}
		}
	}
	if e.axis != len(z.Shape())-1 {
		if e.grad != nil {
			scatter(raw[T](dst.Grad), e.grad, z.Shape(), e.axis)
		}
		if e.targetGrad != nil {
			scatter(raw[T](dst.TargetGrad), e.targetGrad, z.Shape(), e.axis)
		}
	}
}

// tiny is the least probability that a logarithm is taken of.
func tiny[T kernel.Float]() float64 { return kernel.Tiny[T]() }
