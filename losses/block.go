package losses

import (
	"fmt"
	"reflect"

	"softloss/losses/internal/kernel"
)

// fused is implemented by the losses of this package that have kernels of their own.
type fused interface {
	// itself returns the type of the loss that the kernels are for: a loss that embeds one of
	// this package's has its methods too, but perhaps a Row of its own.
	itself() reflect.Type
	block32(b *block[float32])
	block64(b *block[float64])
}

// block is a run of neighbouring rows, none of them removed, as a loss meets it.
// The slices hold loss[i] and elements [i*k, (i+1)*k) for row i of the run.
type block[T kernel.Float] struct {
	k         int
	linear    bool
	criterion Criterion

	input, target []T
	direction     []T   // nil without second derivatives
	index         []int // instead of target; never together with smoothing
	scale         []T   // of the gradients: one, or one a row
	plainScale    []T   // the same without row weights and temperature, for labels and z-loss
	rowWeight     []float64

	loss             []float64
	grad, targetGrad []T // nil when not wanted
	labels           []T // the target before weights and smoothing, for targetGrad

	bad     int         // the first row with an invalid label, or -1
	failure *rowFailure // a panic in the loss's Row
	err     error       // what was wrong with the first bad row

	lifted []float64 // what rows of logits were lowered by so as not to overflow, for the z-loss

	prepared, shifted, scaleBuf []T       // scratch: targets, logits, scale
	rowBuf                      []T       // scratch: one row
	wide                        []float64 // scratch: eight rows in float64
}

// forget drops what belongs to the caller.
func (b *block[T]) forget() {
	b.criterion = Criterion{}
	b.input, b.target, b.labels, b.index, b.rowWeight, b.direction = nil, nil, nil, nil, nil, nil
	b.scale, b.plainScale, b.loss, b.grad, b.targetGrad = nil, nil, nil, nil, nil
}

// rowT returns a row of scratch memory.
func (b *block[T]) rowT() []T { return grow(&b.rowBuf, b.k) }

// begin readies b for the rows of e and returns how many at most make a run.
func (b *block[T]) begin(e *engine[T]) (most int) {
	b.k, b.linear, b.criterion = e.k, e.linear, e.criterion
	if b.preparesTarget() || b.shiftsLogits() || e.criterion.ZLoss != 0 {
		return max(1, 1<<12/e.k) // what is prepared stays in the cache
	}
	return e.n
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
	b.plainScale = e.scale
	if len(e.scale) > 1 {
		b.plainScale = e.scale[lo:hi]
	}
	b.target, b.labels, b.index, b.grad, b.targetGrad, b.rowWeight = nil, nil, nil, nil, nil, nil
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
	if e.direction != nil {
		b.direction = e.direction[lo*k : hi*k]
	}
	if e.rowWeight != nil {
		b.rowWeight = e.rowWeight[lo:hi]
	}
	if b.criterion.FromProbs {
		for i, p := range b.input {
			if !(p >= 0 && p <= 1) {
				row := lo + i/k
				return row, cellError(ErrProb, "probs", row, i%k, p, "is not a probability", "a number in [0, 1] (are these logits?)")
			}
		}
	}
	b.setScale()
	b.prepareLogits()
	b.prepareTarget()
	switch {
	case b.bad >= 0:
	case b.direction != nil:
		directionBlock(b)
	default:
		b.evaluate(b.criterion.loss())
	}
	switch {
	case b.failure != nil:
		row := lo + b.failure.row
		return row, cellError(ErrLoss, "loss", row, -1, fmt.Sprintf("%T", b.criterion.loss()), "panicked: "+fmt.Sprint(b.failure.cause), "")
	case b.bad >= 0:
		return b.labelError(lo)
	}
	for i, w := range b.rowWeight {
		b.loss[i] *= w
	}
	if b.criterion.ZLoss != 0 {
		b.addZLoss()
	}
	return 0, nil
}

// labelError returns the row, counted from lo, and the error of the first invalid label.
func (b *block[T]) labelError(lo int) (row int, err error) {
	if row, col := firstInvalid(b.labels, b.k); row >= 0 {
		return lo + row, labelError(lo+row, col, b.labels[row*b.k+col])
	}
	row, col := firstInvalid(b.target, b.k)
	made, smaller := "what smoothing made of the label", "a smaller alpha or label"
	if b.weighsLabels() {
		made, smaller = "what the class weight made of the label", "a smaller weight or label"
	}
	return lo + row, cellError(ErrLabel, "labels", lo+row, col, b.target[row*b.k+col], "is "+made, "a finite number: "+smaller)
}

// factor returns element i of a scale that has one element for all rows or one a row.
func (b *block[T]) factor(scale []T, i int) float64 {
	if len(scale) == 1 {
		return float64(scale[0])
	}
	return float64(scale[i])
}

// evaluate runs the loss's own kernel, or its Row where it has none or where
// more is asked than kernels know.
func (b *block[T]) evaluate(l Loss) {
	f, ok := l.(fused)
	if !ok || f.itself() != reflect.TypeOf(l) || b.targetGrad != nil || b.criterion.FromProbs && b.index != nil {
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
