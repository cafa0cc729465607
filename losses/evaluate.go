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
}

// Outputs are the tensors that a criterion writes: contiguous, of the logits' dtype, of the shape
// given here, and not those it reads. What is nil is not computed. After an error their content means nothing.
type Outputs struct {
	Loss       *tensor.Dense // scalar, or [N] with None
	Grad       *tensor.Dense // [N, K], the derivative with respect to the logits
	TargetGrad *tensor.Dense // [N, K], the derivative with respect to the labels; index targets have none
}

// EvalInto computes what dst asks for into the caller's tensors. It allocates
// nothing once it has run on these shapes, unless an input is a view that must be gathered.
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
	e.store()
	return nil
}

// grain is how many elements are worth a goroutine.
const grain = 1 << 14

// engine evaluates one criterion on one batch.
type engine[T kernel.Float] struct {
	criterion Criterion
	n, k      int
	kept      int // rows whose sample weight is not 0

	input, target, sample, upstream []T
	index                           []int
	loss, grad, targetGrad          []T // outputs, nil when not wanted

	rowLoss []float64 // s_n L_n
	scale   []T       // factor of the rows' gradients, one for all or one a row

	group rows.Group
	parts []*block[T]

	inputBuf, targetBuf, sampleBuf, upstreamBuf []T // gathered views
	indexBuf                                    []int
	one                                         [1]T
	shape                                       [1]int
	scaleBuf                                    []T
}

// forget drops what belongs to the caller.
func (e *engine[T]) forget() {
	e.criterion = Criterion{}
	e.input, e.target, e.sample, e.upstream, e.index = nil, nil, nil, nil, nil
	e.loss, e.grad, e.targetGrad = nil, nil, nil
	for _, b := range e.parts {
		b.forget()
	}
}

// load checks and reads everything that the rows need. z and t have passed Check.
func (e *engine[T]) load(c Criterion, dst Outputs, in Inputs, z, t *tensor.Dense) (err error) {
	e.criterion = c
	e.n, e.k = z.Shape()[0], z.Shape()[1]
	if e.input, err = floats(c.inputName(), z, &e.inputBuf); err != nil {
		return err
	}
	if err := e.loadSampleWeights(in.SampleWeights, z.Dtype()); err != nil {
		return err
	}
	if isIndex(t.Dtype()) {
		err = e.loadIndex(t)
	} else {
		e.target, err = floats("labels", t, &e.targetBuf)
	}
	if err != nil {
		return err
	}
	if err := e.loadOutputs(dst, z.Dtype()); err != nil {
		return err
	}
	if err := e.loadUpstream(in.Upstream, z.Dtype()); err != nil {
		return err
	}
	e.setScale()
	grow(&e.rowLoss, e.n)
	return nil
}

func (e *engine[T]) loadSampleWeights(w tensor.Tensor, dt tensor.Dtype) error {
	e.kept = e.n
	if w == nil {
		return nil
	}
	d, err := likeOf("sample weights", w, dt, e.n)
	if err != nil {
		return err
	}
	if e.sample, err = floats("sample weights", d, &e.sampleBuf); err != nil {
		return err
	}
	for i, s := range e.sample {
		if !(s >= 0) || s-s != 0 {
			return cellError(ErrWeight, "sample weights", i, -1, s, "is out of range", "a finite number >= 0")
		}
		if s == 0 {
			e.kept--
		}
	}
	return nil
}

func (e *engine[T]) loadIndex(t *tensor.Dense) (err error) {
	if e.index, err = integers(t, &e.indexBuf); err != nil {
		return err
	}
	for i, y := range e.index {
		if (y < 0 || y >= e.k) && e.keeps(i) {
			return cellError(ErrIndex, "index", i, -1, y, "is out of range", "a class in [0, "+itoa(e.k)+")")
		}
	}
	return nil
}

func (e *engine[T]) loadOutputs(dst Outputs, dt tensor.Dtype) (err error) {
	if dst.Loss != nil {
		e.loss, err = output[T]("loss", dst.Loss, dt, e.lossShape()...)
	}
	if err == nil && dst.Grad != nil {
		e.grad, err = output[T]("grad", dst.Grad, dt, e.n, e.k)
	}
	if err == nil && dst.TargetGrad != nil {
		if e.index != nil {
			return argError(ErrDtype, "target grad", "an index target", "has no gradient", "labels [N, K]")
		}
		e.targetGrad, err = output[T]("target grad", dst.TargetGrad, dt, e.n, e.k)
	}
	return err
}

func (e *engine[T]) loadUpstream(u tensor.Tensor, dt tensor.Dtype) error {
	if u == nil {
		return nil
	}
	d, err := likeOf("upstream", u, dt, e.lossShape()...)
	if err != nil {
		return err
	}
	e.upstream, err = floats("upstream", d, &e.upstreamBuf)
	return err
}

// lossShape is the shape of the reduced loss.
func (e *engine[T]) lossShape() []int {
	if e.criterion.Reduction.scalar() {
		return nil
	}
	e.shape[0] = e.n
	return e.shape[:]
}

// setScale sets the factor with which each row's gradient enters the cost's.
func (e *engine[T]) setScale() {
	div := e.criterion.Reduction.divisor(e.kept)
	if e.sample == nil && len(e.upstream) <= 1 {
		e.one[0] = T(1 / div)
		if e.upstream != nil {
			e.one[0] = T(float64(e.upstream[0]) / div)
		}
		e.scale = e.one[:]
		return
	}
	e.scale = grow(&e.scaleBuf, e.n)
	for i := range e.scale {
		u := 1.0
		switch len(e.upstream) {
		case 0:
		case 1:
			u = float64(e.upstream[0])
		default:
			u = float64(e.upstream[i])
		}
		if e.sample != nil {
			u *= float64(e.sample[i])
		}
		e.scale[i] = T(u / div)
	}
}

// keeps reports whether row i has a weight.
func (e *engine[T]) keeps(i int) bool { return e.sample == nil || e.sample[i] != 0 }

// rows evaluates the rows [lo, hi) in runs that are kept.
func (e *engine[T]) rows(part, lo, hi int) {
	b := e.parts[part]
	most := b.begin(e)
	for i := lo; i < hi && b.err == nil; {
		j := i
		for j < hi && j-i < most && e.keeps(j) {
			j++
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

// store weights and reduces the rows' losses.
func (e *engine[T]) store() {
	if e.loss == nil {
		return
	}
	if e.sample != nil {
		for i, s := range e.sample {
			if s != 0 {
				e.rowLoss[i] *= float64(s)
			}
		}
	}
	if e.criterion.Reduction.scalar() {
		e.loss[0] = T(e.criterion.Reduction.reduce(e.rowLoss, e.kept))
		return
	}
	for i, l := range e.rowLoss {
		e.loss[i] = T(l)
	}
}

// tiny is the least probability that a logarithm is taken of.
func tiny[T kernel.Float]() float64 { return kernel.Tiny[T]() }
