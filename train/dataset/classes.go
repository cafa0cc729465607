package dataset

import (
	"slices"

	"softloss/train/dataset/internal/table"
)

// WithClasses returns the dataset with a label column for each of these
// classes, in this order: that of another set, such as the training set of a
// test set that was read from files of its own. The column of a class that the
// dataset does not have is 0. A class that is a number is also found as another
// text of it, 1.0 as 1.
//
// The labels are a copy; features, counts and names of features are shared.
//
// Errors: [ErrClasses] for a class that is not among the names; [ErrShape] for a
// dataset without names for its classes; [ErrParam] for names that repeat
// themselves; and those of [Dataset.Validate] about shapes.
func (d *Dataset) WithClasses(names []string) (*Dataset, error) {
	_, labels, err := d.tables()
	if err != nil {
		return nil, err
	}
	if d.ClassNames == nil {
		return nil, fail(ErrShape, "class names: got none, want %d, one for each column of labels", labels.k)
	}
	column := make(map[string]int, len(names))
	for j, name := range names {
		if _, twice := column[name]; twice {
			return nil, fail(ErrParam, "names: got %s twice, want each class once", quote(name))
		}
		column[name] = j
	}
	at := make([]int, labels.k)
	for j, name := range d.ClassNames {
		known := false
		if at[j], known = column[name]; known {
			continue
		}
		v, isNumber := table.Number(name, '.')
		at[j] = slices.IndexFunc(names, func(other string) bool {
			w, also := table.Number(other, '.')
			return isNumber && also && v == w
		})
		if at[j] < 0 {
			return nil, fail(ErrClasses, "got the class %s, want one of %s", quote(name), list(names))
		}
	}
	out := *d
	var data []float32
	if out.Labels, data, err = newMatrix("labels", labels.n, len(names)); err != nil {
		return nil, err
	}
	for i := range labels.n {
		for j, v := range labels.row(i) {
			data[i*len(names)+at[j]] = v
		}
	}
	out.ClassNames = slices.Clone(names)
	return &out, nil
}

// SameFeatures returns an error unless both sets have the same features: as
// many, and of the same names where both have names.
//
// Errors: [ErrShape].
func (d *Dataset) SameFeatures(other *Dataset) error {
	if got, want := d.NumFeatures(), other.NumFeatures(); got != want {
		return fail(ErrShape, "got %s, want %d", plural(got, "feature"), want)
	}
	if d == nil || other == nil || d.FeatureNames == nil || other.FeatureNames == nil {
		return nil
	}
	for j, name := range d.FeatureNames {
		if j < len(other.FeatureNames) && name != other.FeatureNames[j] {
			return fail(ErrShape, "feature %d: got %s, want %s", j, quote(name), quote(other.FeatureNames[j]))
		}
	}
	return nil
}
