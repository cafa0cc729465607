package losses

import (
	"fmt"

	"softloss/losses/internal/kernel"
)

// compute evaluates the rows of b. When something is wrong with a row it returns that row, counted
// from the first, and what is wrong.
func (b *batch[T]) compute(l Loss, linear bool) (row int, err error) {
	if b.turned != nil && b.direction != nil {
		if row, err = b.turnDirection(l, linear); err != nil {
			return row, err
		}
	}
	bad := -1
	if b.link == SigmoidLink {
		bad = evaluateElements(b, l, linear)
	} else {
		bad = evaluateRows(b, l)
	}
	if bad >= 0 {
		return bad, b.labelError(bad)
	}
	b.finish()
	return 0, nil
}

// turnDirection makes the direction one of the logits that the angles have turned. That takes the
// gradients of the loss itself, which are computed first.
func (b *batch[T]) turnDirection(l Loss, linear bool) (row int, err error) {
	if b.grad != nil {
		first := *b
		first.direction, first.turned, first.targetGrad = nil, nil, nil
		if row, err = first.compute(l, linear); err != nil {
			return row, err
		}
	}
	b.direction = append(b.bent[:0], b.direction...)
	b.bent = b.direction
	for i := range b.turned {
		t := &b.turned[i]
		j := i*b.k + t.class
		t.along = float64(b.direction[j])
		b.direction[j] = T(t.along * t.slope)
		if t.pull = 0; b.grad != nil {
			t.pull = float64(b.grad[j])
		}
	}
	return 0, nil
}

// labelError returns what is wrong with a label of row bad.
func (b *batch[T]) labelError(bad int) error {
	made, smaller := "what smoothing made of the label", "a smaller alpha or label"
	if b.weighsLabels || b.posWeight != nil {
		made, smaller = "what the class weight made of the label", "a smaller weight or label"
	}
	for j := bad * b.k; j < (bad+1)*b.k; j++ {
		row, col := b.position(j)
		if b.labels != nil && !valid(b.labels[j]) {
			return labelError("labels", row, col, b.labels[j])
		}
		if b.link == SigmoidLink && b.labels[j] > 1 {
			return cellError(ErrLabel, "labels", row, col, b.labels[j], "is no share", "a number in [0, 1]")
		}
	}
	row, col := b.position(bad * b.k)
	for j := bad * b.k; j < (bad+1)*b.k; j++ {
		if b.target != nil && !valid(b.target[j]) {
			row, col = b.position(j)
			return cellError(ErrLabel, "labels", row, col, b.target[j], "is "+made, "a finite number: "+smaller)
		}
	}
	switch {
	case b.sumToOne && b.link == SigmoidLink:
		return cellError(ErrLabel, "labels", row, col, "the smoothed label and its other", "do not sum to 1",
			"a smoothing that keeps the sum")
	case b.sumToOne:
		sum := total(part(b.target, bad, bad+1, b.k))
		return cellError(ErrLabel, "labels", row, -1, fmt.Sprintf("the sum %v", sum), "is not 1",
			"shares, smoothed if they are, with the sum 1")
	}
	return cellError(ErrLabel, "labels", row, col, "the target", "is "+made, "a finite number: "+smaller)
}

// finish multiplies what the loss left by what the kernels could not, and adds the z-loss.
func (b *batch[T]) finish() {
	kernel.Times(b.loss, b.rowWeight)
	if b.lift != 1 {
		for i := range b.loss {
			b.loss[i] *= b.lift
		}
	}
	if b.excess != nil {
		for i := range b.grad {
			b.grad[i] = T(times(float64(b.grad[i]), of(b.excess, i/b.k)))
		}
	}
	if b.zLoss != 0 {
		b.addZLoss()
	}
	if b.margins != nil && b.targetGrad != nil {
		b.addMargins()
	}
	if b.grad != nil {
		b.turnBack()
	}
}
