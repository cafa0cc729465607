package dataset

import (
	"math"

	"gorgonia.org/tensor"

	"softloss/losses"
)

// CountsToSoft turns a table of counts, such as the votes of several people on
// every sample, into soft labels: [losses.VotesToLabels] in float32, and with
// the totals.
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
	votes := make([]float64, 0, table.n*table.k)
	buf := table.buffer()
	for i := range table.n {
		votes = append(votes, table.row(i, buf)...)
	}
	return softRows("counts", votes, table.k)
}

// softRows is CountsToSoft of rows of k numbers, which an error calls arg.
func softRows(arg string, votes []float64, k int) (labels *tensor.Dense, totals []float64, err error) {
	n := len(votes) / k
	labels, data, err := newMatrix(arg, n, k)
	if err != nil {
		return nil, nil, err
	}
	soft, err := losses.VotesToLabels(tensor.New(tensor.WithShape(n, k), tensor.WithBacking(votes)))
	if err != nil {
		err = fromLosses(arg, ErrLabel, err)
		if e, ok := err.(*RowError); ok && e.Column < 0 {
			e.Want = "a finite sum above 0"
			if e.Got == "the sum" { // that overflows
				e.Got = "the sum +Inf"
			}
		}
		return nil, nil, err
	}
	for i, v := range soft.Float64s() {
		data[i] = float32(v)
	}
	totals = make([]float64, n)
	for i, v := range votes {
		totals[i/k] += v
	}
	return labels, totals, nil
}

// OneHot returns the one-hot rows of class indices, 1 in column index[i] of row
// i, 0 elsewhere: [losses.OneHot] of a slice, in float32.
//
// Shapes: index [N], result [N, classes] float32.
//
// Errors: [ErrParam] when classes is below 1, [ErrEmpty] for no index,
// [*RowError] for an index outside 0..classes-1, [ErrShape] when the table
// would have 2³¹ elements or more.
func OneHot(index []int, classes int) (*tensor.Dense, error) {
	switch {
	case classes < 1:
		return nil, fail(ErrParam, "classes: got %d, want at least 1", classes)
	case len(index) == 0:
		return nil, fail(ErrEmpty, "index: got no entries, want at least 1")
	case classes > math.MaxInt32/len(index):
		return nil, fail(ErrShape, "index: got %s of %d classes, want a table of less than 2^31 elements", plural(len(index), "row"), classes)
	}
	labels, err := losses.OneHot(tensor.New(tensor.WithShape(len(index)), tensor.WithBacking(index)), classes, tensor.Float32)
	if err != nil {
		return nil, fromLosses("index", nil, err)
	}
	return labels, nil
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
