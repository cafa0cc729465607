package dataset

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// levels are the different values of a column, in order of appearance, and the
// value of every row.
type levels struct {
	names []string
	lines []int // where each name first stood
	codes []int // [N]
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

// column is one column of the file while it is read: either of numbers or of
// text, whichever its first cell is.
type column struct {
	number       int    // 1-based position
	name         string // in the header; "" without one
	line         int    // of its first cell
	max          int    // most categories
	decimalComma bool   // 1,5 is an error, not a text
	text         bool
	values       []float32 // of a number column
	levels       levels    // of a text column
}

// cellError is an error about a cell of this column.
func (c *column) cellError(line int, got, want string, kind error) error {
	return &CellError{Line: line, Column: c.number, Name: c.name, Got: got, Want: want, Err: kind}
}

// feature adds a cell of a feature column.
func (c *column) feature(cell string, line int) error {
	v, isNumber := parse32(cell)
	if c.line == 0 && cell != "" {
		c.line, c.text = line, !isNumber
	}
	switch {
	case cell == "":
		return c.cellError(line, cell, "a number or, in a column of text, a word", nil)
	case !isNumber && c.decimalComma && isDecimalComma(cell):
		return c.cellError(line, cell, "a number with a point in it, "+strings.Replace(cell, ",", ".", 1), nil)
	case isNumber && !finite(float64(v)):
		return c.cellError(line, cell, "a finite number within float32", nil)
	case !isNumber && !c.text:
		return c.cellError(line, cell, fmt.Sprintf("a number, as on line %d", c.line), nil)
	case isNumber && c.text:
		return c.cellError(c.line, c.levels.names[0], fmt.Sprintf("a number, as on line %d", line), nil)
	case !isNumber:
		return c.category(cell, line, "is this an identifier?")
	}
	c.values = append(c.values, v)
	return nil
}

// isDecimalComma reports whether a cell is a number with a comma for its point.
func isDecimalComma(cell string) bool {
	_, isNumber := parse32(strings.Replace(cell, ",", ".", 1))
	return isNumber && strings.Count(cell, ",") == 1
}

// category adds a cell of a text column or of the class column.
func (c *column) category(cell string, line int, hint string) error {
	c.levels.add(cell, line)
	if len(c.levels.names) > c.max {
		return c.cellError(line, cell, fmt.Sprintf("at most %d different values (%s else raise MaxCategories)", c.max, hint), ErrClasses)
	}
	return nil
}

// class adds a cell of the class column.
func (c *column) class(cell string, line int) error {
	if v, isNumber := parse(cell, 64); cell == "" || isNumber && !finite(v) {
		return c.cellError(line, cell, "the name of a class or a finite number", nil)
	}
	return c.category(cell, line, "is this a quantity?")
}

// weight reads a cell of one of the label columns.
func (c *column) weight(cell string, line int) (float64, error) {
	v, isNumber := parse(cell, 64)
	switch {
	case !isNumber || !finite(v):
		return 0, c.cellError(line, cell, "a finite number >= 0", nil)
	case v < 0:
		return 0, c.cellError(line, cell, "a finite number >= 0", ErrLabel)
	}
	return v, nil
}

// title is the column's name, or a stand-in.
func (c *column) title() string {
	if c.name == "" {
		return "column_" + strconv.Itoa(c.number)
	}
	return c.name
}

// expand returns the names of the features that the column becomes, and how to
// write row i of them.
func (c *column) expand() (names []string, write func(dst []float32, i int)) {
	if !c.text {
		return []string{c.title()}, func(dst []float32, i int) { dst[0] = c.values[i] }
	}
	names, rank := c.levels.sorted(strings.Compare)
	for j, name := range names {
		names[j] = c.title() + "=" + name
	}
	return names, func(dst []float32, i int) { dst[rank[c.levels.codes[i]]] = 1 }
}

// classes returns the sorted names of the class column and every row's class.
func (c *column) classes() (names []string, index []int, err error) {
	compare := compareNumbers
	for _, name := range c.levels.names {
		if _, ok := parse(name, 64); !ok {
			compare = strings.Compare
			break
		}
	}
	names, rank := c.levels.sorted(compare)
	for i := 1; i < len(names); i++ {
		if compare(names[i-1], names[i]) == 0 {
			first, second := names[i-1], names[i]
			if c.levels.index[first] > c.levels.index[second] {
				first, second = second, first
			}
			return nil, nil, c.cellError(c.levels.lines[c.levels.index[second]], second,
				fmt.Sprintf("the same class written as on line %d, %s", c.levels.lines[c.levels.index[first]], quote(first)), nil)
		}
	}
	if len(names) < 2 {
		return nil, nil, fail(ErrClasses, "column %d (%s): got only the class %s, want at least 2 classes",
			c.number, quote(c.title()), quote(names[0]))
	}
	index = make([]int, len(c.levels.codes))
	for i, code := range c.levels.codes {
		index[i] = rank[code]
	}
	return names, index, nil
}

// compareNumbers orders the texts of two numbers by value; whole numbers
// exactly, beyond what a float64 tells apart.
func compareNumbers(a, b string) int {
	x, errX := strconv.ParseInt(a, 10, 64)
	y, errY := strconv.ParseInt(b, 10, 64)
	if errX == nil && errY == nil {
		return cmp.Compare(x, y)
	}
	v, _ := parse(a, 64)
	w, _ := parse(b, 64)
	return cmp.Compare(v, w)
}
