package dataset

import (
	"fmt"
	"math"
	"strconv"

	"gorgonia.org/tensor"
)

// CountsToSoft turns a table of counts, such as the votes of several people on
// every sample, into soft labels:
//
//	labels_ij = counts_ij / totals_i,   totals_i = Σ_j counts_ij
//
// Shapes: counts [N, K] of float32, float64, int, int32 or int64, not
// necessarily whole numbers; labels [N, K] float32; totals [N], for
// Dataset.Counts. With these totals as weights, the cross entropy of the soft
// rows is the sum of the hard cross entropies of the single votes.
//
// Errors: [ErrShape], [ErrDtype], and [*RowError] with [ErrLabel] for an entry
// that is negative, NaN or infinite and for a row whose total is 0 or infinite.
func CountsToSoft(counts *tensor.Dense) (labels *tensor.Dense, totals []float64, err error) {
	table, err := viewFloat64("counts", counts)
	if err != nil {
		return nil, nil, err
	}
	labels, data, err := newMatrix("counts", table.n, table.k)
	if err != nil {
		return nil, nil, err
	}
	totals, buf := make([]float64, table.n), table.buffer()
	for i := range totals {
		row := table.row(i, buf)
		for j, c := range row {
			if !(c >= 0) || math.IsInf(c, 0) {
				return nil, nil, &RowError{"counts", i, j, fmt.Sprint(c), "a finite number >= 0", ErrLabel}
			}
		}
		var ok bool
		if totals[i], ok = normalise(data[i*table.k:(i+1)*table.k], row); !ok {
			return nil, nil, &RowError{"counts", i, -1, fmt.Sprintf("a total of %v", totals[i]), "a finite total above 0", ErrLabel}
		}
	}
	return labels, totals, nil
}

// normalise writes row divided by its sum to dst and returns the sum; ok is
// false, and dst untouched, unless the sum is a finite number above 0.
func normalise(dst []float32, row []float64) (sum float64, ok bool) {
	for _, v := range row {
		sum += v
	}
	if !(sum > 0) || math.IsInf(sum, 0) {
		return sum, false
	}
	for j, v := range row {
		dst[j] = float32(v / sum)
	}
	return sum, true
}

// OneHot returns the one-hot rows of class indices: 1 in column index[i] of row
// i, 0 elsewhere.
//
// Shapes: index [N], result [N, classes] float32.
//
// Errors: [ErrParam] when classes is below 1, [ErrEmpty] for no index,
// [*RowError] for an index outside 0..classes-1, [ErrShape] when the table
// would have 2³¹ elements or more.
func OneHot(index []int, classes int) (*tensor.Dense, error) {
	if classes < 1 {
		return nil, fail(ErrParam, "classes: got %d, want at least 1", classes)
	}
	if len(index) == 0 {
		return nil, fail(ErrEmpty, "index: got no entries, want at least 1")
	}
	for i, c := range index {
		if c < 0 || c >= classes {
			return nil, &RowError{"index", i, -1, strconv.Itoa(c), "a class in 0.." + strconv.Itoa(classes-1), nil}
		}
	}
	t, data, err := newMatrix("index", len(index), classes)
	if err != nil {
		return nil, err
	}
	for i, c := range index {
		data[i*classes+c] = 1
	}
	return t, nil
}

// Majority returns the one-hot row of every row's largest entry, ties to the
// lowest column: what is left of soft labels when only the winner counts.
//
// Shapes: labels [N, K] of any dtype that [CountsToSoft] takes (so counts will
// do), result [N, K] float32.
//
// Errors: [ErrShape], [ErrDtype], [*RowError] with [ErrLabel] for a NaN.
func Majority(labels *tensor.Dense) (*tensor.Dense, error) {
	table, err := viewFloat64("labels", labels)
	if err != nil {
		return nil, err
	}
	index, buf := make([]int, table.n), table.buffer()
	for i := range index {
		row := table.row(i, buf)
		for j, v := range row {
			if math.IsNaN(v) {
				return nil, &RowError{"labels", i, j, "NaN", "a number", ErrLabel}
			}
		}
		index[i] = argmax(row)
	}
	return OneHot(index, table.k)
}
