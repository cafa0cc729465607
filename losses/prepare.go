package losses

import (
	"math"

	"softloss/losses/internal/kernel"
)

// preparesTarget reports whether the loss sees another target than the caller's.
func (b *block[T]) preparesTarget() bool {
	return b.criterion.Smoothing.on() || b.weighsLabels()
}

// weighsLabels reports whether class weights multiply soft labels.
func (b *block[T]) weighsLabels() bool {
	return b.criterion.ClassWeights != nil && b.linear && (b.index == nil || b.criterion.Smoothing.on())
}

// shiftsLogits reports whether the loss sees other logits than the caller's.
func (b *block[T]) shiftsLogits() bool {
	return b.criterion.temperature() != 1 || b.criterion.LogitShift != nil
}

// setScale sets the factor of the gradients of the logits: plainScale with the row weights and the temperature.
func (b *block[T]) setScale() {
	b.scale = b.plainScale
	t := b.criterion.temperature()
	if b.rowWeight == nil && t == 1 {
		return
	}
	b.scale = grow(&b.scaleBuf, len(b.loss))
	for i := range b.scale {
		f := b.factor(b.plainScale, i) / t
		if b.rowWeight != nil {
			f *= b.rowWeight[i]
		}
		b.scale[i] = T(f)
	}
}

// prepareLogits adds the shift and divides by the temperature.
func (b *block[T]) prepareLogits() {
	if !b.shiftsLogits() {
		return
	}
	dst := grow(&b.shifted, len(b.input))
	t, shift := b.criterion.temperature(), b.criterion.LogitShift
	if b.criterion.ZLoss != 0 {
		clear(grow(&b.lifted, len(b.loss)))
	}
	for lo := 0; lo < len(dst); lo += b.k {
		to, z := dst[lo:lo+b.k], b.input[lo:lo+b.k]
		if top := T(kernel.Divide(to, z, shift, 0, t)); !math.IsInf(float64(top), 0) {
			continue
		}
		// The division overflowed: the softmax does not mind a shift.
		largest := math.Inf(-1)
		for j, v := range z {
			x := float64(v)
			if shift != nil {
				x += shift[j]
			}
			largest = max(largest, x)
		}
		kernel.Divide(to, z, shift, largest, t)
		if b.criterion.ZLoss != 0 {
			b.lifted[lo/b.k] = largest / t
		}
	}
	b.input = dst
}

// prepareTarget weighs and smooths the labels.
func (b *block[T]) prepareTarget() {
	if !b.preparesTarget() {
		return
	}
	k := b.k
	dst := grow(&b.prepared, len(b.loss)*k)
	weights := b.criterion.ClassWeights
	if !b.weighsLabels() {
		weights = nil
	}
	switch {
	case b.index != nil:
		clear(dst)
		for i, y := range b.index {
			dst[i*k+y] = 1
			if weights != nil {
				dst[i*k+y] = T(weights[y])
			}
		}
		b.index, b.target = nil, dst
	case weights != nil:
		if b.bad = kernel.Weigh(dst, b.target, weights); b.bad >= 0 {
			return
		}
		b.target = dst
	}
	if b.criterion.Smoothing.on() {
		b.bad = smoothRows(b.criterion.Smoothing, dst, b.target, k)
		b.target = dst
	}
}

// addZLoss adds ZLoss lse² to the losses and its gradient 2 ZLoss lse p.
func (b *block[T]) addZLoss() {
	k, f := b.k, b.criterion.ZLoss
	p, lse := b.rowT(), []T{0}
	for i := range b.loss {
		z := b.input[i*k : (i+1)*k]
		kernel.LogSumExp(lse, z, k)
		l := float64(lse[0])
		if b.shiftsLogits() {
			l += b.lifted[i]
		}
		if b.direction != nil {
			b.addZLossAlong(i, z, p, l)
			continue
		}
		b.loss[i] += f * l * l
		if b.grad == nil {
			continue
		}
		kernel.Softmax(p, z, k)
		kernel.AddScaled(b.grad[i*k:(i+1)*k], p, 2*f*l*b.factor(b.plainScale, i)/b.criterion.temperature())
	}
}
