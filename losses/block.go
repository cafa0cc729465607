package losses

import (
	"fmt"
	"math"
	"reflect"

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
	return lo + row, cellError(ErrLabel, "labels", lo+row, col, b.target[row*b.k+col], "is what smoothing made of the label", "a finite number: a smaller alpha or label")
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

// factor returns element i of a scale that has one element for all rows or one a row.
func (b *block[T]) factor(scale []T, i int) float64 {
	if len(scale) == 1 {
		return float64(scale[0])
	}
	return float64(scale[i])
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
		for i, t := range b.target {
			dst[i] = T(weights[i%k] * float64(t))
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

// evaluate runs the loss's own kernel, or its Row where it has none or where
// more is asked than kernels know.
func (b *block[T]) evaluate(l Loss) {
	f, ok := l.(fused)
	if !ok || !sameType(f.itself(), l) || b.targetGrad != nil || b.criterion.FromProbs && b.index != nil {
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
	w := grow(&b.wide, 8*k)
	z, u, labels := w[:k], w[k:2*k], w[2*k:3*k]
	r := Row{LogP: w[3*k : 4*k], P: w[4*k : 5*k], Target: w[5*k : 6*k], Rest: w[6*k : 7*k]}
	if b.targetGrad != nil {
		r.TargetGrad = w[7*k:]
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
		if b.criterion.FromProbs {
			for j, p := range z {
				r.P[j] = max(p, tiny[T]())
				r.LogP[j], r.Rest[j] = math.Log(r.P[j]), 1-p
			}
		} else {
			kernel.LogSoftmax(r.LogP, z, k)
			kernel.Softmax(r.P, z, k)
			for j, p := range r.P {
				r.Rest[j] = rest(r.LogP[j], p)
			}
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
		if b.grad != nil {
			f := b.factor(b.scale, i)
			if b.criterion.FromProbs {
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
			b.storeTargetGrad(i, r.TargetGrad, labels)
		}
	}
}

// storeTargetGrad takes g = dL/dτ of row i back through smoothing and class weights and stores it. t is scratch.
func (b *block[T]) storeTargetGrad(i int, g, t []float64) {
	lo := i * b.k
	w, weighs := b.criterion.ClassWeights, b.weighsLabels()
	mass := 0.0
	for j, v := range b.labels[lo : lo+b.k] {
		t[j] = float64(v)
		mass += t[j]
		if weighs {
			t[j] *= w[j]
		}
	}
	smoothGradRow(b.criterion.Smoothing, g, t)
	f := b.factor(b.plainScale, i)
	for j := range g {
		switch {
		case weighs:
			g[j] = times(w[j], g[j])
		case b.rowWeight != nil && mass > 0: // d (Σ w t / Σ t) L; without mass the weight is 1
			g[j] = times(b.rowWeight[i], g[j]) + b.loss[i]*(w[j]-b.rowWeight[i])/mass
		}
		b.targetGrad[lo+j] = T(times(f, g[j]))
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

// rest returns 1 - p for l = log p, without cancellation.
func rest(l, p float64) float64 {
	if p > 0.5 {
		return -math.Expm1(l)
	}
	return 1 - p
}

// sameType reports whether two losses are of one type.
func sameType(a, b Loss) bool { return reflect.TypeOf(a) == reflect.TypeOf(b) }

// times is a·b with 0·∞ = 0.
func times(a, b float64) float64 {
	if a == 0 && math.IsInf(b, 0) {
		return 0
	}
	return a * b
}
