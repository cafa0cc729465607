package dataset

import (
	"io"
	"math"
	"slices"
	"strconv"
)

// table is a CSV file that has been read, before it becomes tensors.
type table struct {
	features []*column
	class    *column   // the class column, or nil
	labels   []*column // the label columns, or none
	weights  []float64 // [N, len(labels)] as they stand in the file
	rows     int
	counts   bool // keep the sums of the weights
}

// readTable reads and checks all of r.
func readTable(r io.Reader, opt CSVOptions) (*table, error) {
	opt, err := opt.check()
	if err != nil {
		return nil, err
	}
	records, err := openRecords(r, opt.Comma)
	if err != nil {
		return nil, err
	}
	header, pending, err := start(records, opt)
	if err != nil {
		return nil, err
	}
	t, err := newTable(records, header, opt)
	if err != nil {
		return nil, err
	}
	for _, rec := range pending {
		if err := t.add(rec); err != nil {
			return nil, err
		}
	}
	for {
		rec, err := records.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		if err := t.add(rec); err != nil {
			return nil, err
		}
	}
	if t.rows == 0 {
		return nil, fail(ErrEmpty, "line %d: got a header and nothing below it, want at least one row", header.line)
	}
	return t, nil
}

// start reads the header, if there is one, and returns it with the data rows
// that had to be read to know.
func start(records *recordReader, opt CSVOptions) (header *record, pending []record, err error) {
	first, err := records.next()
	if err == io.EOF {
		return nil, nil, fail(ErrEmpty, "got no rows, want at least one")
	}
	if err != nil {
		return nil, nil, err
	}
	pending = []record{first}
	is := opt.Header == HeaderYes
	if opt.Header == HeaderAuto && records.width > 1 { // one column is too few in any case
		second, err := records.next()
		if err != nil && err != io.EOF {
			return nil, nil, err
		}
		if err == nil {
			pending = append(pending, second)
		}
		if is, err = isHeader(first, second); err != nil {
			return nil, nil, err
		}
	}
	if is {
		return &first, pending[1:], checkHeader(first)
	}
	return nil, pending, nil
}

// checkHeader refuses names that are empty or stand twice.
func checkHeader(h record) error {
	seen := make(map[string]int, len(h.cells))
	for j, name := range h.cells {
		want := "a name"
		if before, ok := seen[name]; ok {
			want = "a name other than that of column " + strconv.Itoa(before+1)
		} else if name != "" {
			seen[name] = j
			continue
		}
		return &CellError{Line: h.lineOf(j), Column: j + 1, Got: name, Want: want}
	}
	return nil
}

// newTable deals out the columns.
func newTable(records *recordReader, header *record, opt CSVOptions) (*table, error) {
	width := records.width
	columns := make([]*column, width)
	for j := range columns {
		columns[j] = &column{number: j + 1, max: opt.MaxCategories, decimalComma: records.comma != ','}
		if header != nil {
			columns[j].name = header.cells[j]
		}
	}
	t := &table{counts: opt.Counts}
	if need := max(opt.LabelColumns, 1) + 1; width < need {
		return nil, fail(ErrShape, "got %s, want at least %d: one feature and %s", plural(width, "column"), need,
			plural(need-1, "label column"))
	}
	if opt.LabelColumns > 0 {
		t.features, t.labels = columns[:width-opt.LabelColumns], columns[width-opt.LabelColumns:]
		return t, nil
	}
	at := width - 1
	if opt.Label != "" {
		at = slices.Index(header.cells, opt.Label)
		if at < 0 {
			return nil, fail(ErrColumn, "Label: got %s, want one of the columns %s", quote(opt.Label), list(header.cells))
		}
	}
	t.class = columns[at]
	t.features = slices.Delete(columns, at, at+1)
	return t, nil
}

// add takes up one data row.
func (t *table) add(rec record) error {
	for _, c := range t.features {
		if err := c.feature(rec.cells[c.number-1], rec.lineOf(c.number-1)); err != nil {
			return err
		}
	}
	t.rows++
	if t.class != nil {
		return t.class.class(rec.cells[t.class.number-1], rec.lineOf(t.class.number-1))
	}
	total := 0.0
	for _, c := range t.labels {
		w, err := c.weight(rec.cells[c.number-1], rec.lineOf(c.number-1))
		if err != nil {
			return err
		}
		t.weights = append(t.weights, w)
		total += w
	}
	if !(total > 0) || math.IsInf(total, 0) { // here, where the line is known
		return &CellError{
			Line: rec.line, Got: "labels with the sum " + strconv.FormatFloat(total, 'g', -1, 64),
			Want: "a finite sum above 0", Err: ErrLabel,
		}
	}
	return nil
}
