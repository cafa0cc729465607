package main

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"softloss/train"
)

// columns say where in a file the features of a model are.
type columns struct {
	at     []int    // of every feature: its column
	value  []string // of every feature: the text that it stands for, "" where it is a number
	names  []string // of every feature
	header []string
}

// matchColumns finds the features of a model by their names. A feature name=value, which was made from a column of text, is
// found under its own name, or as a column name. Without a header the columns are in the model's order.
func matchColumns(saved *train.Saved, header []string) (*columns, error) {
	d := saved.Model.Sizes()[0]
	c := &columns{at: make([]int, d), value: make([]string, d), names: saved.FeatureNames, header: header}
	if header == nil || saved.FeatureNames == nil {
		if header != nil && len(header) != d {
			return nil, fmt.Errorf("got %s, want %d: the model has no names for its features, so that the columns go by their order", count(len(header), "column"), d)
		}
		for i := range c.at {
			c.at[i] = i
		}
		return c, nil
	}
	var missing []string
	for i, name := range saved.FeatureNames {
		if c.at[i] = slices.Index(header, name); c.at[i] >= 0 {
			continue
		}
		column, value, isText := strings.Cut(name, "=")
		if isText {
			name = column
			c.at[i], c.value[i] = slices.Index(header, column), value
		}
		if c.at[i] < 0 && !slices.Contains(missing, name) {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		const most = 10
		text := quoted(missing[:min(most, len(missing))])
		if len(missing) > most {
			text += fmt.Sprintf(" and %d more", len(missing)-most)
		}
		return nil, errors.New("columns are missing that the model needs: " + text)
	}
	return c, nil
}

// add appends the features of a line.
func (c *columns) add(data []float32, record []string) ([]float32, error) {
	if c.header == nil && len(record) != len(c.at) {
		return nil, fmt.Errorf("got %s, want %d, the features of the model", count(len(record), "column"), len(c.at))
	}
	for i, at := range c.at {
		cell := strings.TrimSpace(record[at])
		if c.value[i] != "" {
			hit, err := c.category(i, cell)
			if err != nil {
				return nil, err
			}
			data = append(data, hit)
			continue
		}
		x, err := strconv.ParseFloat(cell, 64)
		if err != nil || !(math.Abs(x) <= math.MaxFloat32) {
			return nil, fmt.Errorf("%s: got %q, want a number", c.columnName(at), cell)
		}
		data = append(data, float32(x))
	}
	return data, nil
}

// category is 1 where a cell is the text that feature i stands for. A text that the model does not know is an error.
func (c *columns) category(i int, cell string) (float32, error) {
	if cell == c.value[i] {
		return 1, nil
	}
	var known []string
	for j, at := range c.at {
		if at == c.at[i] && c.value[j] != "" {
			known = append(known, c.value[j])
		}
	}
	if !slices.Contains(known, cell) {
		return 0, fmt.Errorf("%s: got %q, want one of %s, which the model was trained with", c.columnName(c.at[i]), cell, quoted(known))
	}
	return 0, nil
}

func (c *columns) columnName(at int) string {
	if c.header != nil {
		return strconv.Quote(c.header[at])
	}
	return fmt.Sprintf("column %d", at+1)
}

// quoted lists names in an error.
func quoted(names []string) string {
	var out []string
	for _, n := range names {
		out = append(out, strconv.Quote(n))
	}
	return strings.Join(out, ", ")
}
