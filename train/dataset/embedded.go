package dataset

import (
	_ "embed"
	"slices"
	"strings"
)

// The files and their notices are described in data/NOTICE.md.

//go:embed data/digits.csv.gz
var digitsFile string

//go:embed data/housing.csv
var housingFile string

// Digits returns the handwritten digits: 1797 rows, 64 features, 10 classes,
// one-hot labels. Feature pixel_r_c, r and c in 0..7, is the ink in row r and
// column c of an 8×8 image: a count 0..16 divided by 16. Classes are "0" to
// "9". Every call returns a new copy.
//
// Source: Alpaydin and Kaynak, Optical Recognition of Handwritten Digits, UCI
// Machine Learning Repository, doi:10.24432/C50P49, CC BY 4.0.
func Digits() (*Dataset, error) {
	d, err := ReadCSV(strings.NewReader(digitsFile), CSVOptions{Header: HeaderNo})
	if err != nil {
		return nil, inFile("digits", err)
	}
	for i := range d.Features.Float64s() {
		d.Features.Float64s()[i] /= 16
	}
	d.FeatureNames, d.LabelName = pixelNames([]int{8, 8}), ""
	return d, d.round()
}

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

// Housing returns a dataset with real soft labels: how satisfied 1681 tenants
// in Copenhagen were, low, medium or high, in 24 groups by influence on the
// management, type of dwelling and contact with other residents. A row's label
// is how its group split, and Counts how many people it has. The 9 features are
// one-hot: influence=High, influence=Low, influence=Medium, type=Apartment,
// type=Atrium, type=Terrace, type=Tower, contact=High, contact=Low. Every call
// returns a new copy.
//
// Source: Madsen, Statistical analysis of multiple contingency tables. Two
// examples, Scandinavian Journal of Statistics 3 (1976) 97-106.
func Housing() (*Dataset, error) {
	d, err := ReadCSV(strings.NewReader(housingFile), CSVOptions{LabelColumns: 3, Counts: true, Header: HeaderYes})
	if err != nil {
		return nil, inFile("housing", err)
	}
	return d, d.round()
}

// round makes the features float32, which holds them exactly.
func (d *Dataset) round() error {
	from := d.Features.Float64s()
	x, data, err := newMatrix[float32]("features", d.Len(), d.NumFeatures())
	for i, v := range from {
		data[i] = float32(v)
	}
	d.Features, d.columns = x, nil
	return err
}
