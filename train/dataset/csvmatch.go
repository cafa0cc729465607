package dataset

import (
	"slices"
	"strings"

	"softloss/train/dataset/internal/table"
)

// Where the features that a model wants are in a table.

// findFeature returns which column has a feature: its own, or that of a text behind one of the = in
// its name.
func findFeature(header []string, name string) (at int, text string, isText bool) {
	if at := slices.Index(header, name); at >= 0 {
		return at, "", false
	}
	for i, c := range name {
		if c == '=' {
			if at := slices.Index(header, name[:i]); at >= 0 {
				return at, name[i+1:], true
			}
		}
	}
	return -1, "", false
}

// match finds the columns of the n features.
func (f *FeatureReader) match(n int, names []string) error {
	header := f.header
	if header == nil {
		header = numbered(f.records, names)
	}
	if header == nil || names == nil {
		return f.matchInOrder(n)
	}
	var missing []string
	for _, name := range names {
		at, text, isText := findFeature(header.Cells, name)
		if at < 0 {
			if name, _, _ = strings.Cut(name, "="); !slices.Contains(missing, name) {
				missing = append(missing, name)
			}
			continue
		}
		column := header.Cells[at]
		if twice := slices.Index(header.Cells[at+1:], column); twice >= 0 {
			return fail(ErrColumn, "columns %d and %d: got the name %s for both, want one, which the model needs", at+1,
				at+twice+2, quote(column))
		}
		f.features = append(f.features, wantedFeature{column: at, name: column, isText: isText, text: text})
	}
	if len(missing) > 0 {
		return fail(ErrColumn, "columns are missing that the model needs: %s; the file has %s", list(missing),
			list(header.Cells))
	}
	return nil
}

// matchInOrder takes the columns as they stand, which must be n.
func (f *FeatureReader) matchInOrder(n int) error {
	left := make([]int, f.records.Width)
	for j := range left {
		left[j] = j
	}
	for _, name := range f.opt.Drop {
		dropped, err := f.Column(name)
		if err != nil {
			return err
		}
		left = slices.DeleteFunc(left, func(j int) bool { return j == dropped })
	}
	if len(left) != n {
		return fail(ErrShape, "line %d: got %s, want %d, the features of the model in their order", f.records.Line,
			plural(len(left), "column"), n)
	}
	for _, j := range left {
		w := wantedFeature{column: j}
		if f.header != nil {
			w.name = f.header.Cells[j]
		}
		f.features = append(f.features, w)
	}
	return nil
}

// numbered is a header of the names that ReadCSV gives to columns without one, if those of the
// features are such names; else nil.
func numbered(records *table.Records, names []string) *table.Record {
	h := &table.Record{Line: records.Line}
	for j := range records.Width {
		h.Cells = append(h.Cells, table.Title(j+1))
	}
	for _, name := range names {
		if at, _, _ := findFeature(h.Cells, name); at < 0 {
			return nil
		}
	}
	return h
}
