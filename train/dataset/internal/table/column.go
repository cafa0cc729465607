package table

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"softloss/train/dataset/internal/fault"
)

// levels are the different values of a column, in order of appearance, and the value of every row.
type levels struct {
	names []string
	lines []int // where each name first stood
	codes []int // [N]; -1 where there is none
	index map[string]int
}

func (l *levels) add(name string, line int) {
	code, ok := l.index[name]
	if !ok {
		if l.index == nil {
			l.index = make(map[string]int)
		}
		code = len(l.names)
		name = strings.Clone(name) // a cell is part of its whole line
		l.index[name] = code
		l.names = append(l.names, name)
		l.lines = append(l.lines, line)
	}
	l.codes = append(l.codes, code)
}

// sorted returns the names in the given order, and the rank of every code.
func (l *levels) sorted(compare func(a, b string) int) (names []string, rank []int) {
	names = slices.SortedFunc(slices.Values(l.names), compare)
	rank = make([]int, len(names))
	for i, name := range names {
		rank[l.index[name]] = i
	}
	return names, rank
}

// Column is one column of the file: either of numbers or of text, whichever its first value is.
type Column struct {
	Number int    // 1-based position
	Name   string // in the header; "" without one

	opt    *Options
	line   int  // of its first value
	class  bool // it holds the classes
	text   bool
	values []float64 // of a number column; NaN where there is none
	levels levels    // of a text column
}

// cellError is an error about a cell of this column.
func (c *Column) cellError(line int, got, want string, kind error) *fault.CellError {
	e := &fault.CellError{Line: line, Column: c.Number, Name: c.Name, Got: got, Want: want, Err: kind}
	switch kind {
	case fault.ErrMissing:
		e.Option = "Missing"
	case fault.ErrClasses:
		e.Option = "Drop and MaxCategories"
		if c.class {
			e.Option = "Label and MaxCategories"
		}
	}
	return e
}

// noNumber is the error about a number in a notation that is not read.
func (c *Column) noNumber(line int, cell, how string) error {
	e := c.cellError(line, cell, "", fault.ErrNumber)
	e.Want, e.Option = WantPlain(how)
	return e
}

// feature adds a cell of a feature column.
func (c *Column) feature(cell string, line int) error {
	if c.opt.Missing == MissingNaN && Missing(cell) {
		c.values, c.levels.codes = append(c.values, math.NaN()), append(c.levels.codes, -1)
		return nil
	}
	v, isNumber := Number(cell, c.opt.Decimal)
	if c.line == 0 && cell != "" {
		c.line, c.text = line, !isNumber
	}
	how := ""
	if !isNumber {
		how = Notation(cell, c.opt.Decimal)
	}
	switch {
	case cell == "" || Missing(cell) && (isNumber || !c.text):
		want := "a number or, in a column of text, a word"
		switch {
		case c.text:
			want = "a word, as on line " + strconv.Itoa(c.line)
		case c.line > 0 && c.line < line:
			want = "a number, as on line " + strconv.Itoa(c.line)
		}
		return c.cellError(line, cell, want, fault.ErrMissing)
	case how != "":
		return c.noNumber(line, cell, how)
	case isNumber && !c.text && !Exact(cell, v):
		e := c.cellError(line, cell, WantExact, fault.ErrNumber)
		e.Option = "Drop"
		return e
	case isNumber && !finite32(v):
		return c.cellError(line, cell, "a finite number within float32", nil)
	case !isNumber && !c.text:
		return c.cellError(line, cell, fmt.Sprintf("a number, as on line %d", c.line), nil)
	case isNumber && c.text:
		kind := error(nil)
		if !slices.ContainsFunc(c.levels.names, func(s string) bool { return !Missing(s) }) {
			kind = fault.ErrMissing
		}
		return c.cellError(c.levels.lines[0], c.levels.names[0], fmt.Sprintf("a number, as on line %d", line), kind)
	case !isNumber:
		return c.category(cell, line)
	}
	c.values = append(c.values, v)
	return nil
}

func finite32(v float64) bool { return math.Abs(v) <= math.MaxFloat32 && float32(v)-float32(v) == 0 }

// category adds a cell of a text column or of the class column.
func (c *Column) category(cell string, line int) error {
	c.levels.add(cell, line)
	if most := c.opt.MaxCategories; len(c.levels.names) > most {
		return c.cellError(line, cell, fmt.Sprintf("at most %d different values (%s)", most, c.guess()), fault.ErrClasses)
	}
	return nil
}

// className adds a cell of the class column.
func (c *Column) className(cell string, line int) error {
	if c.line == 0 {
		c.line = line
	}
	v, isNumber := Number(cell, c.opt.Decimal)
	switch {
	case cell == "" || isNumber && v != v:
		return c.cellError(line, cell, "the name of a class", fault.ErrMissing)
	case isNumber && v-v != 0:
		return c.cellError(line, cell, "the name of a class or a finite number", nil)
	}
	if how := Notation(cell, c.opt.Decimal); !isNumber && how != "" {
		return c.noNumber(line, cell, how)
	}
	return c.category(cell, line)
}

// weight reads a cell of one of the label columns.
func (c *Column) weight(cell string, line int) (float64, error) {
	most, want := math.MaxFloat64, "a finite number >= 0"
	if c.opt.Questions != nil {
		if v, ok := answers[strings.ToLower(cell)]; ok {
			return v, nil
		}
		most, want = 1, "yes or no, or a number from 0 to 1"
	}
	v, isNumber := Number(cell, c.opt.Decimal)
	switch {
	case Missing(cell):
		return 0, c.cellError(line, cell, want, fault.ErrMissing)
	case !isNumber || v-v != 0:
		return 0, c.cellError(line, cell, want, nil)
	case v < 0 || v > most:
		return 0, c.cellError(line, cell, want, fault.ErrLabel)
	}
	return v, nil
}

// answers are the words for whether a label is true.
var answers = map[string]float64{"no": 0, "false": 0, "yes": 1, "true": 1}

// Title is the column's name, or a stand-in.
func (c *Column) Title() string {
	if c.Name == "" {
		return Title(c.Number)
	}
	return c.Name
}

// Title is what stands for the name of a column, by its 1-based number, in a table without a
// header.
func Title(number int) string { return "column_" + strconv.Itoa(number) }

// A column of text, or of classes, with more than fewRows rows has a value for more than half of
// them only where it is none: names, free text, dates, prices.
const fewRows = 20

// guess is what a column of too many values may be.
func (c *Column) guess() string {
	if c.class {
		return "is this a quantity?"
	}
	return "is this an identifier?"
}

// finish checks a whole column.
func (c *Column) finish() error {
	rows := len(c.levels.codes)
	switch values := len(c.levels.names); {
	case c.line == 0:
		return c.cellError(1, "", "at least one value in the column", fault.ErrMissing)
	case values > 0 && !c.opt.categoriesGiven && rows > fewRows && 2*values > rows:
		return c.cellError(c.levels.lines[values-1], c.levels.names[values-1],
			fmt.Sprintf("a column with fewer values than %d in %d rows (%s)", values, rows, c.guess()), fault.ErrClasses)
	}
	return nil
}

// Expand returns the names of the features that the column becomes, and how to write row i of them:
// NaN where there is no value.
func (c *Column) Expand() (names []string, write func(dst []float64, i int)) {
	if !c.text {
		return []string{c.Title()}, func(dst []float64, i int) { dst[0] = c.values[i] }
	}
	names, rank := c.levels.sorted(strings.Compare)
	for j, name := range names {
		names[j] = c.Title() + "=" + name
	}
	return names, func(dst []float64, i int) {
		if code := c.levels.codes[i]; code >= 0 {
			dst[rank[code]] = 1
			return
		}
		for j := range dst {
			dst[j] = math.NaN()
		}
	}
}
