package losses

import (
	"softloss/internal/dense"
	"softloss/losses/internal/kernel"
)

// batch is the rows of an evaluation, all of them or a run of neighbours, as a loss's kernel meets
// them. Row i has element i of what rows have one of, and the elements [i*k, (i+1)*k) of what they
// have K of. What is nil is not there, or not wanted.
type batch[T kernel.Float] struct {
	n, k  int
	first int // which row of the evaluation is the first
	options

	input, target []T
	lowered       []float64           // what the logits were lowered by when they were prepared, or nil
	turned        []turned            // what AngularMargin has done to the labels' logits
	fused         *kernel.Prepared[T] // for the rows of fuses, nil where there are none
	made          *kernel.Made[T]     // what the kernel makes of labels, nil where others prepare them
	labels        []T                 // the target before weights and smoothing
	index         []int               // instead of a target; never together with smoothing
	direction     []T                 // of second derivatives

	// A row's share is what its loss contributes to the cost, apart from its rowWeight and the
	// lift, one for all rows or one a row. The gradients by the logits are multiplied by scale, the
	// product of the three over the temperature.
	rowWeight []float64
	positive  []float64 // posWeight of every element, where a kernel multiplies the labels by it
	shifts    []float64 // the shift of every element
	shifted64 bool      // the logits, shifted and divided, stand in loss
	share     []T
	wideShare []float64 // instead of share, where T cannot hold it
	scale     []T
	excess    []float64 // beside a scale that cannot hold it and is 1; 1 in the other rows, nil where all are

	loss             []float64
	grad, targetGrad []T
	byTarget         []T // in the place of targetGrad, that by the target, which is smoothed and weighed

	at *int // the row that a loss's Row is looking at
	*scratch[T]
}

// options are what the criterion asks of every row.
type options struct {
	probs        bool // the input holds probabilities, not logits
	smoothing    Smoothing
	classWeights []float64
	weighsLabels bool    // the class weights multiply soft labels, and not the row
	lift         float64 // what the class weights were divided by, and rows are multiplied by
	margins      []float64
	angular      float64
	shift        []float64
	temperature  float64
	zLoss        float64
	sumToOne     bool // the loss wants labels whose sum is 1
	magnified    bool // the loss magnifies what p is rounded by
	moderate     bool // of gradients by the labels: smoothing and class weights are for their kernel

	link      Link
	twins     bool      // a row is the two classes of an element: p_1 and t_1 are 1 - p_0 and 1 - t_0, or roundings
	classes   int       // with SigmoidLink, where k is 1
	posWeight []float64 // with SigmoidLink
}

// scratch is memory that the rows of one goroutine use.
type scratch[T kernel.Float] struct {
	prepared, shifted, tmp []T
	summands               []T // to the logits, a prepared's
	paired                 []T // elements as rows of two classes
	termGrad, termScale    []T // of a term of a sum
	extra                  []T // of the z-loss
	back                   []T // what takes gradients by labels back
	byTargets, termTarget  []T // the derivatives of some rows by their target, and those of a term of a sum
	wide                   []float64
	narrow                 []float32
	termLoss, lse          []float64
	softmax                []kernel.SoftmaxOf // of some rows
	soft                   []float64          // log p and p of some rows
	tileLanes              []float64          // p and 1 - p of them as they are in tiles
	tops                   []int              // where a p of some rows is above 1/2
	slopes                 []float64          // φ' of some rows
	losses                 []float64          // of elements whose sum alone is kept
	lifted                 []float64          // the loss of a row whose gradients are computed anew
	lows                   []float64
	turns                  []turned
	bent                   []T // the direction behind the angles
	memory                 memory
	double                 *double
}

// double is memory for a batch that is computed in float64.
type double struct {
	scratch[float64]
	input, target, direction, share, scale []float64
	grad, targetGrad, excess               []float64
}

// slice returns the rows [lo, hi).
func (b *batch[T]) slice(lo, hi int) (s batch[T]) {
	if s = *b; lo == 0 && hi == b.n && b.link == SoftmaxLink {
		return s
	}
	s.n, s.first = hi-lo, b.first+lo
	s.input, s.direction = part(b.input, lo, hi, b.k), part(b.direction, lo, hi, b.k)
	s.target, s.labels, s.index = part(b.target, lo, hi, b.k), part(b.labels, lo, hi, b.k), part(b.index, lo, hi, 1)
	s.grad, s.targetGrad = part(b.grad, lo, hi, b.k), part(b.targetGrad, lo, hi, b.k)
	s.byTarget = part(b.byTarget, lo, hi, b.k)
	s.loss, s.rowWeight, s.positive = part(b.loss, lo, hi, 1), own(b, b.rowWeight, lo, hi), own(b, b.positive, lo, hi)
	s.shifts = own(b, b.shifts, lo, hi)
	s.share, s.wideShare = own(b, b.share, lo, hi), own(b, b.wideShare, lo, hi)
	s.scale, s.excess = own(b, b.scale, lo, hi), own(b, b.excess, lo, hi)
	return s
}

// part returns the rows [lo, hi) of x, which has k elements a row, nil for nil.
func part[E any](x []E, lo, hi, k int) []E {
	if x == nil {
		return nil
	}
	return x[lo*k : hi*k]
}

// own returns what the rows [lo, hi) have of x. That is one number for all rows, one a row, or, for
// elements, one a class again and again, as far as a run needs that begins at any class.
func own[E any, T kernel.Float](b *batch[T], x []E, lo, hi int) []E {
	switch {
	case len(x) <= 1:
		return x
	case len(x) < b.n:
		at := b.class(lo)
		return x[at : at+hi-lo]
	}
	return x[lo:hi]
}

// class returns which class element i is of.
func (b *batch[T]) class(i int) int { return (b.first + i) % b.classes }

// ofClass returns the number of element i's class among one a class or one for all, 1 for none.
func (b *batch[T]) ofClass(w []float64, i int) float64 {
	if len(w) <= 1 {
		return among(w, 0)
	}
	return w[b.class(i)]
}

// among returns the number of a class among one a class or one for all, 1 for none.
func among(w []float64, class int) float64 {
	switch len(w) {
	case 0:
		return 1
	case 1:
		return w[0]
	}
	return w[class]
}

// elementMass returns S of element i, q t + 1 - t for the label t and the weight q of the positive
// label.
func (b *batch[T]) elementMass(i int) float64 {
	t := float64(b.target[i])
	return b.ofClass(b.posWeight, i)*t + (1 - t)
}

// of returns element i of x, which has one element a row or one for all.
func of[E kernel.Float](x []E, i int) float64 {
	if len(x) == 1 {
		return float64(x[0])
	}
	return float64(x[i])
}

// runSize is how many elements are evaluated at once where what is prepared stays in the cache.
const runSize = 1 << 12

// shareOf returns the share of row i.
func (b *batch[T]) shareOf(i int) float64 {
	if b.wideShare != nil {
		return of(b.wideShare, i)
	}
	return of(b.share, i)
}

// rowT returns a row of scratch memory.
func (b *batch[T]) rowT() []T { return dense.Grow(&b.tmp, b.k) }

// chunk returns how many rows are computed before what was stored of them is taken up again: few
// enough for the cache, and where they are many a multiple of what vectors compute at once.
func (b *batch[T]) chunk() int { return b.rowsIn(1 << 12) }

// rowsIn is [batch.chunk] of at most so many elements, if not one row.
func (b *batch[T]) rowsIn(elements int) int { return min(b.n, wholeRows(elements, b.k)) }

// wholeRows returns how many rows of k have at most so many elements: 1 or more, and where they are
// many a multiple of what vectors compute at once.
func wholeRows(elements, k int) int {
	n := max(1, elements/k)
	if n > 16 {
		n &^= 15
	}
	return n
}

// position returns row and column of the number i of b as the caller knows them.
func (b *batch[T]) position(i int) (row, col int) {
	k := b.k
	if b.link == SigmoidLink {
		k = b.classes
	}
	return (b.first*b.k + i) / k, (b.first*b.k + i) % k
}
