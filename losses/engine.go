package losses

import (
	"softloss/internal/parallel"
	"softloss/losses/internal/kernel"

	"gorgonia.org/tensor"
)

// engine evaluates one criterion on one batch.
type engine[T kernel.Float] struct {
	formula   Loss
	linear    bool // the loss is linear in its target
	reduction Reduction
	ignore    []int
	axis      int // of the classes in the logits
	dims      int // of the logits

	batch[T]        // every row
	sample      []T // weights of the rows
	sampleSizes kernel.Sizes
	upstream    []T      // one for all rows or one a row
	out         struct { // nil when not wanted
		loss, weightGrad []T
		// The tensors that results go to which are not of the batch's order.
		grad, targetGrad, lossTo, weightGradTo *tensor.Dense
	}
	prior [2]float64 // of the smoothing with SigmoidLink

	totals
	lifting  lifting
	massLift float64   // what the class weights in the mass were divided by
	removed  []bool    // rows that take no part; nil when all do
	rowMass  []float64 // S_n, for WeightedMean
	div      float64   // one over the denominator
	sums     []float64 // of the losses of rows of elements; nil when each loss is kept

	group parallel.Group
	parts []*worker[T]
	buf   buffers[T]
}

// lifting is what lifts p in every row: slope is 0 for nothing.
type lifting struct {
	slope   float64 // of the loss, with the weights of labels
	closest float64 // how far from the largest logit p has digits
}

// buffers is memory to use again.
type buffers[T kernel.Float] struct {
	input, target, sample, upstream, direction, share, scale, grad, targetGrad        []T
	out, weightGrad                                                                   []T // with SigmoidLink
	hi, low, summands, ofMass                                                         []T
	prepared                                                                          kernel.Prepared[T]
	made                                                                              kernel.Made[T]
	mass                                                                              []float64 // weighed
	eights                                                                            kernel.Eights
	index                                                                             []int
	removed                                                                           []bool
	loss, sums, rowWeight, positive, shifts, rowMass, wideShare, excess, classWeights []float64
}

// worker evaluates the rows of one goroutine.
type worker[T kernel.Float] struct {
	scratch scratch[T]
	losses  []float64 // of the elements from first on, where only the sums of rows are kept
	first   int
	row     int   // the first row of what is being evaluated
	at      int   // which of them, counted from the first, a loss's Row is looking at
	done    bool  // it came to the end of the rows that it took, or to an error
	err     error // what was wrong with the first bad row
	bad     int   // that row
}

// keeps reports whether row i takes part.
func (e *engine[T]) keeps(i int) bool { return e.removed == nil || !e.removed[i] }

// sampleOf returns the sample weight of row i.
func (e *engine[T]) sampleOf(i int) float64 {
	if e.sample == nil {
		return 1
	}
	return float64(e.sample[i])
}

// upstreamOf returns the upstream gradient of row i.
func (e *engine[T]) upstreamOf(i int) float64 {
	if e.upstream == nil {
		return 1
	}
	return of(e.upstream, i)
}
