package losses

import (
	"fmt"

	"softloss/losses/internal/kernel"
)

// Reduction says how the losses L_n of the rows become one value. With sample
// weights s_n (1 unless given; a row of weight 0 or with an ignored index is not kept)
// and the class mass S_n = Σ_k w_k t_k of the labels before smoothing (w_k = 1 unless there are
// class weights; for an index w_y):
//
//	Mean          Σ s_n L_n / number of rows kept    PyTorch with probability targets, Keras
//	Sum           Σ s_n L_n
//	None          s_n L_n, a tensor [N]
//	WeightedMean  Σ s_n L_n / Σ s_n S_n              PyTorch with index targets and class weights
//
// When no row is kept, or no mass, the value is 0 and so are the gradients. A mass that float64
// cannot divide by, of weights of 1e-310 or 1e308, is an error that is [ErrWeight]. Sums are taken
// in float64, those of elements, with [SigmoidLink], row by row first: the losses that are not 0 go
// to eight sums in turn, so that a row of weight 0 is as if it were not there. After every 128
// losses the sums begin anew, and what was in them is added up with what its roundings lose, so
// that many losses that are alike lose no digits.
type Reduction uint8

// The reductions.
const (
	Mean Reduction = iota // the zero value
	Sum
	None
	WeightedMean
	reductions // how many there are
)

var reductionNames = [reductions]string{"mean", "sum", "none", "weighted_mean"}

// String returns the name, such as weighted_mean.
func (r Reduction) String() string {
	if r < reductions {
		return reductionNames[r]
	}
	return fmt.Sprintf("Reduction(%d)", uint8(r))
}

// Validate returns an error that is [ErrReduction] for a value that is none of
// the constants.
func (r Reduction) Validate() error {
	if r < reductions {
		return nil
	}
	return argError(ErrReduction, "reduction", r, "is unknown", "Mean, Sum, None or WeightedMean")
}

// scalar reports whether the reduction gives one value for all rows.
func (r Reduction) scalar() bool { return r != None }

// denominator returns what the sum of the weighted losses is divided by: the number of rows kept,
// their mass Σ s_n S_n, or 1.
func (r Reduction) denominator(n counts) float64 {
	switch r {
	case Mean:
		return float64(n.kept)
	case WeightedMean:
		return n.mass.value()
	}
	return 1
}

// divide returns 1/denominator, by which the weighted losses and their gradients are multiplied. It
// is 0 when there is nothing to divide by, and the module's only division by it.
func (r Reduction) divide(n counts) float64 {
	if d := r.denominator(n); d > 0 {
		return 1 / d
	}
	return 0
}

// check wants a denominator that there is: weights or labels near the ends of float64 may make
// their mass, or one over it, infinite.
func (r Reduction) check(n counts) error {
	d := r.denominator(n)
	if finite(d) && (d == 0 || finite(1/d)) {
		return nil
	}
	return argError(ErrWeight, "sample weights", fmt.Sprintf("a mass of %v", d),
		"is too small or too large to divide by", "weights and labels nearer to 1")
}

// counts are what losses are divided by.
type counts struct {
	kept int     // rows that are not removed
	mass precise // Σ s_n S_n of the rows kept, for WeightedMean
}

// totals are sums over the rows of an evaluation, in their order: over all of them, or over those
// so far where they come in blocks.
type totals struct {
	counts

	losses kernel.Eights // Σ s_n L_n of losses that are not 0
	next   int           // the lane of the next one

	summed bool // the losses of all rows have been added
}

// addLosses adds the weighted losses of rows, or the sums of rows of elements.
func (t *totals) addLosses(rows []float64) {
	lanes := &t.losses.Lanes
	for len(rows) > 0 {
		if t.next == 0 && len(rows) >= len(lanes) {
			rows = rows[kernel.AddEights(&t.losses, rows, kernel.MostTurns):]
		}
		for turn := false; !turn && len(rows) > 0; rows = rows[1:] {
			if x := rows[0]; x != 0 {
				lanes[t.next] += x
				if t.next++; t.next == len(lanes) {
					t.next, turn = 0, true
					t.losses.Turn(kernel.MostTurns)
				}
			}
		}
	}
}

// total returns the sum of all.
func (t *totals) total() float64 {
	l := &t.losses.Lanes
	all := precise{sum: ((l[0] + l[1]) + (l[2] + l[3])) + ((l[4] + l[5]) + (l[6] + l[7]))}
	if none := [8]float64{}; t.losses.Sum != none || t.losses.Lost != none {
		for i, x := range t.losses.Sum {
			all.add(x)
			all.lost += t.losses.Lost[i]
		}
	}
	return all.value()
}
