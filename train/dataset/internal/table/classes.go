package table

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"softloss/internal/phrase"
	"softloss/train/dataset/internal/fault"
)

// Classes returns the names of the classes and every row's class: the values of the column, sorted,
// or those that are known, nil for none, whether they occur or not.
func (c *Column) Classes(known []string) (names []string, index []int, err error) {
	compare := c.compareNumbers
	for _, name := range c.levels.names {
		if _, ok := Number(name, c.opt.Decimal); !ok {
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
			e := c.cellError(c.levels.lines[c.levels.index[second]], second, fmt.Sprintf("the same class written as on line "+
				"%d, %s", c.levels.lines[c.levels.index[first]], phrase.Quote(first)), nil)
			e.Option = "Label"
			return nil, nil, e
		}
	}
	if known == nil && len(names) < 2 {
		return nil, nil, fault.New(fault.ErrClasses, "column %d (%s): got only the class %s, want at least 2 classes",
			c.Number, phrase.Quote(c.Title()), phrase.Quote(names[0]))
	}
	if known != nil {
		for code, name := range c.levels.names {
			if rank[code] = ClassAt(known, name); rank[code] < 0 {
				e := c.cellError(c.levels.lines[code], name, "one of the classes "+phrase.List(known), fault.ErrClasses)
				e.Option = "Label"
				return nil, nil, e
			}
		}
		names = known
	}
	index = make([]int, len(c.levels.codes))
	for i, code := range c.levels.codes {
		index[i] = rank[code]
	}
	return names, index, nil
}

// ClassAt returns which of the classes a name is, by its text or else as a number, 1.0 as 1; -1 for
// none of them.
func ClassAt(classes []string, name string) int {
	if at := slices.Index(classes, name); at >= 0 {
		return at
	}
	v, isNumber := Number(name, '.')
	return slices.IndexFunc(classes, func(other string) bool {
		w, also := Number(other, '.')
		return isNumber && also && v == w
	})
}

// compareNumbers orders the texts of two numbers by value; whole numbers exactly, beyond what a
// float64 tells apart.
func (c *Column) compareNumbers(a, b string) int {
	x, errX := strconv.ParseInt(a, 10, 64)
	y, errY := strconv.ParseInt(b, 10, 64)
	if errX == nil && errY == nil {
		return cmp.Compare(x, y)
	}
	v, _ := Number(a, c.opt.Decimal)
	w, _ := Number(b, c.opt.Decimal)
	return cmp.Compare(v, w)
}
