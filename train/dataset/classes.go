package dataset

import (
	"math"
	"slices"
	"strings"

	"softloss/internal/phrase"
	"softloss/train/dataset/internal/table"
)

// WithClasses returns the dataset with a label column for each of these classes, in this order:
// that of another set, such as the training set of a test set that was read from files of its own.
// The column of a class that the dataset does not have is 0. A class that is a number is also found
// as another text of it, 1.0 as 1.
//
// The labels are a copy; features, counts and names of features are shared.
//
// Errors: [ErrClasses] for a class that is not among the names; [ErrShape] for a dataset without
// names for its classes; [ErrParam] for a name that is given twice; and those of [Dataset.Validate]
// about shapes.
func (d *Dataset) WithClasses(names []string) (*Dataset, error) {
	_, labels, err := d.tables()
	if err != nil {
		return nil, err
	}
	if d.ClassNames == nil {
		return nil, fail(ErrShape, "class names: got none, want %d, one for each column of labels", labels.k)
	}
	if err := noneTwice("names", "class", names); err != nil {
		return nil, err
	}
	from := slices.Repeat([]int{-1}, len(names))
	for j, name := range d.ClassNames {
		at := table.ClassAt(names, name)
		if at < 0 {
			return nil, fail(ErrClasses, "got the class %s, want one of %s", quote(name), list(names))
		}
		from[at] = j
	}
	out := *d
	out.ClassNames = slices.Clone(names)
	out.Labels, err = pick("labels", d.Labels, nil, from)
	return &out, err
}

// noneTwice wants every name of the argument, each of a noun, once.
func noneTwice(arg, noun string, names []string) error {
	if name, twice := phrase.Twice(names); twice {
		return fail(ErrParam, "%s: got %s twice, want each %s once", arg, quote(name), noun)
	}
	return nil
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

// Unseen says what becomes of a text that a model does not know.
type Unseen int

const (
	UnseenRefuse Unseen = iota // an error
	UnseenZeros                // 0 in all features of its column
)

// WithFeatures returns the dataset with the features of these names, in this order: those of
// another set, such as the training set of a test set that was read from a file of its own, whose
// columns may stand in another order; others are left out. Of a column of text, a value that the
// dataset does not have is 0 in all rows; a value of the dataset that is not among the names is
// refused, or with UnseenZeros 0 in all features of its column.
//
// The features are a copy, in the order of names; labels, counts and classes are shared. Where
// either side has no names, there must be as many features, and they stay as they are.
//
// Errors: [ErrColumn] for features that are missing; [ErrClasses] for a value in a column of text
// that is not among the names; [ErrShape] for another number of features without names; and those
// of [Dataset.Validate] about shapes.
func (d *Dataset) WithFeatures(names []string, unseen Unseen) (*Dataset, error) {
	features, _, err := d.tables()
	if err != nil {
		return nil, err
	}
	if names == nil || d.FeatureNames == nil {
		if names != nil && len(names) != features.k {
			return nil, fail(ErrShape, "got %s, want %d", plural(features.k, "feature"), len(names))
		}
		return d, nil
	}
	from, texts, err := d.places(names, unseen)
	if err != nil {
		return nil, err
	}
	out := *d
	out.FeatureNames, out.columns = slices.Clone(names), nil
	if out.Features, err = pick("features", d.Features, nil, from); err != nil {
		return nil, err
	}
	if wide, ok := out.Features.Data().([]float64); ok { // a text that is missing is missing in all of its features
		for i := range features.n {
			row := features.row(i)
			for j, name := range names {
				if column, _, _ := strings.Cut(name, "="); from[j] < 0 && row[texts[column]] != row[texts[column]] {
					wide[i*len(names)+j] = math.NaN()
				}
			}
		}
	}
	return &out, nil
}

// places returns where the features of these names are, -1 for a value of a column of text that the
// dataset does not have, and a feature of each of these columns.
func (d *Dataset) places(names []string, unseen Unseen) (from []int, texts map[string]int, err error) {
	texts = make(map[string]int)
	at := make(map[string]int, len(d.FeatureNames))
	for j, name := range d.FeatureNames {
		at[name] = j
		if column, _, isText := strings.Cut(name, "="); isText {
			texts[column] = j
		}
	}
	var missing []string
	known := make(map[string]bool) // names, and columns= of text among them
	for _, name := range names {
		column, _, isText := strings.Cut(name, "=")
		known[name], known[column+"="] = true, known[column+"="] || isText
		place, has := at[name]
		if !has {
			place = -1
		}
		if _, hasText := texts[column]; !has && !(isText && hasText) {
			missing = append(missing, name)
		}
		from = append(from, place)
	}
	if len(missing) > 0 {
		const most = 3
		return nil, nil, fail(ErrColumn, "got %s without %s, want %s", plural(d.NumFeatures(), "feature"),
			list(missing[:min(most, len(missing))]), plural(len(names), "feature"))
	}
	for _, name := range d.FeatureNames {
		column, value, isText := strings.Cut(name, "=")
		if unseen == UnseenRefuse && isText && known[column+"="] && !known[name] {
			return nil, nil, fail(ErrClasses, "column %s: got the text %s, want one of those", quote(column), quote(value))
		}
	}
	return from, texts, nil
}
