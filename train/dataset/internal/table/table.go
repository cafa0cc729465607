// Package table reads text in columns, CSV and its relatives, as columns of numbers, of text and of
// classes.
package table

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"softloss/internal/phrase"
	"softloss/train/dataset/internal/fault"
)

// Options are those of dataset.CSVOptions, where they are described.
type Options struct {
	Label         string
	LabelColumns  int
	Header        Header
	Comma         rune
	Decimal       rune // '.' or ','
	MaxCategories int  // 0 means the usual bound
	Missing       MissingRule
	Drop          []string
	Questions     []string

	categoriesGiven bool
}

// MissingRule says what becomes of cells without a value.
type MissingRule int

// See dataset.Missing.
const (
	MissingRefuse MissingRule = iota
	MissingDrop
	MissingNaN
)

// MaxCategories is what 0 stands for in the options.
const MaxCategories = 1000

// Table is a table that was read, before it becomes tensors.
type Table struct {
	Features []*Column
	Class    *Column   // the class column, or nil
	Labels   []*Column // the label columns, or none
	Weights  []float64 // [Rows, len(Labels)] as they stand in the file
	Rows     int
	Dropped  int   // rows without a value
	Numbers  []int // of the rows in the file, from 1; nil for 1, 2, …
	opt      Options
}

// Read reads and checks all of r. The options are within their ranges.
func Read(r io.Reader, opt Options) (*Table, error) {
	if opt.categoriesGiven = opt.MaxCategories != 0; !opt.categoriesGiven {
		opt.MaxCategories = MaxCategories
	}
	records, err := Open(r, opt.Comma)
	if err != nil {
		return nil, err
	}
	header, err := begin(records, opt)
	if err != nil {
		return nil, err
	}
	t, err := newTable(records, header, opt)
	if err != nil {
		return nil, err
	}
	for {
		rec, err := records.Next()
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
	return t, t.finish(header)
}

// begin reads the header, if there is one. One column is no table: what is wrong with it is not its
// header.
func begin(records *Records, opt Options) (header *Record, err error) {
	header, err = records.ReadHeader(opt.Header, opt.Decimal, func(cells []string) (is, known bool) {
		return false, len(cells) == 1
	})
	if header == nil || err != nil {
		return nil, err
	}
	names := slices.Clone(header.Cells)
	for j, name := range names {
		if !slices.Contains(opt.Drop, strconv.Itoa(j+1)) {
			continue
		}
		if name == "" || slices.Contains(names[:j], name) || slices.Contains(names[j+1:], name) {
			header.Cells[j] = Title(j + 1)
		}
	}
	return header, checkHeader(*header)
}

// newTable deals out the columns.
func newTable(records *Records, header *Record, opt Options) (*Table, error) {
	t := &Table{opt: opt}
	columns := Columns(records.Width, header)
	for _, c := range columns {
		c.opt = &t.opt
	}
	all := slices.Clone(columns)
	for _, name := range opt.Drop {
		at, err := find("Drop", all, columns, name)
		if err != nil {
			return nil, err
		}
		columns = slices.Delete(columns, at, at+1)
	}
	width := len(columns)
	if opt.Questions != nil {
		return t, t.dealQuestions(records.Line, all, columns)
	}
	if need := max(opt.LabelColumns, 1) + 1; width < need {
		return nil, t.tooFew(records.Line, width,
			fmt.Sprintf("at least %d: one feature and %s", need, phrase.Plural(need-1, "label column")))
	}
	if opt.LabelColumns > 0 {
		t.Features, t.Labels = columns[:width-opt.LabelColumns], columns[width-opt.LabelColumns:]
		return t, nil
	}
	at := width - 1
	if opt.Label != "" {
		var err error
		if at, err = find("Label", all, columns, opt.Label); err != nil {
			return nil, err
		}
	}
	t.Class = columns[at]
	t.Class.class = true
	t.Features = slices.Delete(columns, at, at+1)
	return t, nil
}

// Columns are the columns of a table, without their cells; header is nil without one.
func Columns(width int, header *Record) []*Column {
	columns := make([]*Column, width)
	for j := range columns {
		columns[j] = &Column{Number: j + 1}
		if header != nil {
			columns[j].Name = header.Cells[j]
		}
	}
	return columns
}

// Find returns where the column of a name, or of a stand-in for one, is, or else of a number.
func Find(option string, columns []*Column, name string) (int, error) {
	if at := slices.IndexFunc(columns, func(c *Column) bool { return c.Title() == name }); at >= 0 {
		return at, nil
	}
	if number, err := strconv.Atoi(name); err == nil {
		if at := slices.IndexFunc(columns, func(c *Column) bool { return c.Number == number }); at >= 0 {
			return at, nil
		}
	}
	return 0, &fault.ColumnError{Option: option, Name: name, Columns: titles(columns)}
}

// find returns where the column that [Find] finds in all is among those that are left.
func find(option string, all, left []*Column, name string) (int, error) {
	in, err := Find(option, all, name)
	if err != nil {
		return 0, err
	}
	at := slices.Index(left, all[in])
	if at < 0 {
		return 0, &fault.ColumnError{Option: option, Name: name, Columns: titles(left), Again: true}
	}
	return at, nil
}

func titles(columns []*Column) (out []string) {
	for _, c := range columns {
		out = append(out, c.Title())
	}
	return out
}

// dealQuestions deals out columns, left of all, of which some are questions.
func (t *Table) dealQuestions(line int, all, columns []*Column) error {
	for _, name := range t.opt.Questions {
		at, err := find("Questions", all, columns, name)
		if err != nil {
			return err
		}
		t.Labels = append(t.Labels, columns[at])
		columns = slices.Delete(columns, at, at+1)
	}
	if t.Features = columns; len(columns) == 0 {
		return t.tooFew(line, len(t.Labels), "one more at least, for a feature")
	}
	return nil
}

// tooFew is the error of n columns where more are wanted: another separator may make more of them,
// unless there were more and were dropped.
func (t *Table) tooFew(line, n int, want string) error {
	e := &fault.CellError{Line: line, Got: phrase.Plural(n, "column"), Want: want, Option: "Comma", Err: fault.ErrShape}
	if dropped := len(t.opt.Drop); dropped > 0 {
		e.Got, e.Option = fmt.Sprintf("%s beside %d dropped", e.Got, dropped), ""
	}
	return e
}

// missing reports whether a cell of the columns that are read has no value.
func (t *Table) missing(rec Record) bool {
	for _, columns := range [][]*Column{t.Features, t.Labels, {t.Class}} {
		for _, c := range columns {
			if c != nil && Missing(rec.Cells[c.Number-1]) {
				return true
			}
		}
	}
	return false
}

// add takes up one data row.
func (t *Table) add(rec Record) error {
	if t.opt.Missing == MissingDrop && t.missing(rec) {
		t.Dropped++
		return nil
	}
	if t.opt.Missing == MissingDrop {
		t.Numbers = append(t.Numbers, t.Rows+t.Dropped+1)
	}
	if t.Rows++; t.Rows > math.MaxInt32/(len(t.Features)+1) {
		return fault.New(fault.ErrShape, "line %d: got a table of more than 2^31 cells, want fewer", rec.Line)
	}
	for _, c := range t.Features {
		if err := c.feature(rec.Cells[c.Number-1], rec.LineOf(c.Number-1)); err != nil {
			return err
		}
	}
	if t.Class != nil {
		return t.Class.className(rec.Cells[t.Class.Number-1], rec.LineOf(t.Class.Number-1))
	}
	total := 0.0
	for _, c := range t.Labels {
		w, err := c.weight(rec.Cells[c.Number-1], rec.LineOf(c.Number-1))
		if err != nil {
			return err
		}
		t.Weights = append(t.Weights, w)
		total += w
	}
	if t.opt.Questions == nil && (!(total > 0) || math.IsInf(total, 0)) { // here, where the line is known
		return &fault.CellError{
			Line: rec.Line, Got: "labels with the sum " + strconv.FormatFloat(total, 'g', -1, 64),
			Want: "a finite sum above 0", Err: fault.ErrLabel,
		}
	}
	return nil
}

// finish checks the whole table.
func (t *Table) finish(header *Record) error {
	switch {
	case t.Rows == 0 && t.Dropped > 0:
		return fault.New(fault.ErrEmpty, "got no row with a value in every column, want at least one: all %d were dropped",
			t.Dropped)
	case t.Rows == 0:
		return fault.New(fault.ErrEmpty, "line %d: got a header and nothing below it, want at least one row", header.Line)
	}
	for _, c := range t.Features {
		if err := c.finish(); err != nil {
			return err
		}
		// A model finds the feature name=value in the column name.
		for _, other := range t.Features {
			if c.text && other != c && strings.HasPrefix(other.Title(), c.Title()+"=") {
				return fault.New(fault.ErrColumn, "columns %s and %s: got names that features of the first may have too, want "+
					"others, without =",
					phrase.Quote(c.Title()), phrase.Quote(other.Title()))
			}
		}
	}
	if t.Class != nil {
		return t.Class.finish()
	}
	return nil
}
