package dataset

import (
	"fmt"
	"math"

	"gorgonia.org/tensor"

	"softloss/internal/dense"
	"softloss/losses"
)

// softRows turns rows of k numbers, such as the votes of several people on every sample, into soft
// labels, [losses.VotesToLabels] in float32, and the sum of every row.
func softRows(votes []float64, k int) (labels *tensor.Dense, totals []float64, err error) {
	n := len(votes) / k
	labels, data, err := newMatrix[float32]("labels", n, k)
	if err != nil {
		return nil, nil, err
	}
	totals = make([]float64, n)
	for i, v := range votes {
		totals[i/k] += v
	}
	soft, err := losses.VotesToLabels(tensor.New(tensor.WithShape(n, k), tensor.WithBacking(votes)))
	if err != nil {
		err = fromLosses("labels", ErrLabel, err)
		if e, ok := err.(*RowError); ok && e.Column < 0 {
			e.Got, e.Want = fmt.Sprint("the sum ", totals[e.Row]), "a finite sum above 0"
		}
		return nil, nil, err
	}
	for i, v := range soft.Float64s() {
		data[i] = float32(v)
	}
	return labels, totals, nil
}

// oneHot is [losses.OneHot] of a slice, in float32.
func oneHot(index []int, classes int) (*tensor.Dense, error) {
	labels, err := losses.OneHot(tensor.New(tensor.WithShape(len(index)), tensor.WithBacking(index)), classes,
		tensor.Float32)
	if err != nil {
		return nil, fromLosses("classes", ErrShape, err)
	}
	return labels, nil
}

// questionRows are rows of k answers, numbers from 0 to 1, as labels.
func questionRows(answers []float64, k int) (*tensor.Dense, error) {
	labels, data, err := newMatrix[float32]("labels", len(answers)/k, k)
	if err != nil {
		return nil, err
	}
	for i, v := range answers {
		data[i] = float32(v)
	}
	for i := range len(answers) / k {
		if err := checkLabels(i, data[i*k:(i+1)*k], losses.SigmoidLink); err != nil {
			return nil, err
		}
	}
	return labels, nil
}

// Majority returns the one-hot row of every row's largest entry, ties to the lowest column: soft
// labels when only the largest counts.
//
// Shapes: labels [N, K] of floats or integers (so counts will do), result [N, K] float32.
//
// Errors: [ErrShape], [ErrDtype], [*RowError] with [ErrLabel] for a NaN.
func Majority(labels *tensor.Dense) (*tensor.Dense, error) {
	table, err := numbersOf[float64]("labels", labels)
	if err != nil {
		return nil, err
	}
	index := make([]int, table.n)
	for i := range index {
		row := table.row(i)
		for j, v := range row {
			if math.IsNaN(v) {
				return nil, &RowError{Arg: "labels", Row: i, Column: j, Got: "NaN", Want: "a number", Err: ErrLabel}
			}
		}
		index[i] = dense.Argmax(row)
	}
	return oneHot(index, table.k)
}
