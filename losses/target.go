package losses

import (
	"fmt"
	"math"

	"gorgonia.org/tensor"

	"softloss/internal/dense"
	"softloss/internal/phrase"
	"softloss/losses/internal/kernel"
)

// OneHot returns the one-hot rows of an index as labels of the dtype.
//
// Shapes: index [N] or [N, 1] of any integer type → [N, classes]; a scalar → [classes], [N, T] →
// [N, T, classes]. Errors: [ErrNil], [ErrShape], [ErrDtype], [ErrParam] unless classes > 0 and
// there are less than 2³¹ labels in all, or 2²⁸ on machines of 32 bits, [ErrIndex] for a class
// outside [0, classes).
func OneHot(index tensor.Tensor, classes int, dt tensor.Dtype) (*tensor.Dense, error) {
	return labelsOfClasses(index, classes, classes, dt, func(t []float64, y int) {
		clear(t)
		t[y] = 1
	})
}

// labelsOfClasses returns labels of k columns; fill stores the row of a class.
func labelsOfClasses(index tensor.Tensor, classes, k int, dt tensor.Dtype,
	fill func(t []float64, y int)) (*tensor.Dense, error) {
	d, shape, err := indexOf(index, classes, dt)
	if err != nil {
		return nil, err
	}
	labels, row := dense.New(dt, append(shape, k)...), make([]float64, k)
	for i, y := range dense.Ints(d, dense.Last, new([]int)) {
		if uint(y) >= uint(classes) {
			return nil, cellError(ErrIndex, "index", i, -1, y, "is out of range",
				fmt.Sprintf("a class in [0, %d)", classes))
		}
		fill(row, y)
		store(labels, i*k, row)
	}
	return labels, nil
}

// mostLabels is how many float64 memory holds, which counts on machines of 32 bits.
const mostLabels = math.MaxInt / 8

// indexOf returns an index that labels of the dtype can be made of, and the shape of its rows.
func indexOf(index tensor.Tensor, classes int, dt tensor.Dtype) (d *tensor.Dense, shape tensor.Shape, err error) {
	if d, err = denseOf("index", index); err != nil {
		return nil, nil, err
	}
	if !dense.IsInteger(d.Dtype()) {
		return nil, nil, argError(ErrDtype, "index", "dtype "+d.Dtype().String(), "is not supported", "integers")
	}
	shape = d.Shape().Clone()
	rows := shape.TotalSize()
	if rows < 1 {
		return nil, nil, shapeError("index", shape, "[N] with at least one row")
	}
	if classes < 1 {
		return nil, nil, argError(ErrParam, "classes", classes, "is out of range", "at least 1")
	}
	for _, labels := range [...]int{math.MaxInt32, mostLabels} {
		if most := labels / rows; classes > most {
			return nil, nil, argError(ErrParam, "classes", classes, "is out of range",
				fmt.Sprintf("at most %d for %s", most, phrase.Plural(rows, "row")))
		}
	}
	if last := len(shape) - 1; last > 0 && shape[last] == 1 {
		shape = shape[:last]
	}
	return d, shape, checkFloat("labels", dt)
}

// VotesToLabels returns the soft labels of annotators' votes: every row divided by its sum.
//
// Shapes: votes [N, K], float32 or float64, finite numbers >= 0 → [N, K] of that dtype; other ranks
// as for [Softmax]. Errors: [ErrNil], [ErrShape], [ErrDtype], and [ErrLabel] for a count that is
// negative or not finite and for a row without votes or with a sum beyond float64.
func VotesToLabels(votes tensor.Tensor) (*tensor.Dense, error) {
	d, x, err := labelsOf("votes", votes)
	if err != nil {
		return nil, err
	}
	n, k := extent(d)
	labels := make([]float64, len(x))
	for i := range n {
		var sum float64
		for _, v := range part(x, i, i+1, k) {
			sum += v
		}
		switch {
		case sum == 0:
			return nil, cellError(ErrLabel, "votes", i, -1, "the sum 0", "is no number of votes", "at least one vote")
		case math.IsInf(sum, 1):
			return nil, cellError(ErrLabel, "votes", i, -1, "the sum", "overflows", "votes whose sum is finite")
		}
		for j := i * k; j < (i+1)*k; j++ {
			labels[j] = x[j] / sum
		}
	}
	return narrow(d.Dtype(), labels, d.Shape()...), nil
}

// MixLabels returns lambda a + (1-lambda) b, the labels of mixup (Zhang et al. 2018,
// arXiv:1710.09412) and, with lambda the share of the picture that is a's, of CutMix (Yun et al.
// 2019, arXiv:1905.04899).
//
// Shapes: a and b [N, K] of one dtype → [N, K]; other ranks as for [Softmax]. Errors: [ErrNil],
// [ErrShape], [ErrDtype], [ErrLabel], and [ErrParam] unless 0 <= lambda <= 1.
func MixLabels(a, b tensor.Tensor, lambda float64) (*tensor.Dense, error) {
	if !(lambda >= 0 && lambda <= 1) {
		return nil, argError(ErrParam, "lambda", lambda, "is out of range", "a number in [0, 1]")
	}
	d, x, err := labelsOf("labels a", a)
	if err != nil {
		return nil, err
	}
	other, y, err := labelsOf("labels b", b)
	if err != nil {
		return nil, err
	}
	if _, err = likeOf("labels b", other, d.Dtype(), d.Shape()...); err != nil {
		return nil, err
	}
	mixed := make([]float64, len(x))
	for i := range mixed {
		mixed[i] = lambda*x[i] + (1-lambda)*y[i]
	}
	return narrow(d.Dtype(), mixed, d.Shape()...), nil
}

// labelsOf returns a tensor of labels or counts, and its rows in float64.
func labelsOf(arg string, t tensor.Tensor) (d *tensor.Dense, rows []float64, err error) {
	if d, err = denseOf(arg, t); err != nil {
		return nil, nil, err
	}
	if err := checkRows(arg, d); err != nil {
		return nil, nil, err
	}
	rows, _, err = validRows[float64](arg, d)
	return d, rows, err
}

// TeacherLabels returns softmax(logits/temperature), the labels that a teacher gives a student
// (Hinton et al. 2015, arXiv:1503.02531). Train the student on them with the same
// Criterion.Temperature and multiply that loss by temperature² to keep the gradient's size; nothing
// here does it for you.
//
// Shapes: logits [N, K] → [N, K]; other ranks as for [Softmax]. Errors: those of Softmax,
// [ErrParam] unless temperature is finite and > 0.
func TeacherLabels(logits tensor.Tensor, temperature float64) (*tensor.Dense, error) {
	if !(temperature > 0) || math.IsInf(temperature, 1) {
		return nil, argError(ErrParam, "temperature", temperature, "is out of range", "a finite number > 0")
	}
	m := softmaxMap()
	if temperature != 1 {
		m.f32.apply, m.f64.apply = temper[float32](temperature), temper[float64](temperature)
	}
	return m.Apply(logits)
}

// temper returns the softmax at a temperature as a function of rows.
func temper[T kernel.Float](temperature float64) func(dst, z []T, k int) {
	return func(dst, z []T, k int) {
		p := make([]float64, k)
		for i := range len(z) / k {
			kernel.Divide(p, part(z, i, i+1, k), nil, temperature)
			kernel.Softmax(p, p, k)
			kernel.Round(part(dst, i, i+1, k), p)
		}
	}
}
