package dataset

import (
	"io"
	"os"
	"slices"
	"strings"

	"gorgonia.org/tensor"
)

// ReadFeaturesCSV reads from a table, as [ReadCSV] understands it, the n features that a model wants, to predict them: a new
// tensor [N, n] float32.
//
// names are those of the n features as [Dataset].FeatureNames has them; nil means that they have none. With a header, columns are
// found by name, in any order, and others are not looked at. A feature name=value, which ReadCSV made from a column of text, is
// found as such, or as a text in the column name. Without a header, columns are found by the names column_1, column_2, …, which ReadCSV
// gives them. Where the features have other names, or none, there are exactly n columns of numbers, in the order of the features.
//
// Of the options Header and Comma count. With HeaderAuto the first line is a header when it has one of the names, and else where ReadCSV
// says so.
//
// Errors: [ErrColumn] for columns that are missing; [ErrShape] for another number of columns where they go by their order;
// [*CellError] for a cell that is no finite number within float32, and for a text that the model does not know; [ErrEmpty] without
// data rows; [ErrParam] for n below 1 or another number of names; those of ReadCSV about lines, quotes, header and file.
func ReadFeaturesCSV(r io.Reader, n int, names []string, opt CSVOptions) (*tensor.Dense, error) {
	if n < 1 || names != nil && len(names) != n {
		return nil, fail(ErrParam, "names: got %d for %s, want one each, or nil, and at least one feature", len(names), plural(n, "feature"))
	}
	opt, err := CSVOptions{Header: opt.Header, Comma: opt.Comma}.check()
	if err != nil {
		return nil, err
	}
	records, err := openRecords(r, opt.Comma)
	if err != nil {
		return nil, err
	}
	header, rec, err := startFeatures(records, names, opt)
	if err != nil {
		return nil, err
	}
	wanted, err := matchFeatures(records, n, names, header)
	if err != nil {
		return nil, err
	}
	var data []float32
	for err == nil {
		if data, err = wanted.add(data, rec); err == nil {
			rec, err = records.next()
		}
	}
	if err != io.EOF {
		return nil, err
	}
	return tensor.New(tensor.WithShape(len(data)/n, n), tensor.WithBacking(data)), nil
}

// ReadFeaturesCSVFile is [ReadFeaturesCSV] on a file, plain or gzip. Errors name the file.
func ReadFeaturesCSVFile(path string, n int, names []string, opt CSVOptions) (*tensor.Dense, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, inFile("", err)
	}
	defer f.Close()
	features, err := ReadFeaturesCSV(f, n, names, opt)
	return features, inFile(path, err)
}

// startFeatures reads the header, nil without one, and the first record below it.
func startFeatures(records *recordReader, names []string, opt CSVOptions) (header *record, row record, err error) {
	first, err := records.next()
	if err == io.EOF {
		return nil, first, fail(ErrEmpty, "got no rows, want at least one")
	}
	if err != nil || opt.Header == HeaderNo {
		return nil, first, err
	}
	second, err := records.next()
	if err != nil && err != io.EOF {
		return nil, first, err
	}
	is := opt.Header == HeaderYes || slices.ContainsFunc(names, func(name string) bool {
		column, _, _ := strings.Cut(name, "=")
		return slices.Contains(first.cells, name) || slices.Contains(first.cells, column)
	})
	if !is {
		var unclear error
		if is, unclear = isHeader(first, second); unclear != nil {
			return nil, first, unclear
		}
	}
	switch {
	case is && err == io.EOF:
		return nil, first, fail(ErrEmpty, "line %d: got a header and nothing below it, want at least one row", first.line)
	case is:
		return &first, second, nil
	}
	records.unreadRecord, records.unreadErr = &second, err
	return nil, first, nil
}

// wantedFeatures say where in a table the features of a model are.
type wantedFeatures []wantedFeature

// wantedFeature is a feature: a column of numbers, or a text in a column.
type wantedFeature struct {
	column int    // 0-based
	name   string // of the column in the header; "" without one
	isText bool   // 1 where the cell is text, else 0
	text   string
}

// matchFeatures finds the features.
func matchFeatures(records *recordReader, n int, names []string, header *record) (wantedFeatures, error) {
	out := make(wantedFeatures, n)
	if header == nil {
		header = numbered(records, names)
	}
	if header == nil || names == nil {
		if records.width != n {
			return nil, fail(ErrShape, "line %d: got %s, want %d, the features of the model in their order", records.line, plural(records.width, "column"), n)
		}
		for i := range out {
			out[i].column = i
			if header != nil {
				out[i].name = header.cells[i]
			}
		}
		return out, nil
	}
	var missing []string
	for i, name := range names {
		at := slices.Index(header.cells, name)
		if column, text, isText := strings.Cut(name, "="); at < 0 && isText {
			name, at = column, slices.Index(header.cells, column)
			out[i].isText, out[i].text = true, text
		}
		if at < 0 && !slices.Contains(missing, name) {
			missing = append(missing, name)
		}
		out[i].column, out[i].name = at, name
	}
	if len(missing) > 0 {
		return nil, fail(ErrColumn, "columns are missing that the model needs: %s; the file has %s", list(missing), list(header.cells))
	}
	return out, nil
}

// numbered is a header of the names that ReadCSV gives to columns without one, if those of the features are such names; else nil.
func numbered(records *recordReader, names []string) *record {
	h := &record{line: records.line}
	for j := range records.width {
		h.cells = append(h.cells, (&column{number: j + 1}).title())
	}
	for _, name := range names {
		if column, _, _ := strings.Cut(name, "="); !slices.Contains(h.cells, column) {
			return nil
		}
	}
	return h
}

// add appends the features of a record.
func (w wantedFeatures) add(data []float32, rec record) ([]float32, error) {
	for _, f := range w {
		cell := rec.cells[f.column]
		wrong := func(want string) ([]float32, error) {
			return nil, &CellError{Line: rec.lineOf(f.column), Column: f.column + 1, Name: f.name, Got: cell, Want: want}
		}
		var v float32
		var isNumber bool
		if !f.isText {
			if v, isNumber = parse32(cell); !isNumber {
				return wrong("a number")
			} else if !finite(float64(v)) {
				return wrong("a finite number within float32")
			}
		} else if cell == f.text {
			v = 1
		} else if known := w.texts(f.column); !slices.Contains(known, cell) {
			return wrong("one of " + list(known) + ", which the model was trained with")
		}
		data = append(data, v)
	}
	return data, nil
}

// texts are those that are known of a column.
func (w wantedFeatures) texts(column int) (known []string) {
	for _, f := range w {
		if f.isText && f.column == column {
			known = append(known, f.text)
		}
	}
	return known
}
