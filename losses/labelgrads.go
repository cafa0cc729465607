package losses

import (
	"math"
	"slices"

	"softloss/internal/dense"
	"softloss/losses/internal/kernel"
)

// crossEntropyLabels is the kernel with the gradients by the labels.
func crossEntropyLabels[T kernel.Float](b *batch[T]) (bad int) {
	o, ok := b.labelGrads(-1)
	if !ok { // -log p, before smoothing and class weights
		o = kernel.LabelGrads[T]{Factor: append(b.extra[:0], -1), Keep: 1, Above: -1}
	}
	bad = kernel.CrossEntropyLabels(b.loss, b.grad, b.targetGrad, b.input, b.target, b.scale, b.k, o)
	if bad < 0 && !ok {
		b.takeRowsBack(b.targetGrad)
	}
	return bad
}

// labelElements is of how many elements the derivatives by the target are kept before they are
// taken back: few enough for the second cache.
const labelElements = 1 << 14

// evaluateLabels computes the rows of b with the gradients by the labels: kernels give those by the
// target, which are then taken back through smoothing and class weights. It returns the first row
// with an invalid label, or -1.
func evaluateLabels[T kernel.Float](b *batch[T], l Loss) (bad int) {
	if _, ok := l.(CrossEntropy); ok && !b.probs {
		return crossEntropyLabels(b)
	}
	n, sparse := sparseOf(l)
	switch {
	case sparse && (b.twins || !kernel.HasSparse()):
		return sparseRows(b, n)
	case b.probs || b.twins || !sparse && !hasLabels[T](l):
		return byRow(b, l)
	}
	for lo := 0; lo < b.n; lo += b.rowsIn(labelElements) {
		if bad := someLabels(b, l, lo, min(lo+b.rowsIn(labelElements), b.n)); bad >= 0 {
			return lo + bad
		}
	}
	return -1
}

// someLabels is evaluateLabels for the rows [lo, hi) of a loss with kernels.
func someLabels[T kernel.Float](b *batch[T], l Loss, lo, hi int) (bad int) {
	c := b.slice(lo, hi)
	rows := c
	rows.targetGrad, rows.byTarget = nil, dense.Grow(&b.byTargets, len(c.input))
	if n, ok := sparseOf(l); ok {
		bad = sparseRows(&rows, n)
	} else {
		bad = evaluate(&rows, l)
	}
	if bad < 0 {
		c.takeBack(rows.byTarget)
	}
	return bad
}

// hasLabels reports whether there are kernels for l with the derivatives by the target, as
// [evaluate] knows them.
func hasLabels[T kernel.Float](l Loss) bool {
	if s, ok := separableOf(l); ok {
		return kernel.HasSeparableLabels[T](s.family())
	}
	switch s := l.(type) {
	case KL:
		return kernel.HasKLLabels()
	case CrossEntropy, MAE, NCE, ReverseCrossEntropy, SymmetricCrossEntropy, ConfidencePenalty, BiTempered:
		return kernel.HasLabels()
	case WeightedSum:
		return !slices.ContainsFunc(s, func(t Term) bool { return !hasLabels[T](t.Loss) })
	}
	return false
}

// takeBack stores the gradients by the labels, of which y are those by the target.
func (b *batch[T]) takeBack(y []T) {
	if o, ok := b.labelGrads(1); ok {
		kernel.TakeLabelGrads(b.targetGrad, y, b.target, b.k, o)
		return
	}
	b.takeRowsBack(y)
}

// takeRowsBack is takeBack in float64, row by row, for a y that may be where the gradients are
// stored.
func (b *batch[T]) takeRowsBack(y []T) {
	w := dense.Grow(&b.wide, 2*b.k)
	for i := range b.n {
		kernel.Widen(w[:b.k], part(y, i, i+1, b.k))
		b.storeTargetGrad(i, w[:b.k], w[b.k:])
	}
}

// labelGrads returns what takes sign times the derivatives by the target back through smoothing and
// class weights. It returns false where T may not hold that, in all rows as in one, or the weights
// are those of rows.
//
// What the notebook's rule keeps of a label is above α/K, which it adds to all: it takes α/K at
// least, and so the distance of a larger label from what it takes shows in the sum.
func (b *batch[T]) labelGrads(sign float64) (o kernel.LabelGrads[T], ok bool) {
	s := b.rowSmoothing()
	if b.rowWeight != nil || !b.moderate {
		return o, false
	}
	room := dense.Grow(&b.back, len(b.share)+2*b.k)
	take := func(n int) (x []T) {
		x, room = room[:n], room[n:]
		return x
	}
	o.Factor = take(len(b.share))
	for i := range b.share {
		f := sign * b.shareOf(i) * b.lift
		if !moderate(f) {
			return o, false
		}
		o.Factor[i] = T(f)
	}
	o.Keep, o.Above = 1, -1
	switch {
	case !s.on():
	case s.Rule == SmoothNotebook:
		o.Above = T(s.each(b.k))
	default:
		o.Keep = T(1 - s.Alpha)
	}
	if b.weighsLabels {
		o.Weights = take(b.k)
		kernel.Round(o.Weights, b.classWeights)
	}
	if s.on() && s.Rule == SmoothPrior {
		o.Mix, o.Prior = T(s.Alpha), take(b.k)
		if s.Prior != nil {
			kernel.Round(o.Prior, s.Prior)
		} else {
			uniform := T(1 / float64(b.k))
			for k := range o.Prior {
				o.Prior[k] = uniform
			}
		}
	}
	return o, true
}

// takenBackAlike returns how far from row i on, to end at most, the shares of rows are moderate as
// its own is, or are not: what takes their gradients by the labels back is then one thing, so that
// it depends neither on a row's neighbours nor on where a run begins.
func (b *batch[T]) takenBackAlike(i, end int) int {
	if b.targetGrad == nil || len(b.share) == 1 {
		return end
	}
	first := moderate(b.shareOf(i) * b.lift)
	const some = 1024
	for first && i < end && b.allSharesModerate(i, min(i+some, end)) {
		i = min(i+some, end)
	}
	for ; i < end && moderate(b.shareOf(i)*b.lift) == first; i++ {
	}
	return i
}

// allSharesModerate reports whether the shares of the rows [lo, hi), each of its own, are moderate.
func (b *batch[T]) allSharesModerate(lo, hi int) bool {
	if b.wideShare != nil {
		return allModerate(kernel.SizesOf(b.wideShare[lo:hi]), b.lift)
	}
	return allModerate(kernel.SizesOf(b.share[lo:hi]), b.lift)
}

// takesModerately reports whether the numbers that take a gradient back through smoothing and class
// weights are moderate.
func (o *options) takesModerately() bool {
	all := func(x []float64) bool { return allModerate(kernel.SizesOf(x), 1) }
	return moderate(1-o.smoothing.Alpha) && moderate(o.smoothing.Alpha) && all(o.smoothing.Prior) && all(o.classWeights)
}

// allModerate reports whether numbers of these sizes are moderate, times f.
func allModerate(s kernel.Sizes, f float64) bool {
	return s.Finite && (s.Most == 0 || moderate(s.Least*f) && moderate(s.Most*f))
}

// moderate reports whether x is 0, or so far from the ends of every dtype that products of a few
// such numbers are, too.
func moderate(x float64) bool { return x == 0 || 0x1p-30 <= math.Abs(x) && math.Abs(x) <= 0x1p30 }
