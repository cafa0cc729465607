package losses

import (
	"math"
	"slices"

	"gorgonia.org/tensor"

	"softloss/internal/dense"
	"softloss/internal/parallel"
	"softloss/losses/internal/kernel"
)

// plain reports whether c is the mean or the sum of the cross entropy from logits, with no option.
func (c *Criterion) plain() bool {
	if _, ok := c.Loss.(CrossEntropy); !ok && c.Loss != nil {
		return false
	}
	s := &c.Smoothing
	return c.Reduction <= Sum && c.Link == SoftmaxLink && c.Axis == 0 && !c.FromProbs && c.ClassWeights == nil &&
		c.Margins == nil && c.AngularMargin == 0 && c.PosWeight == nil && len(c.Ignore) == 0 && c.LogitShift == nil &&
		c.Temperature == 0 && c.ZLoss == 0 && s.Rule == 0 && s.Alpha == 0 && s.Prior == nil
}

// plainRows are the rows of an evaluation as a batch has them, of which there is a target or an
// index.
type plainRows[T kernel.Float] struct {
	n, k          int
	shape         tensor.Shape // of the logits
	input, target []T
	index         []int
	upstream      []T // one number; nil for 1
}

// evalPlain is evalInto for a plain criterion on plain tensors, when the batch is too small to be
// shared by goroutines: with few rows, what surrounds the kernel would take longer than the kernel.
// It returns false where anything else is asked for, or something is wrong, which evalInto then
// says.
func evalPlain[T kernel.Float](r Reduction, loss, grad *tensor.Dense, logits, target, upstream tensor.Tensor) bool {
	var b plainRows[T]
	if !b.load(logits, target, upstream) || partsOf(b.n, b.k) > 1 {
		return false
	}
	value, ok := b.output(loss, nil)
	if !ok {
		return false
	}
	g, ok := b.output(grad, b.shape)
	if !ok || dense.SpanOfSlice(value).Meets(dense.SpanOfSlice(g)) {
		return false
	}
	div := r.divide(counts{kept: b.n})
	share := div
	if b.upstream != nil {
		if share *= float64(b.upstream[0]); !holds[T](share) || math.Abs(share) > mostLift {
			return false // or it lifts a tiny p
		}
	}
	if l, ok := b.alone(g, T(share)); ok {
		storeOne(value, l, div)
		return true
	}
	e := borrow[T]()
	rows, scale := dense.Grow(&e.buf.loss, b.n), dense.Grow(&e.buf.scale, 1)
	scale[0] = T(share)
	bad := -1
	if b.index != nil {
		kernel.CrossEntropyIndex(rows, g, b.input, b.index, scale, b.k)
	} else {
		bad = kernel.CrossEntropy(rows, g, b.input, b.target, scale, b.k)
	}
	switch {
	case bad >= 0:
	case b.n == 1:
		storeOne(value, rows[0], div)
	case value != nil:
		e.addLosses(rows)
		value[0] = T(e.total() * div)
		e.totals = totals{}
	}
	parallel.PoolOf[T](&engines).Put(e) // what is the caller's it has not seen
	return bad < 0
}

// storeOne stores the value of a single row's loss, unless it is nil: what addLosses and total come
// to.
func storeOne[T kernel.Float](value []T, loss, div float64) {
	if value != nil {
		value[0] = T((0 + loss) * div) // never -0
	}
}

// alone stores the gradient of a single row, with the factor f, in g and returns its loss, where
// that takes no memory from a pool.
func (b *plainRows[T]) alone(g []T, f T) (loss float64, ok bool) {
	if b.n != 1 || g == nil {
		return 0, false
	}
	class := 0
	if b.index != nil {
		class = b.index[0]
	}
	return kernel.CrossEntropyAlone(g, b.input, b.target, class, f)
}

// load reads logits, target and upstream gradient, and returns false where they are not plain or do
// not belong together.
func (b *plainRows[T]) load(logits, target, upstream tensor.Tensor) (ok bool) {
	x, s, ok := dense.Plain[T](logits)
	if !ok || len(x) == 0 || len(s) == 0 {
		return false
	}
	last := len(s) - 1
	b.n, b.k, b.shape, b.input = s[:last].TotalSize(), s[last], s, x
	var t tensor.Shape
	if upstream != nil {
		if b.upstream, t, ok = dense.Plain[T](upstream); !ok || len(t) != 0 {
			return false
		}
	}
	if b.target, t, ok = dense.Plain[T](target); ok {
		return slices.Equal(t, s)
	}
	if b.index, t, ok = dense.Plain[int](target); !ok || !slices.Equal(t, s[:last]) {
		return false
	}
	for _, y := range b.index {
		if uint(y) >= uint(b.k) {
			return false
		}
	}
	return true
}

// output returns the memory of an output of shape s, nil for one that is not wanted. It returns
// false where that is not plain or has something in common with the inputs.
func (b *plainRows[T]) output(o *tensor.Dense, s tensor.Shape) (x []T, ok bool) {
	if o == nil {
		return nil, true
	}
	x, shape, ok := dense.Plain[T](o)
	if !ok || !slices.Equal(shape, s) {
		return nil, false
	}
	at := dense.SpanOfSlice(x)
	return x, !at.Meets(dense.SpanOfSlice(b.input)) && !at.Meets(dense.SpanOfSlice(b.target)) &&
		!at.Meets(dense.SpanOfSlice(b.index)) && !at.Meets(dense.SpanOfSlice(b.upstream))
}
