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
		b.shiftRow(dst[lo:lo+b.k], b.input[lo:lo+b.k], shift, t, 0)
		top := dst[lo]
		for _, x := range dst[lo : lo+b.k] {
			top = max(top, x)
		}
		if math.IsInf(float64(top), 0) { // the division overflowed: the softmax does not mind a shift
			largest := math.Inf(-1)
			for j, z := range b.input[lo : lo+b.k] {
				x := float64(z)
				if shift != nil {
					x += shift[j]
				}
				largest = max(largest, x)
			}
			b.shiftRow(dst[lo:lo+b.k], b.input[lo:lo+b.k], shift, t, largest)
			if b.criterion.ZLoss != 0 {
				b.lifted[lo/b.k] = largest / t
			}
		}
	}
	b.input = dst
}

// shiftRow stores (z + shift - from)/t in dst.
func (b *block[T]) shiftRow(dst, z []T, shift []float64, t, from float64) {
	for j, v := range z {
		x := float64(v)
		if shift != nil {
			x += shift[j]
		}
		dst[j] = T((x - from) / t)
	}
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
		if row, _ := firstInvalid(b.target, k); row >= 0 {
			b.bad = row
			return
		}
		for lo := 0; lo < len(dst); lo += k {
			for j, t := range b.target[lo : lo+k] {
				dst[lo+j] = T(weights[j] * float64(t))
			}
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
		c := 2 * f * l * b.factor(b.plainScale, i) / b.criterion.temperature()
		for j, g := range b.grad[i*k : (i+1)*k] {
			b.grad[i*k+j] = T(float64(g) + c*float64(p[j]))
		}
	}
}
