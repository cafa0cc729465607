package dataset

import (
	"io"
	"os"
	"slices"
	"strings"

	"gorgonia.org/tensor"

	"softloss/train/dataset/internal/fault"
	"softloss/train/dataset/internal/table"
)

// ReadFeaturesCSV reads from a table, as [ReadCSV] understands it, the n features that a model
// wants, to predict them: a new tensor [N, n] float32.
//
// names are those of the n features as [Dataset].FeatureNames has them; nil means that they have
// none. With a header, columns are found by name, in any order, and others are not looked at. A
// feature name=value, which ReadCSV made from a column of text, is found as such, or as a text in
// the column name. Without a header, columns are found by the names column_1, column_2, …, which
// ReadCSV gives them. Where the features have other names, or none, there are exactly n columns of
// numbers, in the order of the features.
//
// Of the options Header, Comma, Decimal, Unseen and Fill count. With HeaderAuto the first line is a
// header when it has one of the names, and else where ReadCSV says so.
//
// Errors: [ErrColumn] for columns that are missing; [ErrShape] for another number of columns where
// they go by their order; [*CellError] for a cell that is no finite number within float32, and for
// a text that the model does not know; [ErrEmpty] without data rows; [ErrParam] for n below 1 or
// another number of names; those of ReadCSV about lines, quotes, header and file.
func ReadFeaturesCSV(r io.Reader, n int, names []string, opt CSVOptions) (*tensor.Dense, error) {
	if n < 1 || names != nil && len(names) != n {
		return nil, fail(ErrParam, "names: got %d for %s, want one each, or nil, and at least one feature", len(names),
			plural(n, "feature"))
	}
	if opt.Fill != nil && len(opt.Fill) != n {
		return nil, fail(ErrParam, "Fill: got %s, want %d, one for each feature", plural(len(opt.Fill), "number"), n)
	}
	opt, err := CSVOptions{Header: opt.Header, Comma: opt.Comma, Decimal: opt.Decimal, Unseen: opt.Unseen,
		Fill: opt.Fill}.check()
	if err != nil {
		return nil, err
	}
	data, err := readFeatures(r, n, names, opt)
	if err != nil {
		return nil, inFile("", err)
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

// readFeatures returns the features of all rows.
func readFeatures(r io.Reader, n int, names []string, opt CSVOptions) ([]float32, error) {
	records, err := table.Open(r, opt.Comma)
	if err != nil {
		return nil, err
	}
	header, err := startFeatures(records, names, opt)
	if err != nil {
		return nil, err
	}
	w, err := matchFeatures(records, n, names, header)
	if err != nil {
		return nil, err
	}
	w.opt = opt
	var data []float32
	for {
		rec, err := records.Next()
		switch {
		case err == io.EOF && data == nil:
			return nil, fail(ErrEmpty, "line %d: got a header and nothing below it, want at least one row", records.Line)
		case err == io.EOF:
			return data, nil
		case err != nil:
			return nil, err
		}
		if data, err = w.add(data, rec); err != nil {
			return nil, err
		}
	}
}

// startFeatures reads the header, nil without one. What had to be read to know is read again.
func startFeatures(records *table.Records, names []string, opt CSVOptions) (header *table.Record, err error) {
	first, err := records.Next()
	if err == io.EOF {
		return nil, fail(ErrEmpty, "got no rows, want at least one")
	}
	if err != nil {
		return nil, err
	}
	is := opt.Header == HeaderYes || opt.Header == HeaderAuto && slices.ContainsFunc(names, func(name string) bool {
		at, _, _ := findFeature(first.Cells, name)
		return at >= 0
	})
	if !is && opt.Header == HeaderAuto {
		second, err := records.Next()
		if err != nil && err != io.EOF {
			return nil, err
		}
		records.Unread(second, err)
		if is, err = table.IsHeader(first, second, opt.Decimal); err != nil {
			return nil, err
		}
	}
	if is {
		return &first, nil
	}
	records.Unread(first, nil)
	return nil, nil
}

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

// wantedFeatures say where in a table the features of a model are.
type wantedFeatures struct {
	features []wantedFeature
	opt      CSVOptions
}

// wantedFeature is a feature: a column of numbers, or a text in a column.
type wantedFeature struct {
	column int    // 0-based
	name   string // of the column in the header; "" without one
	isText bool   // 1 where the cell is text, else 0
	text   string
}

// matchFeatures finds the features.
func matchFeatures(records *table.Records, n int, names []string, header *table.Record) (*wantedFeatures, error) {
	out := &wantedFeatures{features: make([]wantedFeature, n)}
	if header == nil {
		header = numbered(records, names)
	}
	if header == nil || names == nil {
		if records.Width != n {
			return nil, fail(ErrShape, "line %d: got %s, want %d, the features of the model in their order", records.Line,
				plural(records.Width, "column"), n)
		}
		for i := range out.features {
			out.features[i].column = i
			if header != nil {
				out.features[i].name = header.Cells[i]
			}
		}
		return out, nil
	}
	var missing []string
	for i, name := range names {
		at, text, isText := findFeature(header.Cells, name)
		if at < 0 {
			if name, _, _ = strings.Cut(name, "="); !slices.Contains(missing, name) {
				missing = append(missing, name)
			}
			continue
		}
		out.features[i] = wantedFeature{column: at, name: header.Cells[at], isText: isText, text: text}
	}
	if len(missing) > 0 {
		return nil, fail(ErrColumn, "columns are missing that the model needs: %s; the file has %s", list(missing),
			list(header.Cells))
	}
	return out, nil
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

// add appends the features of a record.
func (w *wantedFeatures) add(data []float32, rec table.Record) ([]float32, error) {
	for i, f := range w.features {
		cell := rec.Cells[f.column]
		wrong := func(want string, kind error, option string) ([]float32, error) {
			return nil, &fault.Cell{Line: rec.LineOf(f.column), Column: f.column + 1, Name: f.name, Got: cell,
				Want: want, Option: option, Err: kind}
		}
		known := f.isText && cell == f.text
		if table.Missing(cell) && !known && w.opt.Fill != nil && !(f.isText && slices.Contains(w.texts(f.column), cell)) {
			data = append(data, float32(w.opt.Fill[i]))
			continue
		}
		var v float64
		switch {
		case known:
			v = 1
		case f.isText:
			if texts := w.texts(f.column); w.opt.Unseen == UnseenRefuse && !slices.Contains(texts, cell) {
				return wrong("one of "+list(texts)+", which the model was trained with", nil, "Unseen")
			}
		default:
			var isNumber bool
			switch v, isNumber = table.Number(cell, w.opt.Decimal); {
			case table.Missing(cell):
				return wrong("a number", ErrMissing, "Fill")
			case !isNumber:
				return wrong("a number", nil, "")
			case !finite(float64(float32(v))):
				return wrong("a finite number within float32", nil, "")
			}
		}
		data = append(data, float32(v))
	}
	return data, nil
}

// texts are those that are known of a column.
func (w *wantedFeatures) texts(column int) (known []string) {
	for _, f := range w.features {
		if f.isText && f.column == column {
			known = append(known, f.text)
		}
	}
	return known
}
