package dataset

import (
	"fmt"
	"math"
	"slices"

	"gorgonia.org/tensor"
)

// Scaler shifts and scales every feature column to mean 0 and standard
// deviation 1, with numbers taken from the training set by [FitScaler]:
//
//	y_ij = (x_ij - Mean_j) / Std_j
//
// It is plain data: save it with the model and apply it to whatever the model
// is shown.
type Scaler struct {
	Mean []float64 // D column means
	Std  []float64 // D column standard deviations, each above 0
}

// FitScaler returns the scaler of a feature table [N, D], float32 or float64:
//
//	Mean_j = Σ_i x_ij / N
//	Std_j  = sqrt(Σ_i (x_ij - Mean_j)² / N)
//
// the population standard deviation, in float64, the mean first. Neither sum overflows or
// underflows. A column whose entries are all equal has that entry as its Mean and Std 1, so that it
// becomes exactly 0.
//
// Errors: [ErrShape], [ErrDtype], [*RowError] for an entry that is NaN or
// infinite.
func FitScaler(features *tensor.Dense) (*Scaler, error) {
	x, err := featuresOf(features)
	if err != nil {
		return nil, err
	}
	first := slices.Clone(x.row(0))
	most := make([]float64, x.k)
	constant := slices.Repeat([]bool{true}, x.k)
	for i := range x.n {
		for j, v := range x.row(i) {
			if !finite(v) {
				return nil, &RowError{Arg: "features", Row: i, Column: j, Got: fmt.Sprintf("%.7g", v), Want: "a finite number"}
			}
			constant[j] = constant[j] && v == first[j]
			if a := math.Abs(v); a > most[j] {
				most[j] = a
			}
		}
	}
	lift := make([]float64, x.k) // a power of two that takes the largest entry near 1, where sums are taken
	for j, v := range most {
		_, exponent := math.Frexp(v)
		lift[j] = math.Ldexp(1, -min(max(exponent, -1022), 1022))
	}
	s := &Scaler{Mean: make([]float64, x.k), Std: make([]float64, x.k)}
	for i := range x.n {
		for j, v := range x.row(i) {
			s.Mean[j] += v * lift[j]
		}
	}
	for j := range s.Mean {
		s.Mean[j] /= float64(x.n)
		if constant[j] {
			s.Mean[j] = first[j] * lift[j]
		}
	}
	for i := range x.n {
		for j, v := range x.row(i) {
			dev := v*lift[j] - s.Mean[j]
			s.Std[j] += dev * dev
		}
	}
	for j, l := range lift {
		s.Mean[j] /= l
		if s.Std[j] = max(math.Sqrt(s.Std[j]/float64(x.n))/l, math.SmallestNonzeroFloat64); constant[j] {
			s.Std[j] = 1
		}
	}
	return s, nil
}

// Unscaled returns a scaler that leaves features as they are, but for rounding them to float32.
// Less than 0 features are none.
func Unscaled(features int) *Scaler {
	features = max(features, 0)
	return &Scaler{Mean: make([]float64, features), Std: slices.Repeat([]float64{1}, features)}
}

// Transform returns the scaled features, a new tensor [N, D] float32: float64 features are rounded
// when they are scaled, not before.
//
// Errors: [ErrParam] for a scaler with a mean that is not finite or a standard
// deviation that is not a finite number above 0, [ErrShape] for features with
// another number of columns, [ErrDtype], and [*RowError] for an entry that is
// NaN or infinite or whose result exceeds float32.
func (s *Scaler) Transform(features *tensor.Dense) (*tensor.Dense, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	x, err := featuresOf(features)
	if err != nil {
		return nil, err
	}
	if x.k != len(s.Mean) {
		return nil, fail(ErrShape, "features: got %s, want %d as in the scaler", plural(x.k, "column"), len(s.Mean))
	}
	out, data, err := newMatrix[float32]("features", x.n, x.k)
	if err != nil {
		return nil, err
	}
	for i := range x.n {
		for j, v := range x.row(i) {
			y := float32((v - s.Mean[j]) / s.Std[j])
			if !finite(float64(y)) {
				return nil, &RowError{Arg: "features", Row: i, Column: j, Got: fmt.Sprintf("%.7g", v),
					Want: "a finite number that stays one when scaled"}
			}
			data[i*x.k+j] = y
		}
	}
	return out, nil
}

func (s *Scaler) check() error {
	if s == nil {
		return fail(ErrParam, "scaler: got nil, want one from FitScaler")
	}
	if len(s.Mean) != len(s.Std) {
		return fail(ErrParam, "scaler: got %s and %s, want as many", plural(len(s.Mean), "mean"),
			plural(len(s.Std), "standard deviation"))
	}
	for j := range s.Mean {
		if !finite(s.Mean[j]) {
			return fail(ErrParam, "scaler: mean of column %d: got %v, want a finite number", j, s.Mean[j])
		}
		if !(s.Std[j] > 0) || math.IsInf(s.Std[j], 0) {
			return fail(ErrParam, "scaler: standard deviation of column %d: got %v, want a finite number above 0", j, s.Std[j])
		}
	}
	return nil
}
