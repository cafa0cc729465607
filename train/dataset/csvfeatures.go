package dataset

import (
	"io"
	"math"
	"os"
	"slices"

	"gorgonia.org/tensor"

	"softloss/train/dataset/internal/fault"
	"softloss/train/dataset/internal/table"
)

// FeatureReader reads from a table, as [ReadCSV] understands it, the features that a model wants,
// to predict them: row by row, for a table of any length, or all at once.
type FeatureReader struct {
	records  *table.Records
	header   *table.Record // nil without one
	features []wantedFeature
	texts    map[int][]string // the texts that are known of a column
	opt      CSVOptions
	row      table.Record
	any      bool // there was a row
}

// wantedFeature is a feature: a column of numbers, or a text in a column.
type wantedFeature struct {
	column int    // 0-based
	name   string // of the column in the header; "" without one
	isText bool   // 1 where the cell is text, else 0
	text   string
}

// NewFeatureReader reads what stands before the first row.
//
// names are those of the n features as [Dataset].FeatureNames has them; nil means that they have
// none. With a header, columns are found by name, in any order, and others are not looked at. A
// feature name=value, which ReadCSV made from a column of text, is found as such, or as a text in
// the column name. Without a header, columns are found by the names column_1, column_2, …, which
// ReadCSV gives them. Where the features have other names, or none, there are exactly n columns of
// numbers, those to drop aside, in the order of the features.
//
// Of the options Header, Comma, Decimal, Unseen, Drop and, of Missing, MissingNaN count. With
// HeaderAuto the first line is a header when it has one of the names, and else where ReadCSV says
// so.
//
// Errors: [ErrColumn] for columns that are missing or there twice; [ErrShape] for another number of
// columns where they go by their order; [ErrEmpty] for an empty file; [ErrParam] for n below 1 or
// another number of names; those of ReadCSV about lines, quotes, header and file.
func NewFeatureReader(r io.Reader, n int, names []string, opt CSVOptions) (*FeatureReader, error) {
	if n < 1 || names != nil && len(names) != n {
		return nil, fail(ErrParam, "names: got %d for %s, want one each, or nil, and at least one feature", len(names),
			plural(n, "feature"))
	}
	opt, err := CSVOptions{Header: opt.Header, Comma: opt.Comma, Decimal: opt.Decimal, Unseen: opt.Unseen, Drop: opt.Drop,
		Missing: opt.Missing}.check()
	if err != nil {
		return nil, err
	}
	f := &FeatureReader{opt: opt, texts: map[int][]string{}}
	if f.records, err = table.Open(r, opt.Comma); err != nil {
		return nil, err
	}
	hasName := func(cells []string) (is, known bool) {
		is = slices.ContainsFunc(names, func(name string) bool {
			at, _, _ := findFeature(cells, name)
			return at >= 0
		})
		return is, is
	}
	if f.header, err = f.records.ReadHeader(opt.Header, opt.Decimal, hasName); err != nil {
		return nil, err
	}
	if err := f.match(n, names); err != nil {
		return nil, err
	}
	for _, w := range f.features {
		if w.isText {
			f.texts[w.column] = append(f.texts[w.column], w.text)
		}
	}
	return f, nil
}

// Next reads a row of n features, or returns io.EOF.
//
// Errors: [*CellError] for a cell that is no finite number within float32, for a text that the
// model does not know, and for a line that is none of the table: it is about this row alone, and
// the next call reads the next row. Every other error is the end: [ErrEmpty] without any row, and
// those of the file.
func (f *FeatureReader) Next(dst []float64) error {
	if len(dst) != len(f.features) {
		return fail(ErrParam, "dst: got %s, want %d, one for each feature", plural(len(dst), "number"), len(f.features))
	}
	var err error
	switch f.row, err = f.records.Next(); {
	case err == io.EOF && !f.any:
		return fail(ErrEmpty, "line %d: got a header and nothing below it, want at least one row", f.records.Line)
	case err == io.EOF:
		return err
	}
	if f.any = true; err != nil {
		return err
	}
	for i, w := range f.features {
		if dst[i], err = f.value(w, f.row.Cells[w.column]); err != nil {
			return err
		}
	}
	return nil
}

// ReadAll reads the rows that are left: a new tensor [N, n] float64. Errors: those of Next, the
// first of which is the end.
func (f *FeatureReader) ReadAll() (*tensor.Dense, error) {
	var data []float64
	for row := make([]float64, len(f.features)); ; data = append(data, row...) {
		switch err := f.Next(row); {
		case err == io.EOF && len(data) == 0:
			return nil, fail(ErrEmpty, "got no more rows, want at least one")
		case err == io.EOF:
			return tensor.New(tensor.WithShape(len(data)/len(row), len(row)), tensor.WithBacking(data)), nil
		case err != nil:
			return nil, err
		}
	}
}

// ReadFeaturesCSV reads all rows of a table with a [FeatureReader]: a new tensor [N, n] float64.
// Arguments and errors: those of [NewFeatureReader] and [FeatureReader.ReadAll].
func ReadFeaturesCSV(r io.Reader, n int, names []string, opt CSVOptions) (*tensor.Dense, error) {
	rows, err := NewFeatureReader(r, n, names, opt)
	if err != nil {
		return nil, err
	}
	return rows.ReadAll()
}

// ReadFeaturesCSVFile is [ReadFeaturesCSV] of a file, plain or gzip. Errors name the file.
func ReadFeaturesCSVFile(path string, n int, names []string, opt CSVOptions) (*tensor.Dense, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fault.Wrap("", err)
	}
	defer file.Close()
	features, err := ReadFeaturesCSV(file, n, names, opt)
	return features, inFile(path, err)
}

// value returns the number that a cell is for a feature.
func (f *FeatureReader) value(w wantedFeature, cell string) (float64, error) {
	wrong := func(want string, kind error, option string) (float64, error) {
		return 0, &CellError{Line: f.row.LineOf(w.column), Column: w.column + 1, Name: w.name, Got: cell,
			Want: want, Option: option, Err: kind}
	}
	known := w.isText && slices.Contains(f.texts[w.column], cell)
	switch missing := table.Missing(cell) && !known; {
	case known && cell == w.text:
		return 1, nil
	case known:
		return 0, nil
	case missing && f.opt.Missing == MissingNaN:
		return math.NaN(), nil
	case w.isText && f.opt.Unseen == UnseenZeros:
		return 0, nil
	case w.isText:
		return wrong("one of "+list(f.texts[w.column])+", which the model was trained with", nil, "Unseen")
	case missing:
		return wrong("a number", ErrMissing, "Missing")
	}
	v, isNumber := table.Number(cell, f.opt.Decimal)
	if how := table.Notation(cell, f.opt.Decimal); !isNumber && how != "" {
		want, option := table.WantPlain(how)
		return wrong(want, ErrNumber, option)
	}
	switch {
	case !isNumber:
		return wrong("a number", nil, "")
	case !finite(float64(float32(v))):
		return wrong("a finite number within float32", nil, "")
	case !table.Exact(cell, v):
		return wrong(table.WantExact, ErrNumber, "")
	}
	return v, nil
}

// Column finds a column of the table by its name, or else by its number from 1, for [Cell]. It may
// be one that the model does not look at. Errors: [*ColumnError].
func (f *FeatureReader) Column(name string) (int, error) {
	return table.Find("Drop", table.Columns(f.records.Width, f.header), name)
}

// Cell returns the text of the last row in a column; "" where the row does not have it.
func (f *FeatureReader) Cell(column int) string {
	if column < 0 || column >= len(f.row.Cells) {
		return ""
	}
	return f.row.Cells[column]
}
