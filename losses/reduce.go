package losses

import "fmt"

// Reduction says how the losses L_n of the rows become one value. With sample
// weights s_n (1 unless given; a row of weight 0 is not kept):
//
//	Mean          Σ s_n L_n / number of rows kept
//	Sum           Σ s_n L_n
//	None          s_n L_n, a tensor [N]
//
// When no row is kept, Mean and Sum are 0 and so are the gradients. Sums are
// taken in float64, in the order of the rows.
type Reduction uint8

// The reductions.
const (
	Mean Reduction = iota // the zero value
	Sum
	None
	reductions // how many there are
)

var reductionNames = [reductions]string{"mean", "sum", "none"}

// String returns the name that [ParseReduction] reads.
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
	return argError(ErrReduction, "reduction", r, "is unknown", "Mean, Sum or None")
}

// ParseReduction returns the reduction of a name: mean, sum, none. Errors: [ErrReduction].
func ParseReduction(name string) (Reduction, error) {
	for i, s := range reductionNames {
		if s == name {
			return Reduction(i), nil
		}
	}
	return 0, argError(ErrReduction, "reduction", fmt.Sprintf("%q", name), "is unknown", "mean, sum or none")
}

// scalar reports whether the reduction gives one value for all rows.
func (r Reduction) scalar() bool { return r != None }

// divisor returns what the weighted losses and their gradients are divided by.
// It is the module's only denominator.
func (r Reduction) divisor(kept int) float64 {
	if r == Mean && kept > 0 {
		return float64(kept)
	}
	return 1
}

// reduce returns the reduced value of the rows' weighted losses.
func (r Reduction) reduce(rows []float64, kept int) float64 {
	var sum float64
	for _, l := range rows {
		sum += l
	}
	return sum / r.divisor(kept)
}
