package dataset

import (
	"slices"

	"gorgonia.org/tensor"

	"softloss/losses"
	"softloss/train/dataset/internal/table"
)

// digitQuestions are the names of the labels of [DigitQuestions] and the digits of which each is
// true.
var digitQuestions = []struct {
	name string
	yes  string
}{
	{"even", "02468"},
	{"above four", "56789"},
	{"loop", "0689"}, // a closed line in how the digit is usually written
	{"prime", "2357"},
	{"square", "0149"},
}

// DigitQuestions returns the handwritten digits of [Digits] with five yes-or-no labels in place of
// their classes, several of which are true of a digit, or none:
//
//	even          0 2 4 6 8
//	above four    5 6 7 8 9
//	loop          0 6 8 9     a closed line in how the digit is usually written
//	prime         2 3 5 7
//	square        0 1 4 9
//
// They are for losses.SigmoidLink. Every call returns a new copy.
func DigitQuestions() (*Dataset, error) {
	d, err := Digits()
	if err != nil {
		return nil, err
	}
	k := len(digitQuestions)
	labels, data, err := newMatrix[float32]("labels", d.Len(), k)
	if err != nil {
		return nil, err
	}
	d.ClassNames = nil
	for j, q := range digitQuestions {
		d.ClassNames = append(d.ClassNames, q.name)
		for i, digit := range d.Index() {
			if slices.Contains([]byte(q.yes), '0'+byte(digit)) {
				data[i*k+j] = 1
			}
		}
	}
	d.Labels = labels
	return d, nil
}

// Question returns the dataset with one yes-or-no label, of losses.SigmoidLink: that of a class,
// by its column. Of two classes it says all that both labels say.
//
// The labels are a copy; features, counts and names of features are shared.
//
// Errors: [ErrParam] for a column outside 0..K-1, and those of [Dataset.Validate] about shapes.
func (d *Dataset) Question(class int) (*Dataset, error) {
	_, labels, err := d.tables()
	if err != nil {
		return nil, err
	}
	if class < 0 || class >= labels.k {
		return nil, fail(ErrParam, "class: got %d, want a column of the labels, 0..%d", class, labels.k-1)
	}
	out := *d
	if out.Labels, err = pick("labels", d.Labels, nil, []int{class}); err != nil {
		return nil, err
	}
	if d.ClassNames != nil {
		out.ClassNames = d.ClassNames[class : class+1 : class+1]
	}
	return &out, nil
}

// putQuestions sets the labels from the columns that are questions, and their names.
func (d *Dataset) putQuestions(t *table.Table) (err error) {
	for _, c := range t.Labels {
		d.ClassNames = append(d.ClassNames, c.Title())
	}
	d.Labels, err = questionRows(t.Weights, len(t.Labels))
	return err
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
