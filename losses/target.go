package losses

import (
	"fmt"
	"math"

	"gorgonia.org/tensor"

	"softloss/internal/dense"
)

// OneHot returns the one-hot rows of an index as labels of the dtype.
//
// Shapes: index [N] of any integer type → [N, classes]. Errors: [ErrNil], [ErrShape], [ErrDtype], [ErrParam] unless classes > 0 and there are
// less than 2³¹ labels in all, [ErrIndex] for a class outside [0, classes).
func OneHot(index tensor.Tensor, classes int, dt tensor.Dtype) (*tensor.Dense, error) {
	d, err := denseOf("index", index)
	if err != nil {
		return nil, err
	}
	if !dense.IsInteger(d.Dtype()) {
		return nil, argError(ErrDtype, "index", "dtype "+d.Dtype().String(), "is not supported", "integers")
	}
	if len(d.Shape()) != 1 || d.Shape()[0] < 1 {
		return nil, argError(ErrShape, "index", fmt.Sprintf("shape %v", d.Shape()), "is wrong", "[N] with at least one row")
	}
	if classes < 1 {
		return nil, argError(ErrParam, "classes", classes, "is out of range", "at least 1")
	}
	if err := checkFloat("labels", dt); err != nil {
		return nil, err
	}
	var buf []int
	rows := dense.Ints(d, &buf)
	if most := math.MaxInt32 / len(rows); classes > most {
		return nil, argError(ErrParam, "classes", classes, "is out of range", fmt.Sprintf("at most %d for %d rows", most, len(rows)))
	}
	out := tensor.New(tensor.Of(dt), tensor.WithShape(len(rows), classes))
	for i, y := range rows {
		if uint(y) >= uint(classes) {
			return nil, cellError(ErrIndex, "index", i, -1, y, "is out of range", fmt.Sprintf("a class in [0, %d)", classes))
		}
		set(out, i*classes+y, 1)
	}
	return out, nil
}

// VotesToLabels returns the soft labels of annotators' votes: every row divided by its sum.
//
// Shapes: votes [N, K], float32 or float64, finite numbers >= 0 → [N, K] of that dtype. Errors: [ErrNil], [ErrShape], [ErrDtype],
// and [ErrLabel] for a count that is negative or not finite and for a row without votes or with a sum beyond float64.
func VotesToLabels(votes tensor.Tensor) (*tensor.Dense, error) {
	d, err := labelsOf("votes", votes)
	if err != nil {
		return nil, err
	}
	n, k := d.Shape()[0], d.Shape()[1]
	x, err := wideRows("votes", d)
	if err != nil {
		return nil, err
	}
	out := tensor.New(tensor.Of(d.Dtype()), tensor.WithShape(n, k))
	for i := range n {
		var sum float64
		for j, v := range x[i*k : (i+1)*k] {
			if !(v >= 0) || v-v != 0 {
				return nil, cellError(ErrLabel, "votes", i, j, v, "is no count", "a finite number >= 0")
			}
			sum += v
		}
		switch {
		case sum == 0:
			return nil, cellError(ErrLabel, "votes", i, -1, "the sum 0", "is no number of votes", "at least one vote")
		case math.IsInf(sum, 1):
			return nil, cellError(ErrLabel, "votes", i, -1, "the sum", "overflows", "votes whose sum is finite")
		}
		for j, v := range x[i*k : (i+1)*k] {
			set(out, i*k+j, v/sum)
		}
	}
	return out, nil
}

// MixLabels returns lambda a + (1-lambda) b, the labels of mixup (Zhang et al. 2018, arXiv:1710.09412) and, with lambda
// the share of the picture that is a's, of CutMix (Yun et al. 2019, arXiv:1905.04899).
//
// Shapes: a and b [N, K] of one dtype → [N, K]. Errors: [ErrNil], [ErrShape], [ErrDtype], [ErrLabel], and [ErrParam] unless 0 <= lambda <= 1.
func MixLabels(a, b tensor.Tensor, lambda float64) (*tensor.Dense, error) {
	if !(lambda >= 0 && lambda <= 1) {
		return nil, argError(ErrParam, "lambda", lambda, "is out of range", "a number in [0, 1]")
	}
	x, err := labelsOf("labels a", a)
	if err != nil {
		return nil, err
	}
	y, err := labelsOf("labels b", b)
	if err != nil {
		return nil, err
	}
	if y, err = likeOf("labels b", y, x.Dtype(), x.Shape()...); err != nil {
		return nil, err
	}
	p, err := wideRows("labels a", x)
	if err != nil {
		return nil, err
	}
	q, err := wideRows("labels b", y)
	if err != nil {
		return nil, err
	}
	out := tensor.New(tensor.Of(x.Dtype()), tensor.WithShape(x.Shape()...))
	for i := range p {
		for _, side := range []struct {
			name string
			v    float64
		}{{"labels a", p[i]}, {"labels b", q[i]}} {
			if !(side.v >= 0) || side.v-side.v != 0 {
				k := x.Shape()[1]
				return nil, cellError(ErrLabel, side.name, i/k, i%k, side.v, "is no label", "a finite number >= 0")
			}
		}
		set(out, i, lambda*p[i]+(1-lambda)*q[i])
	}
	return out, nil
}

// TeacherLabels returns softmax(logits/temperature), the labels that a teacher gives a student (Hinton et
// al. 2015, arXiv:1503.02531). Train the student on them with the same Criterion.Temperature and
// multiply that loss by temperature² to keep the gradient's size; nothing here does it for you.
//
// Shapes: logits [N, K] → [N, K]. Errors: those of [Softmax], [ErrParam] unless temperature is finite and > 0.
func TeacherLabels(logits tensor.Tensor, temperature float64) (*tensor.Dense, error) {
	if !(temperature > 0) || math.IsInf(temperature, 1) {
		return nil, argError(ErrParam, "temperature", temperature, "is out of range", "a finite number > 0")
	}
	d, err := denseOf("logits", logits)
	if err != nil {
		return nil, err
	}
	if err := checkRows("logits", d); err != nil {
		return nil, err
	}
	x, err := wideRows("logits", d)
	if err != nil {
		return nil, err
	}
	scaled := tensor.New(tensor.Of(d.Dtype()), tensor.WithShape(d.Shape()...))
	for i, v := range x {
		set(scaled, i, v/temperature)
	}
	return Softmax(scaled)
}

// LogitAdjustment returns tau log(counts_k / Σ counts), what [Criterion].LogitShift adds to the logits while training on classes
// of uneven frequency: the trained logits, without the shift, are then those for even classes.
//
// Errors: [ErrParam] unless tau is finite, every count finite and > 0, and their sum finite.
//
// Source: Menon et al., ICLR 2021, arXiv:2007.07314, eq. (10), tau = 1 there.
func LogitAdjustment(counts []float64, tau float64) ([]float64, error) {
	if tau-tau != 0 {
		return nil, argError(ErrParam, "tau", tau, "is out of range", "a finite number; the paper uses 1")
	}
	var sum float64
	for k, c := range counts {
		if !(c > 0) || math.IsInf(c, 1) {
			return nil, argError(ErrParam, "counts", fmt.Sprintf("class %d: %v", k, c), "is out of range", "a finite number > 0")
		}
		sum += c
	}
	if math.IsInf(sum, 1) {
		return nil, argError(ErrParam, "counts", "the sum", "overflows", "counts whose sum is finite")
	}
	shift := make([]float64, len(counts))
	for k, c := range counts {
		shift[k] = tau * math.Log(c/sum)
	}
	return shift, nil
}

// labelsOf returns a tensor [N, K] of a floating dtype.
func labelsOf(arg string, t tensor.Tensor) (*tensor.Dense, error) {
	d, err := denseOf(arg, t)
	if err != nil {
		return nil, err
	}
	if err := checkFloat(arg, d.Dtype()); err != nil {
		return nil, err
	}
	return d, checkMatrix(arg, d.Shape())
}

// wideRows returns the elements of a matrix, row by row, as float64.
func wideRows(arg string, d *tensor.Dense) ([]float64, error) {
	if d.Dtype() == tensor.Float64 {
		var buf []float64
		return floats(arg, d, len(d.Shape())-1, &buf)
	}
	var buf []float32
	x, err := floats(arg, d, len(d.Shape())-1, &buf)
	if err != nil {
		return nil, err
	}
	wide := make([]float64, len(x))
	for i, v := range x {
		wide[i] = float64(v)
	}
	return wide, nil
}

// set stores x in element i of a contiguous tensor.
func set(d *tensor.Dense, i int, x float64) {
	if d.Dtype() == tensor.Float32 {
		d.Float32s()[i] = float32(x)
	} else {
		d.Float64s()[i] = x
	}
}
