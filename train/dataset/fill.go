package dataset

import (
	"slices"
	"strconv"

	"gorgonia.org/tensor"

	"softloss/internal/dense"
)

// FitFill returns what stands for the missing values of a dataset, one number a feature:
//
//	of a number                                 the median of the values that there are
//	of the features name=value of a text        1 for the most frequent value, ties to the first,
//	                                            and 0 for the others
//
// As a [Scaler] it is learnt on the training set and used on whatever the model is shown.
//
// Errors: [ErrMissing] for a feature without a value in any row, those of [Dataset.Validate] about
// shapes.
func FitFill(d *Dataset) ([]float64, error) {
	x, _, err := d.tables()
	if err != nil {
		return nil, err
	}
	known := make([][]float64, x.k) // values of a feature
	for i := range x.n {
		for j, v := range x.row(i) {
			if v == v {
				known[j] = append(known[j], v)
			}
		}
	}
	for j, values := range known {
		if len(values) == 0 {
			name := strconv.Itoa(j)
			if d.FeatureNames != nil {
				name = quote(d.FeatureNames[j])
			}
			return nil, fail(ErrMissing, "feature %s: got no value in %s, want at least one", name, plural(x.n, "row"))
		}
	}
	fill := make([]float64, x.k)
	for from, to := 0, 0; from < x.k; from = to {
		for to = from + 1; to < x.k && d.columns != nil && d.columns[to] == d.columns[from]; to++ {
		}
		if to == from+1 {
			fill[from] = median(known[from])
			continue
		}
		most, best := from, -1.0
		for j := from; j < to; j++ {
			rows := 0.0
			for _, v := range known[j] {
				rows += v
			}
			if rows > best {
				most, best = j, rows
			}
		}
		fill[most] = 1
	}
	return fill, nil
}

// median sorts values, one or more, and returns the middle one, or the mean of the two.
func median(values []float64) float64 {
	slices.Sort(values)
	n := len(values)
	if n%2 == 1 {
		return values[n/2]
	}
	return values[n/2-1] + (values[n/2]-values[n/2-1])/2
}

// FillIn returns features [N, D], float32 or float64, with a number in the place of every NaN: of
// feature j fill[j], from [FitFill]. It is a copy of the same dtype.
//
// Errors: [ErrParam] for another number of numbers, [ErrShape], [ErrDtype].
func FillIn(features *tensor.Dense, fill []float64) (*tensor.Dense, error) {
	out, err := pick("features", features, nil, nil)
	if err != nil {
		return nil, err
	}
	if k := out.Shape()[1]; len(fill) != k {
		return nil, fail(ErrParam, "fill: got %s, want %d, one for each feature", plural(len(fill), "number"), k)
	}
	if out.Dtype() == tensor.Float64 {
		fillIn(out.Float64s(), fill)
	} else {
		fillIn(out.Float32s(), fill)
	}
	return out, nil
}

// fillIn puts the number of its column in the place of every NaN of rows.
func fillIn[T dense.Float](rows []T, fill []float64) {
	for i, v := range rows {
		if v != v {
			rows[i] = T(fill[i%len(fill)])
		}
	}
}
