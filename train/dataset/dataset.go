package dataset

import (
	"fmt"
	"math"

	"gorgonia.org/tensor"

	"softloss/internal/dense"
	"softloss/losses"
)

// Dataset is a table of samples: features and, per sample, a distribution over
// classes, or the answers to K yes-or-no questions. The readers of this package
// return datasets that pass Validate, except for values that are missing.
type Dataset struct {
	// [N, D] float32 or, of tables and other sources of larger numbers, float64: a [Scaler] makes
	// float32 of both. NaN where a value is missing: see [MissingNaN].
	Features *tensor.Dense
	// [N, K] float32: one-hot or soft rows, each with sum 1; or, of questions, numbers from 0, no, to
	// 1, yes, whatever their sum
	Labels       *tensor.Dense
	Counts       []float64 // N: how many observations each row stands for; nil means one each
	FeatureNames []string  // D names; nil means unnamed
	ClassNames   []string  // K names; nil means unnamed
	LabelName    string    // the column of the file that the classes are from; "" when there is none
	Dropped      int       // rows of the file that [MissingDrop] left out; of a part of the rows 0

	columns []int // D: the column of the table that a feature is from; nil means one each
	rows    []int // N: the rows of the source, from 1; nil means 1, 2, …
}

// Row returns the number, from 1, that row i had in the file, or the set, from which it came
// through [Dataset.Subset] and [Dataset.Split].
func (d *Dataset) Row(i int) int {
	if i < 0 || i >= len(d.rows) {
		return i + 1
	}
	return d.rows[i]
}

// Len returns N, the number of rows; 0 without a feature table.
func (d *Dataset) Len() int { return d.side(true, 0) }

// NumFeatures returns D, the number of features; 0 without a feature table.
func (d *Dataset) NumFeatures() int { return d.side(true, 1) }

// NumClasses returns K, the number of classes; 0 without a label table.
func (d *Dataset) NumClasses() int { return d.side(false, 1) }

func (d *Dataset) side(features bool, axis int) int {
	if d == nil {
		return 0
	}
	t := d.Labels
	if features {
		t = d.Features
	}
	if t == nil || t.Dims() != 2 {
		return 0
	}
	return t.Shape()[axis]
}

// Index returns, for every row, the class with the largest label, ties to the
// lowest class: a new slice [N]. A NaN is never the largest. It returns nil
// when Labels is not a float32 table (see Validate).
func (d *Dataset) Index() []int {
	if d == nil {
		return nil
	}
	labels, err := matrixOf[float32]("labels", d.Labels)
	if err != nil {
		return nil
	}
	index := make([]int, labels.n)
	for i := range index {
		index[i] = dense.Argmax(labels.row(i))
	}
	return index
}

// sumTolerance is how far a label row's sum may be from 1: float32 rounding of
// many classes, or of numbers printed with four digits.
const sumTolerance = 1e-3

// Validate checks the whole dataset for a criterion with the given link and returns the first
// fault:
//
//	Features           a float32 or float64 table, or ErrShape, ErrDtype
//	Labels             a float32 table with as many rows, or ErrShape, ErrDtype
//	Counts             nil or N finite numbers above 0
//	names              nil or D and K of them, or ErrShape, each once, or ErrParam
//	every feature      a finite number: none is missing, see [FitFill]
//	every label        a finite number >= 0, every row with sum 1 ± 0.001, or ErrLabel; with
//	                   SigmoidLink a number from 0 to 1, whatever the sum
//
// Faults in the values are of type [*RowError]. The layout is not checked: this
// package reads views and transposes as well, and returns row-major tables.
func (d *Dataset) Validate(link losses.Link) error {
	features, labels, err := d.tables()
	if err != nil {
		return err
	}
	for i, c := range d.Counts {
		if !(c > 0) || math.IsInf(c, 0) {
			return &RowError{Arg: "counts", Row: i, Column: -1, Got: fmt.Sprint(c), Want: "a finite number above 0"}
		}
	}
	for i := range features.n {
		for j, v := range features.row(i) {
			if !finite(v) {
				want := "a finite number"
				if v != v {
					want += ": FitFill and FillIn put one where a value is missing"
				}
				return &RowError{Arg: "features", Row: i, Column: j, Got: fmt.Sprint(v), Want: want}
			}
		}
		if err := checkLabels(i, labels.row(i), link); err != nil {
			return err
		}
	}
	return nil
}

// checkLabels checks the labels of row i.
func checkLabels(i int, row []float32, link losses.Link) error {
	most, want := float32(math.MaxFloat32), "a finite number >= 0"
	if link == losses.SigmoidLink {
		most, want = 1, "a number from 0 to 1"
	}
	sum := 0.0
	for j, v := range row {
		if !(v >= 0 && v <= most) {
			return &RowError{Arg: "labels", Row: i, Column: j, Got: fmt.Sprint(v), Want: want, Err: ErrLabel}
		}
		sum += float64(v)
	}
	if link == losses.SigmoidLink || math.Abs(sum-1) <= sumTolerance {
		return nil
	}
	want = "a sum of 1"
	if sum > 1 {
		want = "a sum of 1: divide the row by it, or use Link: SigmoidLink where several labels are true at once"
	}
	return &RowError{Arg: "labels", Row: i, Column: -1, Got: fmt.Sprintf("a sum of %.6g", sum), Want: want, Err: ErrLabel}
}

// tables returns both tables after checking that shapes, dtypes, counts and
// names agree. It does not look at values.
func (d *Dataset) tables() (features features, labels matrix[float32], err error) {
	if d == nil {
		return features, labels, fail(ErrParam, "got a nil dataset, want one")
	}
	if features, err = featuresOf(d.Features); err != nil {
		return features, labels, err
	}
	if labels, err = matrixOf[float32]("labels", d.Labels); err != nil {
		return features, labels, err
	}
	for _, side := range []struct {
		arg, noun string
		got, want int
		absent    bool
		per       string
	}{
		{arg: "labels", noun: "row", got: labels.n, want: features.n, per: "the rows of features"},
		{arg: "counts", noun: "entry", got: len(d.Counts), want: features.n, absent: d.Counts == nil,
			per: "the rows of features"},
		{arg: "feature names", noun: "name", got: len(d.FeatureNames), want: features.k, absent: d.FeatureNames == nil,
			per: "the columns of features"},
		{arg: "class names", noun: "name", got: len(d.ClassNames), want: labels.k, absent: d.ClassNames == nil,
			per: "the columns of labels"},
	} {
		if !side.absent && side.got != side.want {
			return features, labels, fail(ErrShape, "%s: got %s, want %d, %s", side.arg, plural(side.got, side.noun),
				side.want, side.per)
		}
	}
	if err = noneTwice("feature names", "feature", d.FeatureNames); err == nil {
		err = noneTwice("class names", "class", d.ClassNames)
	}
	return features, labels, err
}
