package losses

import (
	"math"

	"softloss/internal/dense"
	"softloss/losses/internal/kernel"
)

// preparesTarget reports whether the loss sees another target than the caller's.
func (b *batch[T]) preparesTarget() bool { return b.smoothing.on() || b.weighsLabels }

// shiftsLogits reports whether the loss sees other logits than the caller's.
func (b *batch[T]) shiftsLogits() bool {
	return b.temperature != 1 || b.shift != nil || b.margins != nil || b.angular != 0
}

// movesLabel reports whether the logits of the labels are moved beside the others.
func (o *options) movesLabel() bool { return o.margins != nil || o.angular != 0 }

// prepareLogits gives w the logits of b less the margins of their labels, or with their angles, and
// with the shift, divided by the temperature. The largest is subtracted, which the softmax does not
// mind.
func (b *batch[T]) prepareLogits(w *batch[float64]) {
	w.input, w.lowered = dense.Grow(&w.shifted, len(b.input)), dense.Grow(&w.lows, b.n)
	if b.angular != 0 {
		w.turned = dense.Grow(&w.turns, b.n)
	}
	alone := b.movesAlone()
	if alone {
		kernel.Widen(w.input, b.input)
	}
	for i := range w.lowered {
		if !(alone && b.moveAlone(w, i)) {
			z := part(b.input, i, i+1, b.k)
			w.lowered[i] = kernel.Divide(part(w.input, i, i+1, b.k), z, b.added(w, z, i), b.temperature) / b.temperature
		}
	}
}

// movesAlone reports whether the logits of indices, of float32, are all that is moved.
func (b *batch[T]) movesAlone() bool {
	return single[T]() && b.index != nil && b.movesLabel() && b.temperature == 1 && b.shift == nil
}

// moveAlone moves the logit of row i's label, where float64 holds the digits of it and of the move.
func (b *batch[T]) moveAlone(w *batch[float64], i int) (ok bool) {
	z, y := part(b.input, i, i+1, b.k), b.index[i]
	if !(math.Abs(float64(z[y])) <= 1<<20) {
		return false
	}
	move := b.moveOf(y, z)
	w.input[i*b.k+y] += move.by
	if w.lowered[i] = 0; w.turned != nil {
		w.turned[i] = move
	}
	return true
}

// added returns what is added to the logits z of row i, nil for nothing.
func (b *batch[T]) added(w *batch[float64], z []T, i int) []float64 {
	if b.margins == nil && b.angular == 0 {
		return b.shift
	}
	x := dense.Grow(&w.wide, b.k)
	clear(x)
	copy(x, b.shift)
	switch {
	case b.angular != 0:
		w.turned[i] = b.moveOf(b.label(i), z)
		x[w.turned[i].class] += w.turned[i].by
	case b.index != nil:
		y := b.index[i]
		x[y] += b.moveOf(y, z).by
	default:
		for j, t := range part(b.labels, i, i+1, b.k) {
			if t != 0 {
				x[j] -= float64(t) * b.margins[j]
			}
		}
	}
	return x
}

// moveOf returns what the angle or the margin of a row's class does to its logits z.
func (b *batch[T]) moveOf(class int, z []T) turned {
	if b.angular == 0 {
		return turned{class: class, by: -b.margins[class], slope: 1}
	}
	move := angle(float64(z[class]), b.angular, b.cosine())
	move.class = class
	return move
}

// addMargins adds to the gradients of the labels what comes from the logits that the margins lower.
func (b *batch[T]) addMargins() {
	for i, g := range b.grad {
		b.targetGrad[i] -= T(times(b.margins[i%b.k], float64(g)))
	}
}

// prepareTarget weighs and smooths the labels. It returns the first row with an invalid label, or
// -1.
func (b *batch[T]) prepareTarget() (bad int) {
	if !b.preparesTarget() {
		return -1
	}
	k := b.k
	dst := dense.Grow(&b.prepared, b.n*k)
	switch {
	case b.index != nil && !b.weighsLabels:
		smoothClasses(b.smoothing, dst, b.index, k)
		b.index, b.target = nil, dst
		return -1
	case b.index != nil:
		clear(dst)
		for i, y := range b.index {
			dst[i*k+y] = T(b.classWeights[y])
		}
		b.index, b.target = nil, dst
	case b.weighsLabels:
		if bad := b.weighTarget(dst); bad >= 0 {
			return bad
		}
		if b.smoothing.byNotebook() {
			for i, t := range b.target {
				dst[i] = stillPositive(b.smoothing, dst[i], t, b.classWeights[i%k])
			}
		}
		b.target = dst
	}
	if b.smoothing.on() {
		bad = smoothRows(b.smoothing, dst, b.target, k)
		b.target = dst
		return bad
	}
	return -1
}

// weighTarget stores the weighed labels in dst. It returns the first row with an invalid label, or
// -1.
func (b *batch[T]) weighTarget(dst []T) (bad int) {
	const many = 256 // elements, of which the kernel takes whole vectors
	w, k, t := b.classWeights, b.k, b.target
	if rows := many / k; rows > 1 && b.n > rows { // that many rows are like one
		all := dense.Grow(&b.soft, rows*k)
		for i := range rows {
			copy(all[i*k:], w)
		}
		if n := b.n / rows * rows * k; kernel.Weigh(dst[:n], t[:n], all) < 0 {
			if bad = kernel.Weigh(dst[n:], t[n:], w); bad >= 0 {
				bad += n / k
			}
			return bad
		}
	}
	return kernel.Weigh(dst, t, w)
}

// addZLoss adds ZLoss lse² to the losses and its gradient 2 ZLoss lse p.
func (b *batch[T]) addZLoss() {
	const rows = 16 // at once: the kernels compute small rows together
	k, f := b.k, b.zLoss
	buf := dense.Grow(&b.tmp, rows*(k+1))
	p, lse := buf[:rows*k], buf[rows*k:]
	for lo := 0; lo < len(b.loss); lo += rows {
		hi := min(lo+rows, len(b.loss))
		z := part(b.input, lo, hi, k)
		kernel.LogSumExp(lse[:hi-lo], z, k)
		if b.grad != nil && b.direction == nil {
			kernel.Softmax(p[:len(z)], z, k)
		}
		for i := lo; i < hi; i++ {
			l := float64(lse[i-lo])
			if b.lowered != nil {
				l += b.lowered[i]
			} else if single[T]() && math.Abs(l) < kernel.MostLost {
				l = b.fineLogSumExp(part(z, i-lo, i-lo+1, k))
			}
			if b.direction != nil {
				b.addZLossAlong(i, part(z, i-lo, i-lo+1, k), p[:k], l)
				continue
			}
			b.loss[i] += f * l * l
			if b.grad != nil {
				a := 2 * f * l * b.shareOf(i) / b.temperature
				b.addSoftmax(part(b.grad, i, i+1, k), part(p, i-lo, i-lo+1, k), part(z, i-lo, i-lo+1, k), a)
			}
		}
	}
}

// fineLogSumExp returns the LogSumExp of the logits z, in float64.
func (b *batch[T]) fineLogSumExp(z []T) float64 {
	buf := dense.Grow(&b.soft, b.k+1)
	lse := buf[b.k:]
	kernel.LogSumExp(lse, widened(buf[:b.k], z), b.k)
	return lse[0]
}

// addSoftmax adds a p, the softmax of z, to dst, and nothing where p is 0, even of an infinite a. A
// p that has lost digits, as denormal numbers have, is computed anew where a makes it larger.
func (b *batch[T]) addSoftmax(dst, p, z []T, a float64) {
	if !single[T]() || math.Abs(a) <= 1 {
		addScaled(dst, p, a)
		return
	}
	buf := dense.Grow(&b.soft, 2*b.k)
	fine := buf[:b.k]
	kernel.Softmax(fine, widened(buf[b.k:], z), b.k)
	for j, v := range fine {
		if p[j] != 0 || !math.IsInf(a, 0) {
			dst[j] = T(float64(dst[j]) + times(v, a))
		}
	}
}

// addScaled adds a p to dst, and nothing where p is 0, even of an infinite a.
func addScaled[T kernel.Float](dst, p []T, a float64) {
	if !math.IsInf(a, 0) {
		kernel.AddScaled(dst, p, a)
		return
	}
	for j, v := range p {
		dst[j] += T(times(float64(v), a))
	}
}
