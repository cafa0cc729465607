package losses

import (
	"fmt"
	"math"
	"reflect"
	"strconv"

	"softloss/losses/internal/kernel"
)

// fused is implemented by the losses of this package that have kernels of their own.
type fused interface {
	// itself returns the loss that the kernels are for: a loss that embeds one of
	// this package's has its methods too, but perhaps a Row of its own.
	itself() Loss
	block32(b *block[float32])
	block64(b *block[float64])
}

// block is a run of neighbouring rows, none of them removed, as a loss meets it.
// The slices hold loss[i] and elements [i*k, (i+1)*k) for row i of the run.
type block[T kernel.Float] struct {
	k         int
	fromProbs bool
	smoothing Smoothing

	input, target []T
	index         []int // instead of target; never together with smoothing
	scale         []T   // of the gradients: one, or one a row

	loss             []float64
	grad, targetGrad []T // nil when not wanted
	labels           []T // the target before smoothing, for targetGrad

	bad     int         // the first row with an invalid label, or -1
	failure *rowFailure // a panic in the loss's Row
	err     error       // what was wrong with the first bad row

	prepared []T       // scratch: smoothed targets
	rowBuf   []T       // scratch: one row
	wide     []float64 // scratch: six rows in float64
}

// forget drops what belongs to the caller.
func (b *block[T]) forget() {
	b.smoothing = Smoothing{}
	b.input, b.target, b.labels, b.index = nil, nil, nil, nil
	b.scale, b.loss, b.grad, b.targetGrad = nil, nil, nil, nil
}

// rowT returns a row of scratch memory.
func (b *block[T]) rowT() []T { return grow(&b.rowBuf, b.k) }

// begin readies b for the rows of e and returns how many at most make a run.
func (b *block[T]) begin(e *engine[T]) (most int) {
	b.k, b.fromProbs, b.smoothing = e.k, e.criterion.FromProbs, e.criterion.Smoothing
	if !b.smoothing.on() {
		return e.n
	}
	return max(1, 1<<12/e.k) // the prepared rows stay in the cache
}

// run evaluates the rows [lo, hi) of e. On an error it looks whether an earlier
// row has another, so that it is always the first bad row that is reported.
func (b *block[T]) run(e *engine[T], lo, hi int) {
	for row := hi; row >= 0; {
		bad, err := b.try(e, lo, row)
		if err == nil {
			return
		}
		b.err, row = err, bad
		if row == lo {
			return
		}
	}
}

// try evaluates the rows [lo, hi) of e. When something is wrong with a row it returns
// that row and what is wrong.
func (b *block[T]) try(e *engine[T], lo, hi int) (row int, err error) {
	k := e.k
	b.bad = -1
	b.failure = nil
	b.input = e.input[lo*k : hi*k]
	b.loss = e.rowLoss[lo:hi]
	b.scale = e.scale
	if len(e.scale) > 1 {
		b.scale = e.scale[lo:hi]
	}
	b.target, b.labels, b.index, b.grad, b.targetGrad = nil, nil, nil, nil, nil
	if e.grad != nil {
		b.grad = e.grad[lo*k : hi*k]
	}
	if e.targetGrad != nil {
		b.targetGrad = e.targetGrad[lo*k : hi*k]
	}
	if e.index != nil {
		b.index = e.index[lo:hi]
	} else {
		b.target = e.target[lo*k : hi*k]
		b.labels = b.target
	}
	if b.fromProbs {
		for i, p := range b.input {
			if !(p >= 0 && p <= 1) {
				row := lo + i/k
				return row, cellError(ErrProb, "probs", row, i%k, p, "is not a probability", "a number in [0, 1] (are these logits?)")
			}
		}
	}
	b.prepare()
	if b.bad < 0 {
		b.evaluate(e.criterion.loss())
	}
	switch {
	case b.failure != nil:
		row := lo + b.failure.row
		return row, cellError(ErrLoss, "loss", row, -1, fmt.Sprintf("%T", e.criterion.loss()), "panicked: "+fmt.Sprint(b.failure.cause), "")
	case b.bad >= 0:
		return b.labelError(lo)
	}
	return 0, nil
}

// labelError returns the row, counted from lo, and the error of the first invalid label.
func (b *block[T]) labelError(lo int) (row int, err error) {
	if row, col := firstInvalid(b.labels, b.k); row >= 0 {
		return lo + row, labelError(lo+row, col, b.labels[row*b.k+col])
	}
	row, col := firstInvalid(b.target, b.k)
	return lo + row, cellError(ErrLabel, "labels", lo+row, col, b.target[row*b.k+col], "is what smoothing made of the label", "a finite number: a smaller alpha or label")
}

// prepare smooths the targets.
func (b *block[T]) prepare() {
	if !b.smoothing.on() {
		return
	}
	k := b.k
	dst := grow(&b.prepared, len(b.loss)*k)
	if b.index != nil {
		clear(dst)
		for i, y := range b.index {
			dst[i*k+y] = 1
		}
		b.index, b.target = nil, dst
	}
	b.bad = smoothRows(b.smoothing, dst, b.target, k)
	b.target = dst
}

// evaluate runs the loss's own kernel, or its Row where it has none or where
// more is asked than kernels know.
func (b *block[T]) evaluate(l Loss) {
	f, ok := l.(fused)
	if !ok || reflect.TypeOf(f.itself()) != reflect.TypeOf(l) || b.targetGrad != nil || b.fromProbs && b.index != nil {
		rowBlock(b, l)
		return
	}
	switch b := any(b).(type) {
	case *block[float32]:
		f.block32(b)
	case *block[float64]:
		f.block64(b)
	}
}

// rowFailure is a panic in a loss's Row.
type rowFailure struct {
	row   int
	cause any
}

// rowBlock evaluates a loss by its Row, in float64.
func rowBlock[T kernel.Float](b *block[T], l Loss) {
	k := b.k
	w := grow(&b.wide, 7*k)
	z, u, labels := w[:k], w[k:2*k], w[2*k:3*k]
	r := Row{LogP: w[3*k : 4*k], P: w[4*k : 5*k], Target: w[5*k : 6*k]}
	if b.targetGrad != nil {
		r.TargetGrad = w[6*k:]
	}
	i := 0
	defer func() {
		if cause := recover(); cause != nil {
			b.failure = &rowFailure{i, cause}
		}
	}()
	for ; i < len(b.loss); i++ {
		lo, hi := i*k, i*k+k
		if !b.rowTarget(r.Target, i) {
			b.bad = i
			return
		}
		for j, v := range b.input[lo:hi] {
			z[j] = float64(v)
		}
		if b.fromProbs {
			for j, p := range z {
				r.P[j] = max(p, tiny[T]())
				r.LogP[j] = math.Log(r.P[j])
			}
		} else {
			kernel.LogSoftmax(r.LogP, z, k)
			kernel.Softmax(r.P, z, k)
		}
		if b.grad != nil {
			r.Grad = u
			clear(u)
		}
		clear(r.TargetGrad)
		b.loss[i] = l.Row(r)
		if math.IsNaN(r.LogP[0]) { // so are all of them
			b.loss[i] = math.NaN()
		}
		f := float64(b.scale[0])
		if len(b.scale) > 1 {
			f = float64(b.scale[i])
		}
		if b.grad != nil {
			if b.fromProbs {
				for j := range u {
					z[j] = u[j] / r.P[j]
				}
			} else {
				kernel.LogSoftmaxGrad(z, z, u, k)
			}
			for j, g := range z {
				b.grad[lo+j] = T(f * g)
			}
		}
		if b.targetGrad != nil {
			for j, v := range b.labels[lo:hi] {
				labels[j] = float64(v)
			}
			smoothGradRow(b.smoothing, r.TargetGrad, labels)
			for j, g := range r.TargetGrad {
				b.targetGrad[lo+j] = T(f * g)
			}
		}
	}
}

// rowTarget stores the target of row i in t and reports whether its labels are valid.
func (b *block[T]) rowTarget(t []float64, i int) bool {
	if b.index != nil {
		clear(t)
		t[b.index[i]] = 1
		return true
	}
	for j, v := range b.target[i*b.k : (i+1)*b.k] {
		if !(v >= 0) || v-v != 0 {
			return false
		}
		t[j] = float64(v)
	}
	return true
}

func itoa(n int) string { return strconv.Itoa(n) }
