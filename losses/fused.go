package losses

import (
	"math"

	"softloss/internal/dense"
	"softloss/losses/internal/kernel"
)

// fuses reports whether the rows of b are for the kernel that prepares logits and adds the z-loss
// while it reads a row.
func (b *batch[T]) fuses(l Loss) bool {
	_, ok := l.(CrossEntropy)
	return ok && b.fused != nil && b.direction == nil && b.excess == nil && b.lift == 1 &&
		(b.targetGrad == nil || b.moderate && !b.movesLabel())
}

// prepareShift readies, once for all rows, what the kernel of fuses adds to logits, where there is
// something to prepare and it can.
func (e *engine[T]) prepareShift() {
	e.fused = nil
	if e.link != SoftmaxLink || e.probs || !e.shiftsLogits() && e.zLoss == 0 || e.movesLabel() && !e.movesInRow() {
		return
	}
	p := &e.buf.prepared
	if *p = kernel.NewPrepared[T](e.temperature); !kernel.Prepares(p) {
		return
	}
	if e.shift != nil || e.movesLabel() {
		p.AddIn(dense.Grow(&e.buf.summands, 4*e.k))
		if !kernel.Lower(p, nil, nil, e.shift, e.temperature) {
			return
		}
	}
	e.fused = p
}

// movesInRow reports whether the kernel of fuses is for rows of which the logits of labels are
// moved: not where there are few.
func (e *engine[T]) movesInRow() bool {
	return !kernel.InTiles[T](e.k) && e.k > 16 && (e.index != nil || single[T]() && e.angular == 0)
}

// shiftOf returns what is added to the logit of class k.
func (o *options) shiftOf(k int) float64 {
	if o.shift == nil {
		return 0
	}
	return o.shift[k]
}

// computeFused is compute by that kernel. The rows that it declines are computed as all would be
// without it.
func (b *batch[T]) computeFused(l Loss, linear bool) (row int, err error) {
	ready := *b
	if bad := ready.prepareTarget(); bad >= 0 {
		return bad, ready.labelError(bad)
	}
	var labels kernel.LabelGrads[T]
	if b.targetGrad != nil {
		var ok bool
		if labels, ok = ready.labelGrads(-1); !ok {
			return b.computeApart(l, linear)
		}
	}
	if !b.movesLabel() {
		return b.computeFusedRows(&ready, l, linear)
	}
	p := *b.fused
	if b.movesLabel() {
		p.AddIn(dense.Grow(&b.summands, 4*b.k))
		copy(p.Hi, b.fused.Hi)
		copy(p.Low, b.fused.Low)
		copy(p.Power, b.fused.Power)
		copy(p.Rest, b.fused.Rest)
	}
	for i := range b.n {
		if ready.fusedRow(&p, i, b.index, labels) {
			continue
		}
		c := b.slice(i, i+1)
		if row, err = c.computeApart(l, linear); err != nil {
			return i + row, err
		}
		if b.targetGrad != nil {
			labels, _ = ready.labelGrads(-1) // anew, in memory that row i has had
		}
	}
	return 0, nil
}

// fusedRows is of how many rows the kernel stores losses and lse before they are taken up again:
// few enough for the first cache.
const fusedRows = 1 << 10

// computeFusedRows is computeFused for rows that the kernel computes several at once. ready is b
// with its target prepared.
func (b *batch[T]) computeFusedRows(ready *batch[T], l Loss, linear bool) (row int, err error) {
	extra, held := b.extras()
	if !held && len(extra) == 1 {
		return b.computeApart(l, linear)
	}
	for lo := 0; lo < b.n; lo += fusedRows {
		c := ready.slice(lo, min(lo+fusedRows, b.n))
		lse, x := dense.Grow(&b.lse, c.n), extra
		if len(x) > 1 {
			x = x[lo : lo+c.n]
		}
		var all bool
		if c.targetGrad == nil {
			all = kernel.CrossEntropyRows(b.fused, c.loss, lse, c.grad, c.input, c.target, c.index, c.scale, x, b.k)
		} else {
			o, _ := c.labelGrads(-1)
			all = kernel.CrossEntropyRowsLabels(b.fused, c.loss, lse, c.grad, c.targetGrad, c.input, c.target, c.scale, x,
				b.k, o)
		}
		for i, w := range c.rowWeight {
			c.loss[i] *= w
		}
		if b.zLoss != 0 && c.addZLosses(lse, x) {
			all = false
		}
		for i := 0; i < c.n && !held; i++ {
			if _, ok := b.extraOf(lo + i); !ok {
				lse[i], all = math.NaN(), false
			}
		}
		for i := 0; i < c.n && !all; i++ {
			if lse[i] == lse[i] {
				continue
			}
			alone := b.slice(lo+i, lo+i+1) // declined
			if row, err = alone.computeApart(l, linear); err != nil {
				return lo + i + row, err
			}
		}
	}
	return 0, nil
}

// addZLosses adds the z-losses for lse of the rows. It makes lse NaN of those of which the
// gradient, with the factor extra, would show denormal numbers, and reports whether there are any.
func (b *batch[T]) addZLosses(lse []float64, extra []T) (shows bool) {
	most := kernel.AddSquares(b.loss[:len(lse)], lse, b.zLoss)
	if b.grad == nil || kernel.SizesOf(b.scale).Most*kernel.SizesOf(extra).Most*most <= 1 {
		return false
	}
	for i, s := range lse {
		lift := math.Abs(of(b.scale, i) * of(extra, i) * s)
		if lift > 1 && single[T]() && b.hasFaint(i, closest, lift) {
			lse[i], shows = math.NaN(), true
		}
	}
	return shows
}

// extras returns, for all rows or one a row, what the gradient of the z-loss is beside that of the
// loss, as extraOf does; nil where there is no z-loss. held is false where it is not ok in every
// row.
func (b *batch[T]) extras() (extra []T, held bool) {
	if b.zLoss == 0 {
		return nil, true
	}
	extra, held = dense.Grow(&b.extra, max(len(b.scale), len(b.share))), true
	for i := range extra {
		x, ok := b.extraOf(i)
		extra[i], held = T(x), held && ok
	}
	return extra, held
}

// extraOf returns what the gradient of the z-loss of row i is beside that of the loss, f extra lse
// p with the factor f, or would be. It returns 0 and false where T cannot hold it.
func (b *batch[T]) extraOf(i int) (extra float64, ok bool) {
	share, f := b.shareOf(i)/b.temperature, of(b.scale, i)
	if b.grad == nil || share == 0 {
		share, f = 1, b.lift*b.weight(i)
	}
	if extra = 2 * b.zLoss * (share / f); !holds[T](extra) {
		return 0, false
	}
	return extra, true
}

// fusedRow computes row i by the kernel of fuses, and returns false when that declines it. index is
// that of the caller, which smoothing makes labels of; labels are what the gradients by them are.
func (b *batch[T]) fusedRow(p *kernel.Prepared[T], i int, index []int, labels kernel.LabelGrads[T]) (ok bool) {
	z, t, g := part(b.input, i, i+1, b.k), part(b.target, i, i+1, b.k), part(b.grad, i, i+1, b.k)
	f, class, extra := of(b.scale, i), 0, 0.0
	if b.zLoss != 0 {
		if extra, ok = b.extraOf(i); !ok {
			return false
		}
	}
	if index != nil {
		class = index[i]
	}
	slope := 1.0
	switch {
	case !b.movesLabel():
	case index == nil:
		if !kernel.Lower(p, part(b.labels, i, i+1, b.k), b.margins, b.shift, b.temperature) {
			return false
		}
	default:
		m := b.moveOf(class, z)
		defer kernel.Set(p, class, b.shiftOf(class), b.temperature)
		if !kernel.Set(p, class, b.shiftOf(class)+m.by, b.temperature) {
			return false
		}
		slope = m.slope
	}
	var lse float64
	if b.targetGrad == nil {
		lse, ok = kernel.CrossEntropyRow(p, &b.loss[i], g, z, t, class, f, extra)
	} else {
		labels.Factor = own(b, labels.Factor, i, i+1)
		lse, ok = kernel.CrossEntropyRowLabels(p, &b.loss[i], g, part(b.targetGrad, i, i+1, b.k), z, t, f, extra, labels)
	}
	if !ok {
		return false
	}
	if b.rowWeight != nil {
		b.loss[i] *= b.rowWeight[i]
	}
	b.loss[i] += b.zLoss * lse * lse
	if slope != 1 && g != nil {
		g[class] = T(float64(g[class]) * slope)
	}
	return true
}

// computeApart is compute, in float64 where that is wanted.
func (b *batch[T]) computeApart(l Loss, linear bool) (row int, err error) {
	b.shifted64 = b.link == SigmoidLink && b.shiftsInLoss(l, linear)
	if b.widens(l, linear) {
		return b.computeWide(l, linear)
	}
	return b.compute(l, linear)
}
