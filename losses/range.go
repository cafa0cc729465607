package losses

import (
	"fmt"
	"math"

	"softloss/losses/internal/kernel"
)

// Range is the finite numbers that a parameter of a loss may be.
type Range struct {
	Min, Max         float64 // the ends, infinite where there is none
	OpenMin, OpenMax bool    // the end is not one of the numbers
}

// Ranges of more than one parameter.
var (
	nonNegative  = Range{Min: 0, Max: math.Inf(1)}
	positive     = Range{Min: 0, OpenMin: true, Max: math.Inf(1)}
	strength     = Range{Min: 0, Max: 1e30}     // of the factor of a term: float32 has to hold the sum
	rangeMargins = Range{Min: -1e30, Max: 1e30} // of what is subtracted from logits, for the same reason
)

// Contains reports whether x is one of the numbers; NaN and the infinities never are.
func (r Range) Contains(x float64) bool {
	return r.Min < x && x < r.Max || finite(x) && (x == r.Min && !r.OpenMin || x == r.Max && !r.OpenMax)
}

// containsAll reports whether numbers of those sizes surely are.
func (r Range) containsAll(s kernel.Sizes) bool {
	least := min(s.Least, s.Most)
	switch {
	case s.Negative:
		least = -s.Most
	case s.Zero:
		least = 0
	}
	return s.Finite && r.Contains(least) && r.Contains(s.Most)
}

// String returns what an error wants, such as "a number in (0, 1]" or "a finite number >= 0".
func (r Range) String() string {
	ends := [2]string{"[", "]"}
	least, most := ">=", "<="
	if r.OpenMin {
		ends[0], least = "(", ">"
	}
	if r.OpenMax {
		ends[1], most = ")", "<"
	}
	switch {
	case math.IsInf(r.Min, -1) && math.IsInf(r.Max, 1):
		return "a finite number"
	case math.IsInf(r.Max, 1):
		return fmt.Sprintf("a finite number %s %v", least, r.Min)
	case math.IsInf(r.Min, -1):
		return fmt.Sprintf("a finite number %s %v", most, r.Max)
	}
	return fmt.Sprintf("a number in %s%v, %v%s", ends[0], r.Min, r.Max, ends[1])
}

// check returns an error that is [ErrParam] unless x, which the user calls name, is one of the
// numbers. The advice follows what is wanted.
func (r Range) check(name string, x float64, advice string) error {
	if r.Contains(x) {
		return nil
	}
	want := r.String()
	if advice != "" {
		want += "; " + advice
	}
	return argError(ErrParam, name, x, "is out of range", want)
}
