// Package metric says how good predictions are: accuracy, confusion, precision and recall,
// likelihood and calibration.
//
//	acc, err := metric.Accuracy(logits, index, nil)
//	report, err := metric.Report(logits, index, nil)
//	nll, err := metric.NLL(probs, labels, weights)
//
// # Arguments
//
// Scores are logits or probabilities; where a function says probs, probabilities. The target is
// labels or an index. Shapes and dtypes are those that [losses.Criterion.Eval] takes: rows [N, K],
// a single row [K], [N, T, K] as N·T rows; labels of the scores' shape and dtype, or an index with
// one class a row. Tensors are read however they lie in memory.
//
// The class of a row is its index, or the position of its largest label; the class predicted for it
// is the position of its largest score. Ties go to the lowest class.
//
// Rows that are K yes-or-no questions each, those of [losses.SigmoidLink], have [ReportQuestions]
// and [Thresholds]; the other functions take what [AsClasses] makes of them. One class is every
// row's: for accuracy, [Confusion], [Report], [NLL] and [Brier] it is [losses.ErrShape].
//
// Weights have one number a row, finite and >= 0, with a sum above 0; nil means 1 each. A row of
// weight 2 counts as two rows do.
//
// # Errors
//
// Errors are of type [*losses.Error], with the same sentinels for errors.Is: an argument is refused
// in the same words wherever it is given.
package metric

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"gorgonia.org/tensor"

	"softloss/internal/dense"
	"softloss/losses"
)

// rows are the arguments of a function, read.
type rows struct {
	n, k    int
	scores  []float64 // [n, k]
	labels  []float64 // [n, k], one-hot for an index
	weights []float64 // [n]
	mass    float64   // their sum
	nll     []float64 // [n] the cross entropy of the rows, of probabilities only
}

// read checks and reads the arguments of a function, the first of which it calls arg: scores that a
// criterion of that link takes, probabilities where it is FromProbs.
func read(arg string, scores, target tensor.Tensor, weights []float64, c losses.Criterion) (*rows, error) {
	c.Reduction = losses.None
	loss, err := c.Eval(scores, target) // it says what is wrong with a shape, a label, a class or a probability
	if err != nil {
		return nil, about(arg, err)
	}
	s, t := scores.(*tensor.Dense), target.(*tensor.Dense)
	r := &rows{k: 1}
	axis := len(s.Shape()) - 1
	if axis >= 0 && !(axis == 0 && c.Link == losses.SigmoidLink) { // of which [N] are rows of one
		r.k = s.Shape()[axis]
	}
	r.scores = dense.Rows(s, axis, new([]float64))
	r.n = len(r.scores) / r.k
	for at, v := range r.scores {
		if v != v {
			return nil, &losses.Error{Arg: arg, Row: at / r.k, Col: at % r.k, Got: "NaN", Problem: "is not a number",
				Want: "a number", Kind: losses.ErrParam}
		}
	}
	if dense.IsInteger(t.Dtype()) && t.Shape().TotalSize() == r.n*r.k && c.Link == losses.SigmoidLink {
		r.labels = make([]float64, r.n*r.k)
		for at, y := range dense.Ints(t, dense.Last, new([]int)) {
			r.labels[at] = float64(y)
		}
	} else if dense.IsInteger(t.Dtype()) {
		r.labels = make([]float64, r.n*r.k)
		for i, y := range dense.Ints(t, dense.Last, new([]int)) {
			r.labels[i*r.k+y] = 1
		}
	} else {
		r.labels = dense.Rows(t, axis, new([]float64))
	}
	if c.FromProbs && c.Link == losses.SoftmaxLink {
		r.nll = dense.Rows(loss, dense.Last, new([]float64))
	}
	return r, r.weigh(weights)
}

// readClasses is read for a function that says nothing of one class, which every row is of and is
// predicted to be.
func readClasses(arg string, scores, target tensor.Tensor, weights []float64, c losses.Criterion) (*rows, error) {
	r, err := read(arg, scores, target, weights, c)
	if err == nil && r.k == 1 {
		return nil, &losses.Error{Arg: arg, Row: -1, Col: -1, Got: fmt.Sprintf("shape %v", scores.Shape()),
			Problem: "has one class, which is every row's", Want: "2 or more, which AsClasses makes of a yes-or-no question",
			Kind: losses.ErrShape}
	}
	return r, err
}

// about returns an error of a criterion with the name that its input has here.
func about(arg string, err error) error {
	var e *losses.Error
	if !errors.As(err, &e) || e.Arg != "logits" {
		return err
	}
	named := *e
	named.Arg = arg
	return &named
}

// weigh sets the weights.
func (r *rows) weigh(weights []float64) error {
	wrong := func(row int, got, problem, want string) error {
		return &losses.Error{Arg: "weights", Row: row, Col: -1, Got: got, Problem: problem, Want: want,
			Kind: losses.ErrWeight}
	}
	if weights == nil {
		weights = slices.Repeat([]float64{1}, r.n)
	}
	if len(weights) != r.n {
		return wrong(-1, fmt.Sprintf("length %d", len(weights)), "is wrong", fmt.Sprintf("%d, one a row", r.n))
	}
	for i, w := range weights {
		if !(w >= 0) || math.IsInf(w, 1) {
			return wrong(i, fmt.Sprint(w), "is out of range", "a finite number >= 0")
		}
		r.mass += w
	}
	if !(r.mass > 0) || math.IsInf(r.mass, 1) {
		return wrong(-1, fmt.Sprintf("the sum %v", r.mass), "is out of range", "a finite sum above 0")
	}
	r.weights = weights
	return nil
}

// score and label return row i.
func (r *rows) score(i int) []float64 { return r.scores[i*r.k : (i+1)*r.k] }
func (r *rows) label(i int) []float64 { return r.labels[i*r.k : (i+1)*r.k] }

// mean returns the weighted mean of a number a row.
func (r *rows) mean(of func(i int) float64) float64 {
	var sum float64
	for i, w := range r.weights {
		if w > 0 {
			sum += w * of(i)
		}
	}
	return sum / r.mass
}
